"""Stores the records of runs while they are written, in a thread of its own: no run ever waits for it."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import psycopg

from local.adf.history.schema import prepare
from local.adf.history.storing import Spool, store

BATCH_SECONDS, RETRY_SECONDS, LAST_SECONDS = 0.2, 2.0, 5.0


class Recorder:
    """What a runtime tells of every line (`recorded`). Use it as a context manager around the runs.

    A database that can't be reached fails no run: `warn` hears of it once, the file keeps everything, and what
    is not stored at the end is stored by whoever opens the history next.

    Args:
        conninfo: of the database, for a role that may create the schema `adf`.
        warn: takes a sentence for the user.
    """

    def __init__(self, conninfo: str, warn: Callable[[str], None] = lambda text: None):
        self._conninfo, self._warn = conninfo, warn
        self._spools: dict[Path, Spool] = {}
        self._dirty: set[Path] = set()
        self._lock = threading.Lock()
        self._awake, self._closing = threading.Event(), threading.Event()
        self._connection: psycopg.Connection | None = None
        self._warned = False
        self._thread = threading.Thread(target=self._work, name="run history", daemon=True)

    def __call__(self, path: Path) -> None:
        """A line was added to this record."""
        with self._lock:
            self._dirty.add(path)
        self._awake.set()

    def __enter__(self) -> "Recorder":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._awake.set()
        self._thread.join(LAST_SECONDS + 5)
        if self._connection is not None:
            self._connection.close()

    def _work(self) -> None:
        while not self._closing.is_set():
            self._awake.wait()
            self._closing.wait(BATCH_SECONDS)  # what comes meanwhile goes along
            if not self._store():
                self._closing.wait(RETRY_SECONDS)
        deadline = time.monotonic() + LAST_SECONDS
        while not self._store() and time.monotonic() < deadline:
            time.sleep(0.2)

    def _store(self) -> bool:
        """Store what has been added; False when that failed, in which case it stays to be done."""
        self._awake.clear()
        with self._lock:
            paths, self._dirty = sorted(self._dirty), set()
        try:
            for path in list(paths):
                if store(self._open(), self._spools.setdefault(path, Spool(path))):
                    self._spools.pop(path)
                paths.remove(path)
        except Exception as error:  # whatever it is, neither a run nor this thread may end of it
            self._failed(paths, error)
            return False
        return True

    def _open(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._conninfo, autocommit=True, connect_timeout=5, application_name="adf history"
            )
            prepare(self._connection)
        return self._connection

    def _failed(self, paths: list[Path], error: Exception) -> None:
        with self._lock:
            self._dirty.update(paths)
        self._awake.set()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if not self._warned:
            self._warned = True
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            self._warn(
                f"The run's history can't be stored now ({reason}). The run goes on; its record is in "
                f"{paths[0].parent} and will be stored by this or the next command that can."
            )
