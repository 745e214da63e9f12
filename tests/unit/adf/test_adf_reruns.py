"""Running again from the activity that failed.

https://learn.microsoft.com/azure/data-factory/monitor-visually#rerun-pipelines-and-activities
https://learn.microsoft.com/rest/api/datafactory/pipelines/create-run
"""

from pathlib import Path

import pytest

from local.adf import Factory, JobResult, RunRefused, Runtime, read_run
from local.adf.runtime.events import PipelineRun


class Jobs:
    """Runs no job: counts the calls, gives each a number of its own, and fails what it is told to."""

    def __init__(self, *bad: str):
        self.bad, self.ran = set(bad), []

    def run(self, job_id, parameters, on_line, *, timeout, cancel):
        self.ran.append(job_id)
        return JobResult(
            str(len(self.ran)), "http://localhost", "FAILED" if job_id in self.bad else "SUCCESS"
        )


def job(name: str, *after: str, when: str = "Succeeded", job_id: str | None = None, **more: object) -> dict:
    depends = [{"activity": one, "dependencyConditions": [when]} for one in after]
    properties = {"jobId": job_id or name}
    return {"name": name, "type": "DatabricksJob", "dependsOn": depends, "typeProperties": properties, **more}


class Lab:
    """A factory with a job runner, whose runs are files of a folder."""

    def __init__(self, folder: Path, **pipelines: dict):
        self.folder, self.factory, self.jobs = folder, Factory(pipelines), Jobs()

    @property
    def runtime(self) -> Runtime:
        return Runtime(self.factory, self.folder, self.jobs, sleep=lambda *_: None)

    def fail(self, *bad: str, **parameters: object) -> PipelineRun:
        self.jobs.bad = set(bad)
        return self.runtime.run("main", parameters)

    def mended(self, run: PipelineRun, *bad: str, **options: object) -> PipelineRun:
        self.jobs.bad, self.jobs.ran = set(bad), []
        return self.runtime.rerun(run, self.find, **options)

    def find(self, run_id: str) -> PipelineRun:
        try:
            return read_run(self.folder, run_id)
        except FileNotFoundError:
            raise KeyError(run_id) from None


def test_what_succeeded_stands_and_what_failed_and_its_followers_run(tmp_path):
    chain = [job("A"), job("B", "A"), job("C", "B", job_id="@activity('A').output.runId"), job("Aside")]
    lab = Lab(tmp_path, main={"activities": chain})
    first = lab.fail("B")
    assert first.status == "Failed" and set(lab.jobs.ran) == {"A", "B", "Aside"}
    number = first.activity("A").output["runId"]
    again = lab.mended(first)
    assert again.status == "Succeeded" and lab.jobs.ran == ["B", number]  # C sees what A gave then
    assert {one.name: one.reused_from for one in again.activities} == {
        "A": first.run_id, "Aside": first.run_id, "B": None, "C": None,
    }  # fmt: skip
    assert again.activity("A").output == first.activity("A").output


def test_a_rerun_has_an_id_of_its_own_and_the_group_and_parameters_of_the_first(tmp_path):
    lab = Lab(
        tmp_path,
        main={
            "parameters": {"day": {"type": "String"}},
            "activities": [job("A", job_id="@concat(pipeline().parameters.day, pipeline().GroupId)")],
        },
    )
    first = lab.fail(day="monday")
    lab.jobs.bad = {"monday" + first.run_id}
    second = lab.mended(first, "monday" + first.run_id, from_start=True)
    third = lab.mended(second)
    assert (first.status, second.status, third.status) == ("Succeeded", "Failed", "Succeeded")
    assert len({first.run_id, second.run_id, third.run_id}) == 3
    assert {one.group for one in (first, second, third)} == {first.run_id}
    assert (first.rerun_of, second.rerun_of, third.rerun_of) == (None, first.run_id, second.run_id)
    assert third.parameters == {"day": "monday"} and lab.jobs.ran == ["monday" + first.run_id]


def test_a_result_taken_over_twice_names_the_run_that_made_it(tmp_path):
    lab = Lab(tmp_path, main={"activities": [job("A"), job("B", "A")]})
    first = lab.fail("B")
    third = lab.mended(lab.mended(first, "B"))
    assert third.status == "Succeeded" and third.activity("A").reused_from == first.run_id


def test_from_its_start_everything_runs(tmp_path):
    lab = Lab(tmp_path, main={"activities": [job("A"), job("B", "A")]})
    again = lab.mended(lab.fail("B"), from_start=True)
    assert lab.jobs.ran == ["A", "B"] and [one.reused_from for one in again.activities] == [None, None]


def test_what_handled_the_failure_is_decided_anew(tmp_path):
    lab = Lab(
        tmp_path,
        main={
            "activities": [
                job("A"), job("OnFailure", "A", when="Failed"), job("Always", "A", when="Completed"),
                job("After", "A"),
            ]
        },
    )  # fmt: skip
    first = lab.fail("A")
    assert lab.jobs.ran[0] == "A" and set(lab.jobs.ran[1:]) == {"OnFailure", "Always"}
    again = lab.mended(first)
    assert lab.jobs.ran[0] == "A" and set(lab.jobs.ran[1:]) == {"Always", "After"}
    assert again.activity("OnFailure").status == "Skipped" and again.status == "Succeeded"


def test_a_loop_goes_over_its_items_and_runs_what_is_left(tmp_path):
    """Documented: ForEach always loops, and what is inside may be skipped."""
    loop = {
        "name": "Each", "type": "ForEach", "isSequential": True, "items": "@createArray('x', 'y', 'z')",
        "activities": [job("Land", job_id="@concat('land ', item())"),
                       job("Mark", "Land", job_id="@concat('mark ', item())")],
    }  # fmt: skip
    lab = Lab(tmp_path, main={"activities": [loop, job("End", "Each")]})
    first = lab.fail("land y", "mark z")
    assert lab.jobs.ran == ["land x", "mark x", "land y", "land z", "mark z"]
    assert lab.mended(first).status == "Succeeded"
    assert lab.jobs.ran == ["land y", "mark y", "mark z", "End"]


def test_a_loop_that_depends_on_what_failed_runs_whole(tmp_path):
    """Its items may be others now: nothing inside it can stand for the same item."""
    loop = {
        "name": "Each", "type": "ForEach", "isSequential": True, "items": "@createArray('x')",
        "activities": [job("Land", job_id="@concat('land ', item())")],
        "dependsOn": [{"activity": "List", "dependencyConditions": ["Completed"]}],
    }  # fmt: skip
    lab = Lab(tmp_path, main={"activities": [job("List"), loop, job("End", "List", "Each")]})
    first = lab.fail("List")
    lab.mended(first)
    assert lab.jobs.ran == ["List", "land x", "End"]


def test_variables_are_set_again(tmp_path):
    """Documented: SetVariable, Wait and Filter behave as before."""
    keep = {"name": "Keep", "type": "SetVariable", "variableName": "v", "value": "@activity('A').output.runId",
            "dependsOn": [{"activity": "A", "dependencyConditions": ["Succeeded"]}]}  # fmt: skip
    lab = Lab(
        tmp_path,
        main={
            "variables": {"v": {"type": "String"}},
            "activities": [job("A"), keep, job("B", "Keep", job_id="@concat('b', variables('v'))")],
        },
    )
    first = lab.fail("b1")
    again = lab.mended(first)
    assert lab.jobs.ran == ["b1"] and again.activity("Keep").reused_from is None


def test_a_condition_is_evaluated_again(tmp_path):
    choice = {
        "name": "If", "type": "IfCondition", "expression": "@equals(1, 1)",
        "ifTrueActivities": [job("Yes"), job("Then", "Yes")], "ifFalseActivities": [job("No")],
    }  # fmt: skip
    lab = Lab(tmp_path, main={"activities": [choice]})
    again = lab.mended(lab.fail("Then"))
    assert (
        lab.jobs.ran == ["Then"] and again.activity("If").reused_from is None and again.status == "Succeeded"
    )


def test_a_pipeline_that_it_executed_is_recovered_by_the_same_rule(tmp_path):
    """Documented: the child pipeline is triggered, and the activities in it may be skipped."""
    call = {
        "name": "Call", "type": "ExecutePipeline", "pipeline": {"referenceName": "child"},
        "waitOnCompletion": True, "dependsOn": [{"activity": "A", "dependencyConditions": ["Succeeded"]}],
    }  # fmt: skip
    lab = Lab(
        tmp_path, main={"activities": [job("A"), call]}, child={"activities": [job("One"), job("Two", "One")]}
    )
    first = lab.fail("Two")
    again = lab.mended(first)
    assert lab.jobs.ran == ["Two"] and again.status == "Succeeded"
    before, after = (lab.find(run.activity("Call").output["pipelineRunId"]) for run in (first, again))
    assert after.rerun_of == before.run_id != after.run_id and after.parent["run_id"] == again.run_id
    assert [one.reused_from for one in after.activities] == [before.run_id, None]


def test_what_was_cancelled_or_never_reached_runs(tmp_path):
    lab = Lab(tmp_path, main={"activities": [job("A"), job("B", "A"), job("C", "B")]})
    whole = lab.fail()
    whole.activities = [one for one in whole.activities if one.name == "A"]
    whole.status = "Interrupted"
    assert lab.mended(whole).status == "Succeeded" and lab.jobs.ran == ["B", "C"]


@pytest.mark.parametrize(
    ("status", "words"), [("Succeeded", "Nothing failed"), ("InProgress", "still under way")]
)
def test_a_run_with_nothing_to_continue_is_refused(tmp_path, status, words):
    lab = Lab(tmp_path, main={"activities": [job("A")]})
    first = lab.fail("A")
    first.status = status
    with pytest.raises(RunRefused, match=words):
        lab.mended(first)


@pytest.mark.parametrize("inside", [False, True], ids=["in the pipeline", "in one that it executed"])
def test_an_output_that_was_never_recorded_is_not_made_up(tmp_path, inside):
    secret = [job("Secret", policy={"secureOutput": True}), job("B", "Secret")]
    call = {"name": "Call", "type": "ExecutePipeline", "pipeline": {"referenceName": "child"},
            "waitOnCompletion": True}  # fmt: skip
    pipelines = {"main": {"activities": [call] if inside else secret}, "child": {"activities": secret}}
    lab = Lab(tmp_path, **pipelines)
    first = lab.find(lab.fail("B").run_id)
    if inside:
        assert "'Secret' is secure" in lab.mended(first).message
    else:
        with pytest.raises(RunRefused, match="'Secret' is secure"):
            lab.mended(first)
    assert lab.jobs.ran == []


def test_a_secure_parameter_is_not_made_up(tmp_path):
    main = {"parameters": {"key": {"type": "SecureString"}}, "activities": [job("A")]}
    lab = Lab(tmp_path, main=main)
    first = lab.fail("A", key="hunter2")
    assert first.parameters == {"key": "***"} == lab.find(first.run_id).parameters
    with pytest.raises(RunRefused, match="'key' is secure"):
        lab.mended(first)


def test_a_secure_parameter_of_an_executed_pipeline_is_in_no_record(tmp_path):
    call = {
        "name": "Call", "type": "ExecutePipeline", "pipeline": {"referenceName": "child"},
        "waitOnCompletion": True, "parameters": {"key": "@concat('hun', 'ter2')", "day": "monday"},
    }  # fmt: skip
    keys = {"key": {"type": "SecureString"}, "day": {"type": "String"}}
    child = {"parameters": keys, "activities": [job("A", job_id="@pipeline().parameters.key")]}
    lab = Lab(tmp_path, main={"activities": [call]}, child=child)
    run = lab.fail()
    assert lab.jobs.ran == ["hunter2"]  # it is there for who needs it
    assert run.activity("Call").input["parameters"] == {"key": "***", "day": "monday"}
    child_run = lab.find(run.activity("Call").output["pipelineRunId"])
    assert child_run.parameters == {"key": "***", "day": "monday"}
