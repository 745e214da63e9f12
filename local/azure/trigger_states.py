"""Which triggers of the local stack run: what Azure's management interface keeps, in the state folder."""

import os
import tempfile

from infra.trigger_plane import STARTED, STOPPED, TOKEN
from local.azure.registry import Registry
from local.errors import HighwaterError
from local.state import State


class TriggerStates:
    """The runtime state of each trigger by its name; as on Azure, one that was never started is stopped."""

    def __init__(self, state: State):
        self.folder = state.factory / "triggers"

    def get(self, name: str) -> str:
        """`Started` or `Stopped`."""
        try:
            return (self.folder / name).read_text()
        except (FileNotFoundError, NotADirectoryError):
            return STOPPED

    def set(self, name: str, value: str) -> None:
        """Keep a state, in one step: a reader sees the old one or the new one.

        Raises:
            ValueError: it is neither `Started` nor `Stopped`.
        """
        if value not in (STARTED, STOPPED):
            raise ValueError(f"{value!r} is no state of a trigger: it is {STARTED} or {STOPPED}")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, fresh = tempfile.mkstemp(dir=self.folder, prefix=".", suffix=".tmp")
        with os.fdopen(handle, "w") as out:
            out.write(value)
        os.replace(fresh, self.folder / name)  # noqa: PTH105  (Path.replace of a text path: the same call)

    def remove(self, name: str) -> None:
        """Forget a trigger that is gone."""
        (self.folder / name).unlink(missing_ok=True)


class LaptopTriggers:
    """The trigger plane of the local stack, by the ARM ids of the recorded triggers."""

    def __init__(self, state: State):
        self._states, self._registry = TriggerStates(state), Registry(state)

    def state(self, trigger_id: str) -> str | None:
        record = self._registry.get(trigger_id, TOKEN)
        return None if record is None else self._states.get(record.name)

    def start(self, trigger_id: str) -> None:
        self._states.set(self._name(trigger_id), STARTED)

    def stop(self, trigger_id: str) -> None:
        self._states.set(self._name(trigger_id), STOPPED)

    def _name(self, trigger_id: str) -> str:
        record = self._registry.get(trigger_id, TOKEN)
        if record is None:
            raise HighwaterError(
                f"There is no trigger {trigger_id.rpartition('/')[2]}", trigger_id, "Run `highwater up`."
            )
        return record.name


def plane() -> LaptopTriggers:
    """The plane of the stack in HIGHWATER_STATE, which the engine's environment names too."""
    return LaptopTriggers(State.default())
