"""What starts and stops triggers: on Azure its management interface, on a laptop a file of the state.

A trigger's runtime state is no property of the resource: a new trigger is stopped, and starting and stopping
are calls of their own (learn.microsoft.com/rest/api/datafactory/triggers). Which plane serves a stack is the
setting `factory.trigger_plane`, an object reference as in Python's entry points.
"""

import pkgutil
import time
from typing import Protocol

import tenacity

from infra.errors import InfraError
from infra.rest import Rest, RestError, management

TOKEN = "azure-native:datafactory:Trigger"
STARTED, STOPPED = "Started", "Stopped"
_API = "api-version=2018-06-01"


class TriggerPlane(Protocol):
    """Starts and stops triggers by their ARM ids."""

    def state(self, trigger_id: str) -> str | None:
        """`Started` or `Stopped`; None when there is no such trigger."""

    def start(self, trigger_id: str) -> None:
        """Start it. Raises an error that names the trigger when it can't be."""

    def stop(self, trigger_id: str) -> None:
        """Stop it. Raises an error that names the trigger when it can't be."""


def find(reference: str) -> TriggerPlane:
    """The plane that an object reference, as `infra.trigger_plane:azure`, names and makes.

    Raises:
        InfraError: there is no such object.
    """
    try:
        return pkgutil.resolve_name(reference)()
    except (ImportError, AttributeError, ValueError) as error:
        raise InfraError(
            f"There is no trigger plane {reference!r}.",
            str(error),
            "Correct the setting highwater:factory.trigger_plane, as in infra.trigger_plane:azure.",
        ) from None


def bring(plane: TriggerPlane, trigger_id: str, wanted: str) -> bool:
    """Bring a trigger to the state that is wanted of it; whether that was a change.

    Raises:
        InfraError: there is no such trigger, or the plane refused.
    """
    found = plane.state(trigger_id)
    if found is None:
        raise InfraError(
            f"Trigger {trigger_id.rpartition('/')[2]} is declared and not deployed.",
            f"There is no {trigger_id}.",
            "Deploy the stack first.",
        )
    if found == wanted:
        return False
    (plane.start if wanted == STARTED else plane.stop)(trigger_id)
    return True


class AzureTriggers:
    """Triggers of a real factory.

    Right after it was put, an event trigger refuses to be started while it is provisioned
    (github.com/Azure/azure-cli/issues/32842), so a start is tried again for a while.
    """

    def __init__(self, rest: Rest, patience: float = 120.0, pause: float = 3.0):
        """`patience`: seconds to wait for a state to take effect; `pause`: seconds between two looks."""
        self._rest, self._patience, self._pause = rest, patience, pause

    def state(self, trigger_id: str) -> str | None:
        found = self._rest.call("GET", f"{trigger_id}?{_API}")
        return None if found is None else found["properties"].get("runtimeState", STOPPED)

    def start(self, trigger_id: str) -> None:
        self._patiently(self._post, trigger_id, "start")
        self._await(trigger_id, STARTED)

    def stop(self, trigger_id: str) -> None:
        self._patiently(self._post, trigger_id, "stop")
        self._await(trigger_id, STOPPED)

    def _patiently(self, *call: object) -> None:
        tenacity.Retrying(
            retry=tenacity.retry_if_exception(_provisioning),
            wait=tenacity.wait_fixed(self._pause),
            stop=tenacity.stop_after_delay(self._patience),
            reraise=True,
        )(*call)

    def _post(self, trigger_id: str, verb: str) -> None:
        if self._rest.call("POST", f"{trigger_id}/{verb}?{_API}") is None:
            raise InfraError(f"There is no trigger {trigger_id} to {verb}.")

    def _await(self, trigger_id: str, wanted: str) -> None:
        """A start may be accepted (status 202) and take effect later."""
        deadline = time.monotonic() + self._patience
        while (found := self.state(trigger_id)) != wanted:
            if time.monotonic() > deadline:
                raise InfraError(
                    f"Trigger {trigger_id.rpartition('/')[2]} is {found} and not {wanted}.",
                    f"It was asked {self._patience:.0f} seconds ago.",
                    "Run `highwater triggers ensure --stack STACK`.",
                )
            time.sleep(self._pause)


def _provisioning(error: BaseException) -> bool:
    return isinstance(error, RestError) and "provisioning" in error.message.lower()


def azure() -> AzureTriggers:
    """The plane of real factories, as whoever is signed in."""
    return AzureTriggers(management())
