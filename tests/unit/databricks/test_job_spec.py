"""What a declared job means: its wheel, its parameters and who wins, its limits, what is refused by name."""

from pathlib import Path
from typing import Any

import pytest

from local.databricks import job_spec
from local.databricks.job_spec import WheelTask
from local.errors import HighwaterError

WHEEL = "/Workspace/Shared/highwater/ab12/job-1.0-py3-none-any.whl"


def declared(task: dict[str, Any] | None = None, **job: Any) -> dict[str, Any]:
    """A job as the program declares it, in wire names."""
    wheel_task = {"packageName": "job", "entryPoint": "merge", "namedParameters": {"lake": "file:///lake"}}
    return {
        "name": "merge",
        "tasks": [{"taskKey": "m", "environmentKey": "e", "pythonWheelTask": wheel_task, **(task or {})}],
        "environments": [{"environmentKey": "e", "spec": {"client": "3", "dependencies": [WHEEL]}}],
        "parameters": [{"name": "run_id", "default": ""}],
        "maxConcurrentRuns": 1,
        "queue": {"enabled": True},
        **job,
    }


def test_a_declared_job_is_read():
    assert job_spec.read("merge", declared(timeoutSeconds=3600)) == WheelTask(
        name="merge",
        package="job",
        entry_point="merge",
        named={"lake": "file:///lake"},
        positional=[],
        wheels=[WHEEL],
        defaults={"run_id": ""},
        timeout=3600.0,
        max_concurrent=1,
        queue=True,
    )


def test_the_services_defaults_hold_where_nothing_is_declared():
    inputs = declared()
    for key in ("maxConcurrentRuns", "queue", "parameters"):
        del inputs[key]
    task = job_spec.read("merge", inputs)
    assert (task.max_concurrent, task.queue, task.timeout, task.defaults) == (1, False, None, {})


def test_the_shorter_of_two_timeouts_counts_and_zero_is_none():
    assert job_spec.read("m", declared({"timeoutSeconds": 60}, timeoutSeconds=3600)).timeout == 60.0
    assert job_spec.read("m", declared({"timeoutSeconds": 0}, timeoutSeconds=0)).timeout is None


def test_a_job_clusters_libraries_are_wheels_too():
    inputs = declared({"environmentKey": None, "libraries": [{"whl": "/Workspace/Shared/b.whl"}]})
    assert job_spec.read("m", inputs).wheels == ["/Workspace/Shared/b.whl"]


def test_parameters_given_win_over_defaults_and_over_the_tasks_own():
    named = {
        "packageName": "job",
        "entryPoint": "merge",
        "namedParameters": {"lake": "a", "plan_path": "none"},
    }
    task = job_spec.read("m", declared({"pythonWheelTask": named}))
    assert job_spec.arguments(task, {"plan_path": "_plans/7"}, "1", "2") == [
        "--lake=a",
        "--plan_path=_plans/7",
        "--run_id=",
    ]


def test_references_are_filled_in():
    named = {"at": "{{job.run_id}}/{{ job.parameters.run_id }}", "who": "{{job.name}}-{{job.id}}"}
    wheel_task = {"packageName": "job", "entryPoint": "merge", "namedParameters": named}
    task = job_spec.read("merge", declared({"pythonWheelTask": wheel_task}))
    assert job_spec.arguments(task, {"run_id": "r"}, "11", "22") == [
        "--at=22/r",
        "--who=merge-11",
        "--run_id=r",
    ]


def test_positional_parameters_get_no_job_parameters():
    wheel_task = {
        "packageName": "job",
        "entryPoint": "merge",
        "parameters": ["a", "{{job.parameters.run_id}}"],
    }
    task = job_spec.read("m", declared({"pythonWheelTask": wheel_task}))
    assert job_spec.arguments(task, {"run_id": "r"}, "1", "2") == ["a", "r"]


@pytest.mark.parametrize(
    ("inputs", "why"),
    [
        (declared(tasks=[]), "it has 0 tasks"),
        (declared(tasks=[{}, {}]), "it has 2 tasks"),
        (declared(tasks=[{"notebookTask": {}}]), "it is a notebookTask, and only pythonWheelTask runs here"),
        (declared({"libraries": [{"pypi": {"package": "x"}}]}), "its library {'pypi': {'package': 'x'}}"),
        (
            declared(environments=[{"environmentKey": "e", "spec": {"dependencies": ["numpy==2"]}}]),
            "its dependency numpy==2 is no wheel of the workspace",
        ),
    ],
)
def test_what_does_not_run_here_is_refused_by_name(inputs: dict[str, Any], why: str):
    with pytest.raises(HighwaterError) as refusal:
        job_spec.read("merge", inputs)
    assert refusal.value.what == "The job merge does not run on the laptop"
    assert refusal.value.why.startswith(why)


def test_a_reference_without_a_value_and_a_bad_name_are_refused():
    wheel_task = {"packageName": "j", "entryPoint": "m", "namedParameters": {"a": "{{tasks.x.values.y}}"}}
    task = job_spec.read("m", declared({"pythonWheelTask": wheel_task}))
    with pytest.raises(HighwaterError, match=r"the reference \{\{tasks.x.values.y\}\} has no value here"):
        job_spec.arguments(task, {}, "1", "2")
    with pytest.raises(HighwaterError, match="the parameter name 'run id'"):
        job_spec.arguments(job_spec.read("m", declared()), {"run id": "x"}, "1", "2")


@pytest.mark.parametrize("path", ["/Workspace/Shared/a.whl", "/Shared/a.whl"])
def test_a_workspace_path_is_under_the_workspace(path: str):
    assert job_spec.workspace_file(Path("/state/workspace"), path) == Path("/state/workspace/Shared/a.whl")


def test_a_workspace_path_that_leads_out_is_refused():
    with pytest.raises(HighwaterError, match="outside of the workspace"):
        job_spec.workspace_file(Path("/state/workspace"), "/Workspace/../../secret.whl")
