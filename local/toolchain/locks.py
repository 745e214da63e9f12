"""A lock between processes, held as long as the holder lives: two set-ups at once do the work once."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.toolchain.steps import Report


@contextmanager
def exclusive(path: Path, report: Report, holding: str) -> Iterator[None]:
    """Holds `path` as a lock. Who has to wait is told so: `holding` says what the other one is doing.

    The file stays: removing it would let a third process lock a new file of the same name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report(f"waiting for another process that is {holding}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
