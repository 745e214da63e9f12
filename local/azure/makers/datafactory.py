"""Factory and triggers: recorded, with the rules by which the service refuses a change."""

from typing import Any

from infra.trigger_plane import STARTED, TOKEN
from local.azure.makers.maker import Maker, Properties
from local.azure.registry import Record, Registry
from local.azure.trigger_states import TriggerStates
from local.errors import HighwaterError
from local.state import State

FACTORY_TOKEN = "azure-native:datafactory:Factory"
PIPELINE_TOKEN = "azure-native:datafactory:Pipeline"


def _refuse_started(state: State, name: str) -> None:
    """As the service: github.com/Azure/Azure-DataFactory/issues/539."""
    if TriggerStates(state).get(name) == STARTED:
        raise HighwaterError(
            f"Trigger {name} can't be changed",
            'Code="TriggerEnabledCannotUpdate" Message="Cannot update enabled Trigger; the trigger needs to be '
            'disabled first. "',
            f"Run `highwater triggers stop --stack local {name}` first.",
        )


def _runs(properties: Properties) -> list[str]:
    """The pipelines that a trigger starts: a schedule has a list, a tumbling window has one."""
    wanted: Any = properties.get("properties") or {}
    references = [*(wanted.get("pipelines") or []), *([wanted["pipeline"]] if wanted.get("pipeline") else [])]
    return [reference["pipelineReference"]["referenceName"] for reference in references]


def _make_trigger(state: State, name: str, properties: Properties) -> None:
    _refuse_started(state, name)
    there = {
        record.name
        for record in Registry(state).all(PIPELINE_TOKEN)
        if record.inputs.get("factoryName") == properties.get("factoryName")
    }
    for pipeline in _runs(properties):
        if pipeline not in there:
            raise HighwaterError(
                f"Trigger {name} can't be made",
                'Code="BadRequest" Message="The document creation or update failed because of invalid '
                f"reference '{pipeline}'.\"",
                "Declare the pipeline, and let the trigger depend on it.",
            )


def _unmake_trigger(state: State, name: str, properties: Properties) -> None:
    _refuse_started(state, name)
    TriggerStates(state).remove(name)


def _clear_trigger(state: State, name: str, properties: Properties) -> None:
    TriggerStates(state).remove(name)  # a killed predecessor's: a new trigger is stopped


def _unmake_factory(state: State, name: str, properties: Properties) -> None:
    """A factory goes with all that is in it, triggers that run included; the engine deletes none of that."""
    registry = Registry(state)
    for factory in (record for record in registry.all(FACTORY_TOKEN) if record.name == name):
        for record in _inside(registry, factory):
            if record.type == TOKEN:
                TriggerStates(state).remove(record.name)
            registry.remove(record.id, record.type)


def _inside(registry: Registry, factory: Record) -> list[Record]:
    return [record for record in registry.all() if record.id.lower().startswith(f"{factory.id.lower()}/")]


FACTORY = Maker(unmake=_unmake_factory)
TRIGGER = Maker(make=_make_trigger, unmake=_unmake_trigger, clear=_clear_trigger)
