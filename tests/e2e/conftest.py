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
from local.factory import open_runtime, report
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

    def run(self, pipeline: str = "ingest", **parameters) -> tuple[PipelineRun, dict[str, dict]]:
        """Run a pipeline; the run and the ledger's record of each table."""
        time.sleep(MARGIN_SECONDS)
        run = open_runtime(self.stack).run(pipeline, parameters)
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


@pytest.fixture(scope="session")
def path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholePath]:
    state = State(tmp_path_factory.mktemp("hw") / "s")
    engine.up(state)
    stack = LocalStack.open(state)
    source.seed(stack.source, MONTH, ZONES, drivers=40, limit=TRIPS)
    made = WholePath(stack)
    made.ingest()
    yield made
    engine.destroy(state)
