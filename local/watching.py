"""The local stack's triggers, fired on the local stack's factory."""

import fcntl
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from infra.trigger_plane import STARTED, TOKEN
from local.adf import Runtime
from local.adf.history import History
from local.adf.runtime.events import PipelineRun
from local.adf.triggers import Ended, Trigger, Watch, read
from local.adf.triggers.firing import check
from local.adf.triggers.store import WindowStore
from local.azure.trigger_states import TriggerStates
from local.errors import HighwaterError
from local.factory import declared_factory, open_history
from local.stack import LocalStack


def declared_triggers(stack: LocalStack) -> dict[str, Trigger]:
    """The triggers that Pulumi declared, by name.

    Raises:
        TriggerError: one of them can't be fired as it is declared.
    """
    records = stack.registry.all(TOKEN)
    triggers = {record.name: read(record.name, record.inputs["properties"]) for record in records}
    check(declared_factory(stack), triggers)
    return triggers


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the place of the one who fires the triggers; it is free when its process ends, however it does.

    Raises:
        HighwaterError: somebody else holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "watch.lock"
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HighwaterError(
                "The triggers are being fired already",
                f"process {path.read_text() or 'unknown'} holds {path}",
                "One `highwater watch` a stack is enough; end the other one first.",
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


class Runs:
    """Starts the runs of a watch, each by what is declared at that moment, as the service would."""

    def __init__(self, make: Callable[[], Runtime]):
        self._make = make
        self._alive: set[Runtime] = set()
        self._lock = threading.Lock()

    def __call__(
        self, pipeline: str, parameters: Mapping[str, object], *, trigger: Mapping[str, object], run_id: str
    ) -> PipelineRun:
        """Run a pipeline to its end, with those that it executed without waiting for them."""
        runtime = self._make()
        with self._lock:
            self._alive.add(runtime)
        try:
            result = runtime.run(pipeline, parameters, trigger=trigger, run_id=run_id)
            runtime.join()
            return result
        finally:
            with self._lock:
                self._alive.discard(runtime)

    def cancel(self) -> None:
        """End whatever runs."""
        with self._lock:
            alive = list(self._alive)
        for runtime in alive:
            runtime.cancel()


class _Declared:
    """The declared triggers, read again when the stack's records have changed."""

    def __init__(self, stack: LocalStack, note: Callable[[str], None]):
        self._stack, self._note = stack, note
        self._read_at = self._stamp()

    def _stamp(self) -> int:
        """Changes with every record that is written or removed: each is renamed into the folder."""
        return self._stack.state.resources.stat().st_mtime_ns

    def changed(self) -> dict[str, Trigger] | None:
        """The triggers, None when nothing has changed."""
        try:
            stamp = self._stamp()
            if stamp == self._read_at:
                return None
            self._read_at = stamp
            return declared_triggers(self._stack)
        except FileNotFoundError:  # the stack is being removed
            return {}
        except HighwaterError as error:
            self._note(f"The triggers as declared before go on. {error}")
            return None


def open_watch(
    stack: LocalStack, runs: Runs, on_ended: Callable[[Ended], None], on_note: Callable[[str], None]
) -> Watch:
    """A watch over the declared triggers; those that are started are fired.

    Raises:
        TriggerError: one of them can't be fired as it is declared.
    """
    states, declared = TriggerStates(stack.state), _Declared(stack, on_note)
    return Watch(
        declared_triggers(stack),
        lambda name: states.get(name) == STARTED,
        runs,
        WindowStore(stack.conninfo("control")),
        lambda run_id: earlier_outcome(lambda: open_history(stack), run_id),
        on_ended,
        on_note,
        changed=declared.changed,
    )


def earlier_outcome(open_it: Callable[[], History], run_id: str) -> str | None:
    """The status of a recorded run, None when it never began."""
    with open_it() as history:
        try:
            return history.load(run_id).status
        except KeyError:
            return None
