"""The declared triggers of a stack and their runtime state: what every deployment ends with, failed or not."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra import trigger_plane
from infra.errors import InfraError
from infra.trigger_plane import STOPPED
from local.azure.outputs import SUBSCRIPTION, answer
from local.declare import resources
from local.errors import HighwaterError
from local.state import STACK

_COMPONENT = "highwater:infra:Trigger"


@dataclass(frozen=True)
class DeclaredTrigger:
    """A trigger as the program declares it.

    Attributes:
        name: its own name.
        id: its ARM id.
        wanted: the runtime state in which it belongs, `Started` or `Stopped`.
        plane: what starts and stops it, see `infra.trigger_plane.find`.
    """

    name: str
    id: str
    wanted: str
    plane: str


@dataclass(frozen=True)
class Outcome:
    """What became of one trigger.

    Attributes:
        before, now: its state before and after; None when it is not deployed.
        error: why it could not be changed, empty when it could.
    """

    name: str
    before: str | None
    now: str | None
    error: str = ""


def declared(stack: str, subscription: str | None = None, name: str | None = None) -> list[DeclaredTrigger]:
    """Every trigger that the program declares for a stack, or the one of that name.

    Args:
        subscription: the id of the subscription that the stack is in; a laptop's stack has none.

    Raises:
        HighwaterError: no subscription is given for a stack on Azure, or there is no trigger of that name.
    """
    if stack != STACK and not subscription:
        raise HighwaterError(
            f"Stack {stack} is on Azure, and its subscription is not known",
            "neither --subscription nor ARM_SUBSCRIPTION_ID is given",
            "Pass --subscription ID (`az account show --query id`).",
        )
    found = {resource["urn"]: resource for resource in resources(stack)}
    triggers = []
    for resource in found.values():
        component = found.get(resource["options"].get("parent", ""))
        if resource["type"] == trigger_plane.TOKEN and component and component["type"] == _COMPONENT:
            id_ = answer(resource["type"], "", resource["inputs"]).id
            triggers.append(
                DeclaredTrigger(
                    resource["inputs"]["triggerName"],
                    id_.replace(SUBSCRIPTION, subscription) if subscription else id_,
                    component["inputs"]["runtimeState"],
                    component["inputs"]["plane"],
                )
            )
    chosen = [trigger for trigger in triggers if name in (None, trigger.name)]
    if name is not None and not chosen:
        known = ", ".join(trigger.name for trigger in triggers)
        raise HighwaterError(
            f"Stack {stack} has no trigger {name}", f"declared: {known}", "Name one of them."
        )
    return sorted(chosen, key=lambda trigger: trigger.name)


def bring(triggers: Sequence[DeclaredTrigger], wanted: str | None = None) -> list[Outcome]:
    """Bring each trigger to its declared state, or all of them to `wanted`. One's failure stops no other.

    A trigger that is not deployed cannot run: that is an error unless it was to be stopped.
    """
    return [_brought(trigger, wanted or trigger.wanted) for trigger in triggers]


def _brought(trigger: DeclaredTrigger, wanted: str) -> Outcome:
    before = None
    try:
        plane = trigger_plane.find(trigger.plane)
        before = plane.state(trigger.id)
        if before is None and wanted == STOPPED:
            return Outcome(trigger.name, None, None)
        trigger_plane.bring(plane, trigger.id, wanted)
        return Outcome(trigger.name, before, plane.state(trigger.id))
    except (InfraError, HighwaterError) as error:
        return Outcome(trigger.name, before, before, str(error))
