"""The console of a real stack in a real browser.

The stack has a run that failed, since the source lacked a table, and one that then succeeded; some of its trips end
before they begin. A second stack is as large as one gets, see `filled_stack`.
"""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import console_process
import psycopg
import pytest
from console_process import BAD_TRIPS, HIGHWATER, RUNS, TRIPS, Console, environment, serve
from filled_stack import fill
from playwright.sync_api import Browser, Page

from local import engine, source
from local.source.generator import MONTH, ZONES
from local.stack import LocalStack
from local.state import State
from local.toolchain import browser as toolchain


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    state = State(Path(tmp_path_factory.mktemp("console")) / "s")
    engine.up(state)
    yield LocalStack.open(state)
    engine.destroy(state)


@pytest.fixture(scope="session")
def empty(stack: LocalStack) -> Iterator[Console]:
    """The console before anything was run."""
    with serve(stack) as running:
        yield running


@pytest.fixture(scope="session")
def console(empty: Console) -> Console:
    """The same console, once there is a run that failed, and one that finished what it had left."""
    stack = empty.stack
    source.seed(stack.source, MONTH, ZONES, drivers=10, limit=200)
    source.insert_bad_trips(stack.source, BAD_TRIPS)
    for status, renamed in ((1, ("trip", "hidden")), (0, ("hidden", "trip"))):
        with psycopg.connect(stack.source) as connection:
            connection.execute(f"alter table mobility.{renamed[0]} rename to {renamed[1]}")
        command = [HIGHWATER, "run", "ingest", "--json"]
        done = subprocess.run(command, env=environment(stack.state), capture_output=True, text=True)
        assert done.returncode == status, done.stdout + done.stderr
    return empty


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The console of a stack with millions of trips and years of runs."""
    state = State(Path(tmp_path_factory.mktemp("large")) / "s")
    engine.up(state)
    stack = LocalStack.open(state)
    fill(stack, trips=TRIPS, runs=RUNS)
    with serve(stack) as running:
        yield running
    engine.destroy(state)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with console_process.chromium() as started:
        yield started


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page of a console in a browser of its own that was let in. Fails on errors in the page's own log.

    Nothing slides unless a test asks for it: a press that begins on a moving button may end beside it.
    """
    contexts, errors, elsewhere = [], [], []

    def go(console: Console, path: str = "/", **context) -> Page:
        made = chromium.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **context}
        )
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
