"""Which local triggers run, and what is refused of one that does."""

from pathlib import Path

import pytest

from local.azure.makers import maker_of
from local.azure.registry import Record, Registry
from local.azure.trigger_states import LaptopTriggers, TriggerStates, plane
from local.errors import HighwaterError
from local.state import State

TOKEN = "azure-native:datafactory:"
FACTORY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DataFactory/factories/adf"


def record(registry: Registry, kind: str, name: str, factory: str = "adf") -> Record:
    id_ = FACTORY if kind == "Factory" else f"{FACTORY}/{kind.lower()}s/{name}"
    made = Record(id_, f"urn::{name}", TOKEN + kind, name, {"factoryName": factory}, {})
    registry.put(made)
    return made


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


@pytest.fixture
def registry(state: State) -> Registry:
    found = Registry(state)
    record(found, "Factory", "adf")
    record(found, "Pipeline", "ingest")
    return found


def runs(pipeline: str) -> dict:
    return {"pipelineReference": {"type": "PipelineReference", "referenceName": pipeline}}


def scheduled(pipeline: str) -> dict:
    return {"factoryName": "adf", "properties": {"type": "ScheduleTrigger", "pipelines": [runs(pipeline)]}}


def test_a_trigger_is_stopped_until_it_is_started(state: State):
    states = TriggerStates(state)
    assert states.get("t") == "Stopped"
    states.set("t", "Started")
    assert (states.get("t"), states.get("other")) == ("Started", "Stopped")
    states.set("t", "Stopped")
    assert states.get("t") == "Stopped"
    states.set("t", "Started")
    states.remove("t")
    states.remove("t")
    assert states.get("t") == "Stopped"
    assert list(states.folder.iterdir()) == []


def test_no_other_state_is_kept(state: State):
    with pytest.raises(ValueError, match="'started' is no state"):
        TriggerStates(state).set("t", "started")
    assert not TriggerStates(state).folder.exists()


def test_a_trigger_that_runs_is_neither_changed_nor_deleted(state: State, registry: Registry):
    maker, states = maker_of(f"{TOKEN}Trigger"), TriggerStates(state)
    maker.make(state, "t", scheduled("ingest"))
    assert states.get("t") == "Stopped"  # as on Azure: made stopped
    states.set("t", "Started")
    for change in (maker.make, maker.unmake):
        with pytest.raises(HighwaterError, match="TriggerEnabledCannotUpdate"):
            change(state, "t", scheduled("ingest"))
    assert states.get("t") == "Started"
    states.set("t", "Stopped")
    maker.make(state, "t", scheduled("ingest"))
    maker.unmake(state, "t", scheduled("ingest"))


def test_a_new_trigger_does_not_inherit_what_ran_under_its_name(state: State, registry: Registry):
    TriggerStates(state).set("t", "Started")
    maker_of(f"{TOKEN}Trigger").clear(state, "t", scheduled("ingest"))
    assert TriggerStates(state).get("t") == "Stopped"


@pytest.mark.parametrize(
    "properties",
    [scheduled("nowhere"), {"factoryName": "adf", "properties": {"pipeline": runs("nowhere")}},
     scheduled("ingest") | {"factoryName": "other"}],
)  # fmt: skip
def test_a_pipeline_that_is_not_there_is_an_invalid_reference(state, registry, properties):
    with pytest.raises(HighwaterError, match="failed because of invalid reference"):
        maker_of(f"{TOKEN}Trigger").make(state, "t", properties)


def test_a_factory_goes_with_its_triggers_that_run(state: State, registry: Registry):
    record(registry, "Trigger", "t")
    TriggerStates(state).set("t", "Started")
    outside = Record("/elsewhere", "urn::x", "azure-native:storage:StorageAccount", "x", {}, {})
    registry.put(outside)
    maker_of(f"{TOKEN}Factory").unmake(state, "adf", {})
    assert [r.name for r in registry.all()] == ["adf", "x"]  # its own record goes after this
    assert TriggerStates(state).get("t") == "Stopped"


def test_the_plane_knows_triggers_by_their_ids(state: State, registry: Registry, monkeypatch):
    trigger = record(registry, "Trigger", "t")
    monkeypatch.setenv("HIGHWATER_STATE", str(state.root))
    found = plane()
    assert isinstance(found, LaptopTriggers)
    assert (found.state(trigger.id), found.state(f"{FACTORY}/triggers/other")) == ("Stopped", None)
    found.start(trigger.id.upper())
    assert (found.state(trigger.id), TriggerStates(state).get("t")) == ("Started", "Started")
    found.stop(trigger.id)
    assert found.state(trigger.id) == "Stopped"
    with pytest.raises(HighwaterError, match="There is no trigger other"):
        found.start(f"{FACTORY}/triggers/other")
