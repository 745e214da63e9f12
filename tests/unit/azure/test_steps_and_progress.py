"""From the engine's events to what a user sees."""

import io

from pulumi.automation.events import EngineEvent
from rich.console import Console

from local.azure.progress import RichProgress
from local.azure.steps import Steps, summarized

URN = "urn:pulumi:local::highwater::azure-native:datafactory:Pipeline::ingest"


def event(kind: str, op: str, urn: str = URN, **more) -> EngineEvent:
    metadata = {"op": op, "urn": urn, "type": urn.split("::")[2], "provider": "", **more}
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, kind: {"metadata": metadata}})


def seen(*events: EngineEvent):
    told: list[tuple[str, str]] = []
    steps = Steps(lambda step: told.append((step.op, step.status)))
    for each in events:
        steps.on_event(each)
    return steps, told


def test_a_replacement_is_one_step() -> None:
    steps, told = seen(
        event("resourcePreEvent", "delete-replaced"), event("resOutputsEvent", "delete-replaced"),
        event("resourcePreEvent", "replace"), event("resOutputsEvent", "replace"),
        event("resourcePreEvent", "create-replacement"), event("resOutputsEvent", "create-replacement"),
    )  # fmt: skip
    assert told == [("replace", "start"), ("replace", "done")]
    assert summarized(steps, 0).replaced == 1 and summarized(steps, 0).changes == 1


def test_the_stack_and_the_providers_are_not_counted() -> None:
    steps, told = seen(
        event("resOutputsEvent", "create", "urn:pulumi:local::highwater::pulumi:pulumi:Stack::s"),
        event("resOutputsEvent", "create", "urn:pulumi:local::highwater::pulumi:providers:databricks::d"),
        event("resOutputsEvent", "same"),
    )
    assert told == [("same", "done")]
    summary = summarized(steps, 0)
    assert (summary.unchanged, summary.changes) == (1, 0)


def test_a_component_is_done_once() -> None:
    lake = "urn:pulumi:local::highwater::highwater:infra:Lake::lake"
    steps, told = seen(
        event("resourcePreEvent", "create", lake),
        event("resOutputsEvent", "create", lake),
        event("resOutputsEvent", "create", lake),
    )
    assert told == [("create", "start"), ("create", "done")] and summarized(steps, 0).created == 1


def test_a_failure_is_no_creation_and_errors_are_kept() -> None:
    error = {"message": "no factory\n", "color": "never", "severity": "error", "urn": URN}
    steps, told = seen(
        event("resourcePreEvent", "create"),
        EngineEvent.from_json({"sequence": 1, "timestamp": 1, "diagnosticEvent": error}),
        event("resOpFailedEvent", "create"),
    )
    assert told == [("create", "start"), ("create", "failed")]
    assert steps.errors == [(URN, "no factory")] and summarized(steps, 0).created == 0


def test_a_line_for_each_change_and_a_sum() -> None:
    console = Console(file=io.StringIO(), width=120)
    progress = RichProgress(console, planning=True)
    steps = Steps(progress)
    detail = {"activities[0].name": {"diffKind": "update", "inputDiff": True}}
    steps.on_event(event("resourcePreEvent", "update", detailedDiff=detail))
    steps.on_event(event("resOutputsEvent", "update", detailedDiff=detail))
    steps.on_event(event("resOutputsEvent", "same", URN + "2"))
    progress.summary(summarized(steps, 0, ("a [problem]",)))
    lines = [line.strip() for line in console.file.getvalue().splitlines()]
    assert lines[0].split() == ["~", "update", "Pipeline", "ingest"]
    assert lines[1].split() == ["update", "activities[0].name"]
    assert lines[2].startswith("1 to update, 1 unchanged in ") and lines[3] == "a [problem]"


def test_where_the_provider_tells_no_detail_the_inputs_tell_what_changes() -> None:
    states = [{"type": "", "urn": URN, "inputs": inputs} for inputs in (
        {"name": "ingest", "script": "select 1", "gone": 1}, {"name": "ingest", "script": "select 2", "new": 1}
    )]  # fmt: skip
    steps, _ = seen(event("resOutputsEvent", "update", old=states[0], new=states[1]))
    assert summarized(steps, 0).steps[0].changes == {"gone": "delete", "new": "add", "script": "update"}
    steps, _ = seen(event("resOutputsEvent", "update", old=states[0]))
    assert summarized(steps, 0).steps[0].changes == {}
