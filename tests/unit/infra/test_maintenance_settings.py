"""When maintenance runs, and the least that it keeps."""

import json

import pytest
from highwater_transforms import job

from infra.errors import InfraError
from infra.maintenance import Maintenance
from infra.settings import from_config
from local.databricks import job_spec
from local.declare import resources, stack_config

PIPELINE, TRIGGER = "azure-native:datafactory:Pipeline", "azure-native:datafactory:Trigger"
STACKS = ("local", "dev", "staging", "prod", "pr-7")


def config(**given: object) -> dict[str, str]:
    return stack_config("dev") | {"highwater:maintenance": json.dumps(given)}


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"retention_hours": 167}, "maintenance.retention_hours"),
        ({"retention_hours": 721}, "maintenance.retention_hours"),
        ({"at": "24:00"}, "maintenance.at"),
        ({"attempts_days": 0}, "maintenance.attempts_days"),
        ({"plans_days": 1}, "maintenance.plans_days"),
        ({"minutes": 0}, "maintenance.minutes"),
        ({"hours": 1}, "maintenance.hours"),
    ],
)
def test_less_than_is_safe_is_refused_by_name(given, rule):
    with pytest.raises(InfraError, match=rule.replace(".", r"\.")):
        from_config("dev", config(**given))


def test_a_week_is_kept_unless_told():
    kept = from_config("dev", stack_config("dev")).maintenance
    assert kept == Maintenance() and (kept.retention_hours, kept.at) == (168, "02:30")


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_has_the_pipeline_and_its_trigger(stack, of_type):
    assert "maintain" in of_type(stack, PIPELINE)
    trigger = of_type(stack, TRIGGER)["every_day"]["properties"]
    (run,) = trigger["pipelines"]
    assert run["pipelineReference"]["referenceName"] == "maintain" and run["parameters"] == {"tables": "*"}
    assert trigger["recurrence"]["schedule"] == {"hours": [2], "minutes": [30]}


def test_the_settings_reach_what_is_declared():
    found = resources(
        "dev", config(at="04:15", retention_hours=240, minutes=20, attempts_days=3, plans_days=60)
    )
    named = {r["urn"].rpartition("::")[2]: r["inputs"] for r in found if r["type"] in (PIPELINE, TRIGGER)}
    recurrence = named["every_day"]["properties"]["recurrence"]
    assert recurrence["schedule"] == {"hours": [4], "minutes": [15]}
    steps = {a["name"]: a for a in named["maintain"]["activities"]}
    assert "'240', ', ', '20'" in steps["Write plan"]["source"]["query"]["value"]
    assert "'3'" in steps["Old attempts"]["source"]["query"]["value"]
    assert "'60'" in steps["Old plans"]["source"]["query"]["value"]


def test_the_job_is_told_its_work_and_merges_unless_told(of_type):
    declared = job_spec.read("merge", of_type("local", "databricks:index/job:Job")["merge"])
    given = {"run_id": "r", "plan_path": "_plans/r/p.parquet"}

    def works(more: dict[str, str]) -> str:
        return job.arguments(job_spec.arguments(declared, given | more, "1", "1")).work

    assert (works({}), works({"work": "maintain"})) == ("merge", "maintain")
    assert (declared.max_concurrent, declared.queue) == (1, True)
