"""The record of each job run: a folder with what it was told, its log, its result, and a lock while it lives.

The lock, not a process number, says whether a run lives: the kernel frees it however the run ends.
"""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from local.databricks.process import end_tree
from local.databricks.server import SparkServer
from local.state import State

KEPT = 50


@dataclass(frozen=True)
class Run:
    """One run's folder."""

    folder: Path

    @property
    def run_id(self) -> str:
        return self.folder.name

    @property
    def log(self) -> Path:
        return self.folder / "output.log"

    @property
    def session_id(self) -> str:
        """The id of its Spark session."""
        return (self.folder / "session").read_text()

    def tell(self, spec: dict[str, Any]) -> None:
        """What the run's process reads when it starts."""
        _write(self.folder / "spec.json", spec)

    @property
    def result(self) -> dict[str, str] | None:
        """`{"state": ..., "message": ...}` as the run itself left it; None while it has left none."""
        return _json(self.folder / "result.json")

    @property
    def ended(self) -> dict[str, str] | None:
        """How the run was seen to end, `{"state": ..., "message": ...}`; None while nobody has seen it."""
        return _json(self.folder / "ended.json")

    def end(self, state: str, message: str) -> None:
        _write(self.folder / "ended.json", {"state": state, "message": message})

    def lock(self) -> int | None:
        """Takes the run's life lock and returns its handle; None while the run lives."""
        handle = os.open(self.folder / "alive.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            os.close(handle)
            return None

    @property
    def lives(self) -> bool:
        handle = self.lock()
        if handle is None:
            return True
        os.close(handle)
        return False

    @property
    def process(self) -> psutil.Process | None:
        """The run's process while it lives."""
        with contextlib.suppress(OSError, ValueError, psutil.NoSuchProcess):
            process = psutil.Process(int((self.folder / "alive.lock").read_text()))
            if self.lives:
                return process
        return None


def create(state: State) -> tuple[Run, int]:
    """A new run, and the handle of its life lock for its process to inherit."""
    all_runs = state.databricks.resolve() / "runs"
    run_id = f"{time.time_ns() // 1_000_000}{secrets.randbelow(1000):03}"
    # Prepared under a name that `every` passes over, so that nobody meets a run without its lock.
    fresh = Run(all_runs / f".{run_id}")
    (fresh.folder / "work").mkdir(parents=True)
    (fresh.folder / "session").write_text(str(uuid.uuid4()))
    handle = fresh.lock()
    assert handle is not None
    fresh.folder.rename(all_runs / run_id)
    return Run(all_runs / run_id), handle


def every(state: State) -> list[Run]:
    """All runs that are on record, oldest first."""
    folder = state.databricks.resolve() / "runs"
    return [Run(path) for path in sorted(folder.glob("[0-9]*"))]


def settle(state: State) -> list[Run]:
    """Closes the runs that nobody saw end, because who started them was gone: returns those.

    The Spark work that a killed run left behind ends, as it would with the run's cluster.
    """
    unseen = [run for run in every(state) if run.ended is None and not run.lives]
    for run in unseen:
        end_spark_work(state, run)
        result = run.result or {"state": "FAILED", "message": "its process ended before it could say how"}
        run.end(result["state"], result["message"])
    seen = [run for run in every(state) if run.ended is not None]
    for old in seen[:-KEPT]:
        shutil.rmtree(old.folder, ignore_errors=True)
    return unseen


def end_spark_work(state: State, run: Run) -> None:
    """Ends what a run that is over may still have at work in Spark.

    A run that left a result has finished its work: its session is released. One that was killed may have a
    statement under way that would go on to commit, and Spark can't be relied on to cancel it (an interrupt
    that comes while a statement is planned may be lost): the server ends too, unless another run uses it.
    """
    server = SparkServer(state)
    others = any(other.lives for other in every(state) if other.run_id != run.run_id)
    if run.result is not None or others:
        server.release(run.session_id)
    else:
        server.stop(patience=1)


def stop_all(state: State) -> int:
    """Ends every run that lives, with the processes of its own; returns how many there were."""
    processes = [process for run in every(state) if (process := run.process) is not None]
    for process in processes:
        end_tree(process, patience=5)
    settle(state)
    return len(processes)


def _json(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None


def _write(path: Path, content: dict[str, Any]) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(content))
    fresh.replace(path)
