"""Runs the commands that installing takes: output in a log, a sign of life while it runs, clear failure."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from local.errors import HighwaterError
from local.toolchain.steps import Report, in_words

SIGN_OF_LIFE_SECONDS = 10.0
TAIL_LINES = 12


class CommandFailed(Exception):
    """A command that ended badly.

    Attributes:
        reason: `exit status 1`, `not finished after 300 s`, or why it could not be started.
        output: everything that it printed.
    """

    def __init__(self, reason: str, output: str):
        self.reason, self.output = reason, output
        super().__init__(reason)

    def tail(self, lines: int = TAIL_LINES) -> str:
        return "\n".join([line for line in self.output.splitlines() if line.strip()][-lines:])

    def as_error(self, what: str, next_step: str) -> HighwaterError:
        return HighwaterError(what, f"{self.reason}\n{self.tail()}".rstrip(), next_step)


def run(
    command: Sequence[str | Path],
    report: Report,
    doing: str,
    *,
    log: Path,
    timeout: float = 1800,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    detail: Callable[[], str] | None = None,
) -> str:
    """Runs a command to its end and returns what it printed (both streams).

    Every ten seconds `report` hears `doing` with the time so far and how far it is: what `detail()` says,
    else the last line that the command printed.

    Raises:
        CommandFailed: it could not start, its status is not 0, or it took more than `timeout` seconds.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        try:
            child = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=None if env is None else dict(env),
                cwd=cwd,
                start_new_session=True,
            )
        except OSError as error:
            raise CommandFailed(str(error), "") from error
        status = _wait(child, report, doing, timeout, detail or (lambda: _last_line(log)))
    output = log.read_text(errors="replace")
    if status is None:
        raise CommandFailed(f"not finished after {in_words(timeout)}", output)
    if status != 0:
        raise CommandFailed(f"exit status {status}", output)
    return output


def _wait(
    child: subprocess.Popen, report: Report, doing: str, timeout: float, detail: Callable[[], str]
) -> int | None:
    """The child's exit status, or None when it had to be killed. Leaves no process, whatever happens."""
    started = time.monotonic()
    try:
        while True:
            elapsed = time.monotonic() - started
            if elapsed >= timeout:
                return None
            try:
                return child.wait(min(SIGN_OF_LIFE_SECONDS, timeout - elapsed))
            except subprocess.TimeoutExpired:
                more = detail()
                report(f"{doing}, {in_words(time.monotonic() - started)} so far{more and ': ' + more}")
    finally:
        _end(child)


def _last_line(log: Path, width: int = 70) -> str:
    """The last line with anything in it, cut to `width` characters."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 2000))
        lines = [line.strip() for line in file.read().decode(errors="replace").splitlines()]
    return next((line[:width] for line in reversed(lines) if line), "")


def _end(child: subprocess.Popen) -> None:
    """Asks first: a package manager that is killed outright leaves its database half written."""
    for number, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, None)):
        if child.poll() is not None:
            return
        os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(patience)


def ask(
    command: Sequence[str | Path], timeout: float = 20, env: Mapping[str, str] | None = None
) -> str | None:
    """What a short question to a tool (`java -version`) prints; None when it fails or does not answer."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=timeout,
            env=None if env is None else dict(env),
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0:
        return None
    return (done.stdout + done.stderr).decode(errors="replace")
