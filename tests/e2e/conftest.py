"""The whole path for the session: a stack made by the real engine, seeded with real trips and loaded once.

Tests change the source, run declared pipelines and compare what is served with the source, row by row.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from contracts import load_all
from local import engine, source
from local.adf import PipelineRun
from local.databricks.server import SparkServer
from local.factory import open_runtime, recording, report
from local.source.generator import MONTH, ZONES
from local.stack import LocalStack
from local.state import State
from local.verify import Verdict, verify_all

# A row is read once it is older than the ledger's margin.
MARGIN_SECONDS = 2.5
TRIPS = 3_000


@dataclass(frozen=True)
class WholePath:
    """The stack under test, and what tests do with it."""

    stack: LocalStack
    without_java: subprocess.CompletedProcess

    def run(self, pipeline: str = "ingest", **parameters) -> tuple[PipelineRun, dict[str, dict]]:
        """Run a pipeline; the run and the ledger's record of each table."""
        time.sleep(MARGIN_SECONDS)
        with recording(self.stack) as recorded:
            run = open_runtime(self.stack, recorded=recorded).run(pipeline, parameters)
        return run, {row["table_name"]: row for row in report(self.stack, run.run_id)}

    def ingest(self) -> dict[str, dict]:
        """Run `ingest`, which must succeed; the record of each table."""
        run, tables = self.run()
        assert run.status == "Succeeded", run.error
        return tables

    def verdicts(self) -> dict[str, Verdict]:
        quarantine = self.stack.container("quarantine")
        found = verify_all(load_all(), self.stack.source, self.stack.serving, quarantine=quarantine)
        return {v.table: v for v in found}

    def assert_equal(self) -> None:
        """Every table's served rows are the source's: as multisets, every column, both ways."""
        different = {name: v for name, v in self.verdicts().items() if not v.equal}
        assert different == {}

    def cli(self, *arguments: str) -> subprocess.CompletedProcess:
        """The command line, as a process of its own."""
        return subprocess.run(
            [*highwater(), *arguments], capture_output=True, text=True, env=environment(self.stack.state)
        )


def highwater() -> list[str]:
    return [str(Path(sys.executable).with_name("highwater"))]


def environment(state: State) -> dict[str, str]:
    return {**os.environ, "HIGHWATER_STATE": str(state.root)}


WITHOUT_JAVA = """
import shutil, sys
from pathlib import Path
from local.toolchain import java
java.SYSTEM_JVMS = Path(sys.argv[1])
found = shutil.which
shutil.which = lambda name, *rest, **given: None if name == "java" else found(name, *rest, **given)
sys.argv = ["highwater", "run", "ingest"]
from local.cli import main
main()
"""


def run_without_java(state: State, empty: Path) -> subprocess.CompletedProcess:
    """`highwater run ingest` on a machine whose folders for Java are empty."""
    hidden = {**environment(state), "PATH": "/usr/bin:/bin", "HIGHWATER_CACHE": str(empty)}
    hidden.pop("JAVA_HOME", None)
    command = [sys.executable, "-c", WITHOUT_JAVA, str(empty)]
    return subprocess.run(command, capture_output=True, text=True, env=hidden)


@pytest.fixture(scope="session")
def path(laptop: State, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholePath]:
    state = laptop
    assert not SparkServer(state).is_running, "a server that runs needs no Java: run these tests first"
    engine.up(state)
    stack = LocalStack.open(state)
    source.seed(stack.source, MONTH, ZONES, drivers=40, limit=TRIPS)
    # The first run of all finds no Java; the second finishes it.
    made = WholePath(stack, run_without_java(state, tmp_path_factory.mktemp("empty")))
    made.ingest()
    yield made
    engine.destroy(state)
