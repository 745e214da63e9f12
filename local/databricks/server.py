"""The laptop's Spark: one Spark Connect server that outlives the commands that use it.

Starting Spark takes seconds and its first statements more, so one warm server serves every run. It listens on
loopback and answers to a token alone, kept in a file that only its owner may read.
"""

import fcntl
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from local.databricks.connect_rpc import USER, Answer, probe, release_session
from local.databricks.launch import free_port, launch, write_private
from local.databricks.process import ProcessId, end_tree
from local.errors import HighwaterError
from local.state import State

START_SECONDS = 180
LOG_TAIL = 15


@dataclass(frozen=True)
class Running:
    """The server that was started last: where it listens and which process it is."""

    port: int
    pid: int
    created: float

    @property
    def process(self) -> ProcessId:
        return ProcessId(self.pid, self.created)


class SparkServer:
    """The Spark Connect server of one state.

    Its files are under `<state>/databricks/spark`: log, token, record of the process, and Spark's own.
    """

    def __init__(self, state: State):
        self.folder = state.databricks.resolve() / "spark"
        self.log = self.folder / "server.log"
        self._record = self.folder / "server.json"
        self._token = self.folder / "token"

    def ensure_running(self) -> str:
        """Starts the server unless it runs, waits until it answers, and returns its sc:// address.

        The address carries the token: it is all that a client needs, and not for printing
        (`address` is). Calling it again, from any process, returns the same address.

        Raises:
            HighwaterError: no Java, no jars, or the server does not come up; with the log's last lines.
        """
        running = self._answering(self._started())
        if running is None and "Address already in use" in self._log_text():
            running = self._answering(self._started())  # somebody took the port between choice and use
        if running is None:
            raise self._failed("it ended while starting")
        return f"{self._url(running.port)};token={self.token()}"

    def start_in_background(self) -> None:
        """Starts the server unless it runs, and does not wait for it."""
        self._started()

    def stop(self, patience: float = 10) -> None:
        """Ends the server and every process of its own; nothing happens when it does not run.

        It gets `patience` seconds to end by itself; no table is harmed if it does not (a Delta commit is one
        file that is there or not).
        """
        if not self.folder.exists():
            return
        with self._lock():
            running = self._read()
            process = running.process.find() if running is not None else None
            if process is not None:
                end_tree(process, patience)
            self._record.unlink(missing_ok=True)
            self._token.unlink(missing_ok=True)
            shutil.rmtree(self.folder / "tmp", ignore_errors=True)

    @property
    def is_running(self) -> bool:
        """Whether the server answers now, to the token on file."""
        running = self._read()
        return (
            running is not None
            and running.process.find() is not None
            and probe(running.port, self.token(), timeout=2) is Answer.OK
        )

    @property
    def pid(self) -> int | None:
        """The server's process while it lives."""
        running = self._read()
        return running.pid if running is not None and running.process.find() is not None else None

    @property
    def address(self) -> str | None:
        """Where it listens, without the token: for people to read. None when it was not started."""
        running = self._read()
        return self._url(running.port) if running is not None else None

    def token(self) -> str | None:
        """The secret that a client must send; None when the server was not started."""
        try:
            return self._token.read_text()
        except FileNotFoundError:
            return None

    def client_environment(self, session_id: str) -> dict[str, str]:
        """The variables by which a process that builds a Spark session gets one here, under that id.

        The id (a UUID, version 4) lets `release` end the session when the process can't do it itself.
        """
        address, token = self.address, self.token()
        if address is None or token is None:
            raise HighwaterError("The Spark server is not running", "", "Start it by running a job.")
        return {
            "SPARK_REMOTE": f"{address};user_id={USER};session_id={session_id}",
            "SPARK_CONNECT_AUTHENTICATE_TOKEN": token,
        }

    def release(self, session_id: str) -> Answer:
        """Ends a session with everything that it still runs. SILENT when the server is not there."""
        running = self._read()
        if running is None or running.process.find() is None:
            return Answer.SILENT
        return release_session(running.port, self.token(), session_id)

    def _started(self) -> Running:
        """The process that is the server, started now if need be; it may not answer yet."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._lock():
            running = self._read()
            if running is not None and running.process.find() is not None:
                return running
            return self._start()

    def _answering(self, running: Running) -> Running | None:
        """Waits until the server answers; None when its process ended instead."""
        deadline = time.monotonic() + START_SECONDS
        while (answer := probe(running.port, self.token())) is not Answer.OK:
            if running.process.find() is None:
                return None
            if answer is Answer.REFUSED or time.monotonic() > deadline:
                raise self._failed(f"process {running.pid} does not serve us ({answer.value})")
            time.sleep(0.2)
        return running

    def _start(self) -> Running:
        token, port = secrets.token_urlsafe(32), free_port()
        write_private(self._token, token)
        process = launch(self.folder, self.log, port, token)
        if process is None:
            raise self._failed("it ended at once")
        running = Running(port, process.pid, process.created)
        write_private(self._record, json.dumps(asdict(running)))
        return running

    def _read(self) -> Running | None:
        try:
            return Running(**json.loads(self._record.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Between processes, so that two starts make one server."""
        handle = os.open(self.folder / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _failed(self, what_happened: str) -> HighwaterError:
        tail = "\n".join(["  " + line for line in self._log_text().splitlines() if line.strip()][-LOG_TAIL:])
        return HighwaterError(
            "The local Spark server did not start",
            f"{what_happened}; its log ends with\n{tail or '  (nothing)'}",
            f"The whole log is {self.log}. Free what it lacks (memory, disk space, a port) and try again.",
        )

    @staticmethod
    def _url(port: int) -> str:
        # "localhost", not an address: by it the client knows that a token may travel without TLS.
        return f"sc://localhost:{port}/"
