"""One operation on the local stack at a time."""

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from local.errors import HighwaterError
from local.state import State


class StackInUse(HighwaterError):
    """The stack is being changed by somebody else, named by `holder`."""

    def __init__(self, holder: str):
        super().__init__(
            "The local stack is in use",
            f"{holder} is changing it",
            "Wait until it has ended, then try again.",
        )


@contextmanager
def only_one(state: State, operation: str) -> Iterator[None]:
    """Hold the stack's lock; it is the kernel's, so it ends with the process, however that ends.

    Raises:
        StackInUse: another process holds it; the error says which and what it does.
    """
    path = state.root / "engine.lock"
    handle = _opened(path)
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()}, `{operation}`".encode(), 0)
        yield
    finally:
        os.close(handle)


def _opened(path: Path) -> int:
    while True:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # A destroy removes the file while it holds it: a lock on a file that is gone guards nothing.
            if path.exists() and os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        except BlockingIOError:
            holder = os.pread(handle, 200, 0).decode(errors="replace")
            os.close(handle)
            raise StackInUse(holder or "another process") from None
        except FileNotFoundError:
            pass
        os.close(handle)


def release_stale(
    state: State, patience: float = 0.0, on_wait: Callable[[int], Any] | None = None
) -> list[Path]:
    """Remove the engine's own locks whose process is gone (after a kill -9 or a power cut).

    Each lock is a file of its own, so removing that of a dead process can't free one of the living. An engine that
    outlived its killed command finds that it is alone and ends: it is waited for.

    Args:
        patience: seconds to wait for a lock's process to end, on this machine.
        on_wait: hears the process, by its number, before it is waited for.

    Returns:
        The lock files removed.
    """
    removed = []
    for path in (state.pulumi_backend / ".pulumi" / "locks").rglob("*.json"):
        try:
            lock = json.loads(path.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            continue
        if lock.get("hostname") != socket.gethostname():
            continue
        if patience and _runs(lock) and on_wait:
            on_wait(int(lock["pid"]))
        until = time.monotonic() + patience
        while (held := _runs(lock)) and time.monotonic() < until:
            time.sleep(0.1)
        if not held:
            path.unlink(missing_ok=True)
            removed.append(path)
    return removed


def _runs(lock: dict) -> bool:
    """Whether the process that wrote a lock still runs; a number given to a later process is not it."""
    try:
        process = psutil.Process(int(lock["pid"]))
        started = process.create_time()
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
    except (psutil.NoSuchProcess, KeyError, ValueError):
        return False
    try:
        locked = datetime.fromisoformat(lock["timestamp"]).timestamp()
    except (KeyError, ValueError):
        return True
    return started <= locked + 1
