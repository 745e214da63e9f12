"""A process named so that another one that later gets the same number is not taken for it."""

import contextlib
import time
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class ProcessId:
    """A process number and the moment that process began (seconds since 1970)."""

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> "ProcessId | None":
        """The process that has this number now; None when there is none."""
        try:
            return cls(pid, psutil.Process(pid).create_time())
        except psutil.NoSuchProcess:
            return None

    def find(self) -> psutil.Process | None:
        """The process while it runs. One that has ended and only waits to be collected does not run."""
        try:
            process = psutil.Process(self.pid)
            # The clock's resolution in /proc is a hundredth of a second, and the boot time is rounded.
            same = abs(process.create_time() - self.created) < 0.5
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


def end_tree(process: psutil.Process, patience: float = 10) -> None:
    """Ends a process and all that it started: asks, waits `patience` seconds, then kills. Leaves none."""
    family = [process]
    with contextlib.suppress(psutil.NoSuchProcess):
        family = [process, *process.children(recursive=True)]
    with contextlib.suppress(psutil.NoSuchProcess):
        process.terminate()
    _, alive = psutil.wait_procs(family, timeout=patience)
    for survivor in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            survivor.kill()
    psutil.wait_procs(alive, timeout=5)


def wait_until(condition, seconds: float, every: float = 0.1) -> bool:
    """Whether `condition()` became true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(every)
    return True
