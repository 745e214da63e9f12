"""The console of a real stack in a real browser.

The stack has a run that failed, since the source lacked a table, and one that then succeeded.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from local import engine, source
from local.source.generator import MONTH, ZONES
from local.stack import LocalStack
from local.state import State
from local.toolchain import browser as toolchain

HIGHWATER = Path(sys.executable).with_name("highwater")
# Background requests of the browser itself would blur which are the page's.
CHROMIUM = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync")  # fmt: skip


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


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    state = State(Path(tmp_path_factory.mktemp("console")) / "s")
    engine.up(state)
    yield LocalStack.open(state)
    engine.destroy(state)


def serve(stack: LocalStack) -> Iterator[Console]:
    command = [HIGHWATER, "console", "--port", "0", "--no-browser"]
    process = subprocess.Popen(command, env=environment(stack.state), stdout=subprocess.PIPE, text=True)
    try:
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found, "the console printed no address"
        yield Console(stack, process, found[0])
    finally:
        psutil.Process(process.pid).terminate()
        process.wait(20)


@pytest.fixture(scope="session")
def empty(stack: LocalStack) -> Iterator[Console]:
    """The console before anything was run."""
    yield from serve(stack)


@pytest.fixture(scope="session")
def console(empty: Console) -> Console:
    """The same console, once there is a run that failed, and one that finished what it had left."""
    stack = empty.stack
    source.seed(stack.source, MONTH, ZONES, drivers=10, limit=200)
    for status, renamed in ((1, ("trip", "hidden")), (0, ("hidden", "trip"))):
        with psycopg.connect(stack.source) as connection:
            connection.execute(f"alter table mobility.{renamed[0]} rename to {renamed[1]}")
        command = [HIGHWATER, "run", "ingest", "--json"]
        done = subprocess.run(command, env=environment(stack.state), capture_output=True, text=True)
        assert done.returncode == status, done.stdout + done.stderr
    return empty


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = toolchain.chromium(print)
        started = playwright.chromium.launch(executable_path=str(path), args=list(CHROMIUM))
        yield started
        started.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page of a console in a browser of its own that was let in. Fails on errors in the page's own log."""
    contexts, errors, elsewhere = [], [], []

    def go(console: Console, path: str = "/", **context) -> Page:
        made = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **context})
        contexts.append(made)
        page = made.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        own = (console.at, console.at.replace("http", "ws", 1), "data:", "blob:")
        page.on("request", lambda r: None if r.url.startswith(own) else elsewhere.append(r.url))
        page.on("websocket", lambda s: None if s.url.startswith(own) else elsewhere.append(s.url))
        page.goto(console.address)
        page.goto(console.at + path)
        page.wait_for_selector("[role=heading][aria-level='1'], [role=alert]")
        return page

    yield go
    for context in contexts:
        context.close()
    assert errors == []
    assert elsewhere == []


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core."""
    return toolchain.axe(print).read_text()
