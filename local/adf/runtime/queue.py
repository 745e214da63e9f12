"""A pipeline's concurrency, across processes: so many runs at a time, the others wait their turn.

Slots and tickets are files held by locks that die with their process: nothing is left to clean up after a
kill. At most 100 runs wait; one more is refused, as the service does.
https://learn.microsoft.com/azure/data-factory/concepts-pipelines-activities#pipeline-json
"""

import fcntl
import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from local.adf.errors import RunRefused
from local.adf.runtime.stop import Stop

MAX_QUEUED = 100


@contextmanager
def slot(
    folder: Path, pipeline: str, concurrency: int | None, stop: Stop, on_wait: Callable[[], None]
) -> Iterator[None]:
    """Hold one of the pipeline's slots.

    Args:
        folder: where the locks are; all processes that share it share the slots.
        on_wait: called once when the run has to wait.

    Raises:
        RunRefused: 100 runs are waiting already, or the run was cancelled while it waited.
    """
    if concurrency is None:
        yield
        return
    place = folder / "".join(char if char.isalnum() or char in "-_ " else "_" for char in pipeline)
    place.mkdir(parents=True, exist_ok=True)
    ticket, held = _Ticket(place), None
    try:
        while (held := ticket.enter(concurrency)) is None:
            on_wait()
            on_wait = _nothing
            if stop.wait(0.1):
                raise RunRefused(f"The run of {pipeline} was cancelled while it waited for an earlier one.")
    finally:
        ticket.tear()
    try:
        yield
    finally:
        os.close(held)


def _nothing() -> None:
    pass


def _locked(path: Path) -> int | None:
    """The file's descriptor with its lock held, None when somebody else holds it."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


class _Ticket:
    """A place in the queue: a file whose name sorts by arrival, locked by the one who waits."""

    def __init__(self, place: Path):
        self.place = place
        with self._turnstile():
            if len(self._waiting()) >= MAX_QUEUED:
                raise RunRefused(
                    f"The queue of {place.name} is full.",
                    f"{MAX_QUEUED} runs wait for their turn already.",
                    "Let them end, or cancel some.",
                )
            self.path = place / f"ticket-{time.time_ns():020d}-{uuid.uuid4().hex[:8]}"
            self.handle = _locked(self.path)

    @contextmanager
    def _turnstile(self) -> Iterator[None]:
        handle = os.open(self.place / "turnstile", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _waiting(self) -> list[Path]:
        """Tickets of the living, oldest first; those of the dead are removed."""
        living = []
        for path in sorted(self.place.glob("ticket-*")):
            if path == getattr(self, "path", None):
                living.append(path)
                continue
            handle = _locked(path)
            if handle is None:
                living.append(path)
            else:
                path.unlink(missing_ok=True)
                os.close(handle)
        return living

    def enter(self, concurrency: int) -> int | None:
        """A slot, when one is free and nobody came before."""
        with self._turnstile():
            if self._waiting()[0] != self.path:
                return None
            for number in range(concurrency):
                handle = _locked(self.place / f"slot-{number}")
                if handle is not None:
                    return handle
            return None

    def tear(self) -> None:
        self.path.unlink(missing_ok=True)
        os.close(self.handle)
