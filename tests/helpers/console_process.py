"""The console of a stack as a process of its own, and the browser that looks at it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import Browser, sync_playwright

from local.stack import LocalStack
from local.state import State
from local.toolchain import browser as toolchain

HIGHWATER = Path(sys.executable).with_name("highwater")
VARIANT = Path(__file__).with_name("console_variant.py")
# Background requests of the browser itself would blur which are the page's.
CHROMIUM = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync")  # fmt: skip
# Of the stack with a failed run: trips that break a rule. Of the large stack: its trips and runs.
BAD_TRIPS = 3
TRIPS, RUNS = int(os.environ.get("HIGHWATER_CONSOLE_TRIPS", "2000000")), 10_000


@dataclass(frozen=True)
class Console:
    """A console that runs: `address` lets in, `at` is where its pages are."""

    stack: LocalStack
    process: subprocess.Popen
    address: str

    @property
    def at(self) -> str:
        return self.address.split("/?")[0]

    @property
    def port(self) -> int:
        return int(self.at.rpartition(":")[2])


def environment(state: State) -> dict[str, str]:
    # The web framework takes a process that pytest started for its own test harness.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return {**inherited, "HIGHWATER_STATE": str(state.root)}


@contextmanager
def serve(stack: LocalStack, variant: tuple[str, Path] | None = None) -> Iterator[Console]:
    """The console of a stack; `variant`: with other files than the project's, see `console_variant`."""
    command = [HIGHWATER, "console", "--port", "0", "--no-browser"]
    if variant:
        command = [sys.executable, VARIANT, *variant]
    process = subprocess.Popen(command, env=environment(stack.state), stdout=subprocess.PIPE, text=True)
    try:
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, "the console printed no address"
        yield Console(stack, process, found[0])
    finally:
        psutil.Process(process.pid).terminate()
        process.wait(20)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's Chromium, without a window."""
    with sync_playwright() as playwright:
        path = toolchain.chromium(print)
        started = playwright.chromium.launch(executable_path=str(path), args=list(CHROMIUM))
        yield started
        started.close()
