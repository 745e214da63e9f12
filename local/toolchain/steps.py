"""What set-up prints: the name of each step, what it is doing, and how long it took.

Plain lines, each written at once, so that they read the same on a terminal and in the log of a runner.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

Report = Callable[[str], None]


@dataclass
class Step:
    """One named piece of work; `result` is what its closing line says was the outcome."""

    name: str
    report: Report
    result: str = "done"
    seconds: float = 0.0


class Steps:
    """Writes `setup: <step>: <message>` lines.

    Args:
        prefix: the word that every line starts with.
        out: where to; standard output unless given.
    """

    def __init__(self, prefix: str = "setup", out: TextIO | None = None):
        self._prefix = prefix
        self._out = out

    def say(self, message: str) -> None:
        print(f"{self._prefix}: {message}", file=self._out or sys.stdout, flush=True)

    @contextmanager
    def step(self, name: str, announce: bool = True) -> Iterator[Step]:
        """Times one step; the closing line carries `step.result`. A step that raises gets no closing line."""
        step = Step(name, lambda message: self.say(f"{name}: {message}"))
        if announce:
            self.say(f"{name} ...")
        started = time.monotonic()
        yield step
        step.seconds = time.monotonic() - started
        self.say(f"{name}: {step.result} ({in_words(step.seconds)})")


def in_words(seconds: float) -> str:
    """`0.3 s`, `41 s`, `4 min 30 s`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
