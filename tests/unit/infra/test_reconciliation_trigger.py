"""The trigger of reconciliation: a run for each span, that knows its end, on Azure and on a laptop alike."""

import json
from datetime import timedelta

import pytest

from infra.errors import InfraError
from infra.settings import from_config
from local.adf.triggers import firing, read
from local.adf.triggers.windows import Window
from local.declare import resources, stack_config

TRIGGER = "azure-native:datafactory:Trigger"
STACKS = ("local", "dev", "staging", "prod", "pr-7")


def configured(**given: object) -> dict[str, str]:
    return stack_config("dev") | {"highwater:reconciliation": json.dumps(given)}


@pytest.mark.parametrize("stack", STACKS)
def test_every_table_is_compared_once_a_day_and_told_when_it_was_due(stack, of_type):
    properties = of_type(stack, TRIGGER)["every_window"]["properties"]
    assert (properties["type"], properties["frequency"], properties["interval"]) == (
        "TumblingWindowTrigger", "Hour", 24,
    )  # fmt: skip
    assert properties["maxConcurrency"] == 1
    assert properties["pipeline"]["pipelineReference"]["referenceName"] == "reconcile"
    # No range: what is compared is the whole table, as it is at the time of the run.
    assert properties["pipeline"]["parameters"] == {
        "tables": "*",
        "due": {"type": "Expression", "value": "@trigger().outputs.windowEndTime"},
    }


def test_the_laptop_can_fire_it_as_it_is_declared(of_type):
    trigger = read("every_window", of_type("local", TRIGGER)["every_window"]["properties"])
    assert trigger.target.pipeline == "reconcile"
    first = Window(trigger.start, trigger.start + timedelta(days=1))
    told = firing.parameters(trigger.target, trigger.name, first.end, first.end, first)
    assert told == {"tables": "*", "due": "2026-11-02T03:30:00Z"}


def test_the_settings_reach_it_and_what_azure_takes_no_change_of_is_replaced():
    found = resources("dev", configured(hours=168, start="2027-01-04T02:00:00Z"))
    (trigger,) = [r for r in found if r["urn"].endswith("datafactory:Trigger::every_window")]
    properties = trigger["inputs"]["properties"]
    assert (properties["interval"], properties["startTime"]) == (168, "2027-01-04T02:00:00Z")
    options = trigger["options"]
    assert options["deleteBeforeReplace"] is True
    assert set(options["replaceOnChanges"]) == {
        "properties.frequency", "properties.interval", "properties.startTime",
    }  # fmt: skip


@pytest.mark.parametrize(("given", "rule"), [({"hours": 0}, "hours"), ({"start": "2027-01-04"}, "start")])
def test_a_span_that_is_none_is_refused_by_name(given, rule):
    with pytest.raises(InfraError, match=rf"reconciliation\.{rule}"):
        from_config("dev", configured(**given))
