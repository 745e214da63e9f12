"""Runs a declared Databricks job on the laptop and waits for it.

The run is a process of its own session: killing who waits for it leaves it running, as it would on the
service, and the next run of the job queues behind it.
"""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import psutil

from local.databricks import job_main, job_spec, runs, wheels
from local.databricks.process import end_tree
from local.databricks.server import SparkServer
from local.state import State

RunState = Literal["SUCCESS", "FAILED", "TIMEDOUT", "CANCELED"]
OnLine = Callable[[str], None]

# All that a run gets of the caller's variables: nothing that names a database, an account or an engine.
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE")
POLL_SECONDS = 0.1


class JobRecord(Protocol):
    """What is needed of a job's record in the registry of local resources."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def inputs(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class JobRun:
    """How a run ended.

    Attributes:
        message: why it did not succeed, in one line; empty when it did.
        seconds: from the request to the end, the time in the queue included.
        log: the file with everything that it printed.
    """

    run_id: str
    state: RunState
    message: str
    seconds: float
    log: Path


def run_job(
    state: State,
    job: JobRecord,
    parameters: Mapping[str, str],
    on_line: OnLine,
    timeout: float | None = None,
    cancel: threading.Event | None = None,
) -> JobRun:
    """Starts a run of `job` and follows it to its end.

    Args:
        parameters: job parameters; they win over the declared defaults and named parameters.
        on_line: hears each line that the run prints, as it prints it.
        timeout: seconds after which the run is ended, the time in the queue included; none unless given.
        cancel: set it to end the run.

    Raises:
        HighwaterError: the job declares what does not run here, or Spark can't be started.
    """
    started = time.monotonic()
    runs.settle(state)
    task = job_spec.read(job.inputs.get("name") or job.name, job.inputs)
    server = SparkServer(state)
    run, alive = runs.create(state)
    try:
        child = _start(run, alive, _prepared(state, task, job, parameters, run), server)
    except wheels.WheelRefused as refusal:  # the service, too, starts such a run and fails it
        run.log.write_text(f"{refusal}\n")
        on_line(str(refusal))
        return _ended(run, "FAILED", str(refusal), started)
    except BaseException as error:
        run.end("FAILED", f"not started: {type(error).__name__}")
        raise
    finally:
        os.close(alive)
    try:
        stopped = _follow(child, run.log, on_line, None if timeout is None else started + timeout, cancel)
    except BaseException as error:
        run.end("CANCELED", f"who waited for it stopped: {type(error).__name__}")
        raise
    finally:
        _end(child)
        runs.end_spark_work(state, run)
    return _ended(run, *(stopped or _outcome(child.returncode, run.result)), started)


@dataclass(frozen=True)
class _Prepared:
    """What the run's process is told, and the folders that it imports from."""

    spec: dict[str, Any]
    path: list[Path]


def _prepared(
    state: State, task: job_spec.WheelTask, job: JobRecord, parameters: Mapping[str, str], run: runs.Run
) -> _Prepared:
    """Installs the job's wheels and settles what is called, with what."""
    databricks = state.databricks.resolve()
    libraries = []
    for wheel in task.wheels:
        libraries.append(
            wheels.install(job_spec.workspace_file(databricks / "workspace", wheel), databricks / "libs")
        )
    owner = next((one for one in libraries if wheels.is_package(one, task.package)), None)
    if owner is None:
        brought = ", ".join(one.name for one in libraries) or "none"
        raise wheels.WheelRefused(f"no wheel of package {task.package} among the job's libraries ({brought})")
    module, function = wheels.entry_point(owner, task.entry_point)
    spec = {
        "entry_point": task.entry_point,
        "module": module,
        "function": function,
        "arguments": job_spec.arguments(task, parameters, job.id, run.run_id),
        "turns": str(databricks / "turns" / hashlib.sha256(job.id.encode()).hexdigest()[:16]),
        "max_concurrent": task.max_concurrent,
        "queue": task.queue,
        "timeout": task.timeout,
    }
    return _Prepared(spec, [one.folder for one in libraries])


def _start(run: runs.Run, alive: int, prepared: _Prepared, server: SparkServer) -> subprocess.Popen:
    """The run's process, with Spark up and the life lock in its hands."""
    server.ensure_running()
    run.tell({**prepared.spec, "alive": alive})
    work = run.folder / "work"
    importable = [*prepared.path, Path(sysconfig.get_path("purelib"))]
    env = {
        **{key: os.environ[key] for key in PASSED_ON if key in os.environ},
        **server.client_environment(run.session_id),
        "PYTHONPATH": os.pathsep.join(str(path) for path in importable),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(work),
        "TMPDIR": str(work),
        "TZ": "UTC",
    }
    with run.log.open("wb") as log:
        return subprocess.Popen(
            # -S: no .pth file is read, and so no editable checkout of this project comes onto the path;
            # -P: nor does the folder of the script.
            [sys.executable, "-S", "-P", job_main.__file__, str(run.folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=work,
            env=env,
            start_new_session=True,
            pass_fds=[alive],
        )


def _follow(
    child: subprocess.Popen,
    log: Path,
    on_line: OnLine,
    deadline: float | None,
    cancel: threading.Event | None,
) -> tuple[RunState, str] | None:
    """Passes on the run's lines until it ends; says why when it has to be ended instead."""
    with log.open("rb") as output:
        pending = b""
        while True:
            over = child.poll() is not None  # asked before reading, or the last lines could be missed
            *lines, pending = (pending + output.read()).split(b"\n")
            for line in lines:
                on_line(line.decode(errors="replace"))
            if over:
                if pending:
                    on_line(pending.decode(errors="replace"))
                return None
            if deadline is not None and time.monotonic() >= deadline:
                return "TIMEDOUT", "the run did not end within the time given to it"
            if cancel is not None and cancel.is_set():
                return "CANCELED", "the run was cancelled"
            time.sleep(POLL_SECONDS)


def _end(child: subprocess.Popen) -> None:
    """Leaves no process of the run: itself, and what it started in its session."""
    if child.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            end_tree(psutil.Process(child.pid), patience=5)
        child.wait()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _outcome(status: int, result: dict[str, str] | None) -> tuple[RunState, str]:
    """What the run itself left as its result, or what its exit status tells."""
    if result is not None:
        return "SUCCESS" if result["state"] == "SUCCESS" else "FAILED", result["message"]
    if status == -signal.SIGALRM:
        return "TIMEDOUT", "the run took longer than the job's own timeout"
    if status < 0:
        return "FAILED", f"the run's process was ended by {signal.Signals(-status).name}"
    return "FAILED", f"the run's process ended with status {status} before it could say how"


def _ended(run: runs.Run, outcome: RunState, message: str, started: float) -> JobRun:
    run.end(outcome, message)
    return JobRun(run.run_id, outcome, message, time.monotonic() - started, run.log)
