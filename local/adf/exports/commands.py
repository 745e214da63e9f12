"""Databricks jobs as commands of this machine, for pipelines that call jobs which are not here."""

import shlex
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

from local.adf.errors import ActivityError
from local.adf.runtime.jobs import JobResult

_LOOK_SECONDS, _GRACE_SECONDS, _KEPT_LINES = 0.1, 10, 20


class CommandJobs:
    """Runs a command for each job id; the job's parameters come as --NAME=VALUE."""

    def __init__(self, commands: Mapping[str, str | list[str]]):
        self._commands = {
            str(job): shlex.split(one) if isinstance(one, str) else [str(part) for part in one]
            for job, one in commands.items()
        }

    def run(
        self,
        job_id: str,
        parameters: Mapping[str, str],
        on_line: Callable[[str], None],
        *,
        timeout: float | None,
        cancel: threading.Event,
    ) -> JobResult:
        """Run the command of a job, and wait for it. It is ended at the timeout and when it is cancelled."""
        command = self._commands.get(job_id)
        if command is None:
            known = ", ".join(self._commands) or "none"
            raise ActivityError(
                f"No command is given for the job {job_id}; there is one for: {known}.", "3204"
            )
        arguments = [f"--{name}={value}" for name, value in parameters.items()]
        try:
            process = subprocess.Popen(
                [*command, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, errors="replace",
            )  # fmt: skip
        except OSError as error:
            raise ActivityError(
                f"The command of the job {job_id} can't be started: {error}.", "3204"
            ) from None
        last: deque[str] = deque(maxlen=_KEPT_LINES)
        reader = threading.Thread(target=_read, args=(process, last, on_line))
        reader.start()
        ended = _wait(process, timeout, cancel)
        reader.join()
        state = (
            "SUCCESS"
            if ended == 0
            else "CANCELED"
            if cancel.is_set()
            else "TIMEDOUT"
            if ended is None
            else "FAILED"
        )
        message = "" if state == "SUCCESS" else "\n".join(last)
        return JobResult(str(process.pid), f"process:{process.pid}", state, message)


def _read(process: subprocess.Popen, last: deque[str], on_line: Callable[[str], None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        last.append(line.rstrip())
        on_line(line.rstrip())


def _wait(process: subprocess.Popen, timeout: float | None, cancel: threading.Event) -> int | None:
    """The exit status, None when it had to be ended."""
    deadline = None if timeout is None else time.monotonic() + timeout
    while process.poll() is None:
        if cancel.wait(_LOOK_SECONDS) or (deadline is not None and time.monotonic() > deadline):
            process.terminate()
            try:
                process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            return None
    return process.returncode
