"""A trigger through the real engine: stopped and started around a change, and healed after one that failed."""

from dataclasses import dataclass, field
from pathlib import Path

import pulumi
import pytest
from pulumi_azure_native import datafactory, resources

from infra import reconciliation
from infra.sections import Factory
from infra.trigger import Trigger
from infra.trigger_plane import TOKEN
from local import triggers
from local.azure.registry import Registry
from local.azure.trigger_states import TriggerStates
from local.engine import Engine
from local.errors import HighwaterError
from local.state import State
from pipelines.triggers import every_minutes

pytestmark = pytest.mark.engine

START = "2024-01-01T00:00:00Z"
PLANE = "local.azure.trigger_states:plane"


@dataclass
class Plant:
    """A factory with one pipeline and one trigger; a test changes a field between two operations."""

    minutes: int = 5
    pipeline: str = "ingest"
    wanted: str = "started"
    factory: str = "adf"
    names: list[str] = field(default_factory=lambda: ["tick"])
    hours: int | None = None  # of the windows in which `reconcile` runs

    def program(self) -> None:
        group = resources.ResourceGroup("rg", resource_group_name="rg-test").name
        factory = datafactory.Factory("factory", resource_group_name=group, factory_name=self.factory)
        inside = {"resource_group_name": group, "factory_name": factory.name}
        ingest = datafactory.Pipeline(
            "ingest", pipeline_name="ingest", activities=[], **inside,
            opts=pulumi.ResourceOptions(deleted_with=factory),
        )  # fmt: skip
        if self.hours is not None:
            reconcile = datafactory.Pipeline(
                "reconcile", pipeline_name="reconcile", activities=[], **inside,
                opts=pulumi.ResourceOptions(deleted_with=factory),
            )  # fmt: skip
            reconciliation.declare(
                reconciliation.Reconciliation(hours=self.hours),
                Factory(triggers=self.wanted, trigger_plane=PLANE),
                inside,
                lambda *after: pulumi.ResourceOptions(depends_on=list(after), deleted_with=factory),
                reconcile,
                [],
            )
        for name in self.names:
            Trigger(
                name,
                every_minutes(self.minutes, START, self.pipeline),
                inside,
                Factory(triggers=self.wanted, trigger_plane=PLANE),
                pulumi.ResourceOptions(depends_on=[ingest], deleted_with=factory),
            )


@pytest.fixture
def plant() -> Plant:
    return Plant()


@pytest.fixture
def engine(tmp_path: Path, plant: Plant):
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: highwater\nruntime: python\nmain: infra\n")
    engine = Engine(State(tmp_path / "state"), plant.program, project)
    yield engine
    assert engine.destroy().problems == ()


def interval(engine: Engine) -> int:
    (record,) = Registry(engine.state).all(TOKEN)
    return record.inputs["properties"]["recurrence"]["interval"]


def ensure(engine: Engine, monkeypatch: pytest.MonkeyPatch, wanted: str = "Started") -> list[tuple]:
    monkeypatch.setenv("HIGHWATER_STATE", str(engine.state.root))
    declared = [
        triggers.DeclaredTrigger(r.name, r.id, wanted, PLANE) for r in Registry(engine.state).all(TOKEN)
    ]
    return [(o.name, o.before, o.now, o.error) for o in triggers.bring(declared)]


@pytest.mark.slow
def test_a_trigger_runs_after_every_deployment_that_succeeds_and_after_ensure(engine, plant, monkeypatch):
    states = TriggerStates(engine.state)
    assert engine.up().created == 5
    assert states.get("tick") == "Started"

    plant.minutes = 7  # the provider refuses to change a trigger that runs: the hook stopped it
    assert engine.up().updated == 1
    assert (states.get("tick"), interval(engine)) == ("Started", 7)

    plant.pipeline = "nowhere"
    with pytest.raises(HighwaterError, match="failed because of invalid reference 'nowhere'"):
        engine.up()
    assert (states.get("tick"), interval(engine)) == ("Stopped", 7)

    plant.pipeline = "ingest"  # nothing differs from what is deployed, so no hook is called
    assert engine.up().changes == 0
    assert states.get("tick") == "Stopped"
    assert ensure(engine, monkeypatch) == [("tick", "Stopped", "Started", "")]
    assert ensure(engine, monkeypatch) == [("tick", "Started", "Started", "")]

    plant.names = []  # its removal alone is refused while it runs, as on Azure
    with pytest.raises(HighwaterError, match="TriggerEnabledCannotUpdate"):
        engine.up()
    assert ensure(engine, monkeypatch, "Stopped") == [("tick", "Started", "Stopped", "")]
    assert engine.up().deleted == 2
    assert Registry(engine.state).all(TOKEN) == []


@pytest.mark.slow
def test_a_trigger_that_runs_goes_with_its_factory_and_a_stopped_one_stays_stopped(
    engine, plant, monkeypatch
):
    plant.wanted = "stopped"
    engine.up()
    states = TriggerStates(engine.state)
    assert states.get("tick") == "Stopped"
    plant.minutes = 9
    engine.up()
    assert (states.get("tick"), interval(engine)) == ("Stopped", 9)
    plant.wanted, plant.minutes = "started", 5
    engine.up()
    assert states.get("tick") == "Started"
    plant.factory = "other"  # to replace the factory, what is in it is deleted one by one before
    with pytest.raises(HighwaterError, match="TriggerEnabledCannotUpdate"):
        engine.up()
    assert ensure(engine, monkeypatch, "Stopped") == [("tick", "Started", "Stopped", "")]
    engine.up()
    (record,) = Registry(engine.state).all(TOKEN)
    assert "/factories/other/" in record.id
    assert states.get("tick") == "Started"
    assert engine.destroy().problems == ()  # it runs, and goes with the factory


@pytest.mark.slow
def test_windows_of_another_length_are_another_trigger_s(engine, plant, monkeypatch):
    """Azure takes no change of a window's length: the trigger is made anew, once somebody has stopped the old one."""
    plant.names, plant.hours = [], 24
    engine.up()
    states = TriggerStates(engine.state)
    assert states.get("every_window") == "Started"
    plant.hours = 12
    with pytest.raises(HighwaterError, match="TriggerEnabledCannotUpdate"):
        engine.up()
    assert ensure(engine, monkeypatch, "Stopped") == [("every_window", "Started", "Stopped", "")]
    engine.up()
    (record,) = Registry(engine.state).all(TOKEN)
    assert record.inputs["properties"]["interval"] == 12
    assert states.get("every_window") == "Started"
