"""A job without Spark, for faults of the pipelines' own steps: what it holds of a table is one file.

It keeps the promises of the wheel's job that the pipelines rely on: what the plan names and nothing else, each window's
rows against the ledger's count, work that may be done again, the receipt last and atomically. Its other kinds of work
are in `plain_work`.
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import plain_work
import pyarrow.parquet as parquet

from local.adf import JobResult

WORK = {
    "merge": plain_work.merge,
    "reconcile": plain_work.reconcile,
    "release": plain_work.release,
    "maintain": plain_work.maintain,
}


@dataclass
class PlainJob:
    """What it holds of a table lies in <lake>/plain/<table>.json: key to row, with the window that it came by.

    Attributes:
        without_receipt: tables whose work is done and whose receipt is then lost, with the rest of the job.
        strict: rows whose body begins with `bad` break a rule, and wait in <table>.waiting.json.
    """

    lake: Path
    without_receipt: tuple[str, ...] = ()
    strict: bool = False

    def run(self, job_id, parameters, on_line, *, timeout, cancel) -> JobResult:
        plan = parquet.read_table(self.lake / "landing" / parameters["plan_path"]).to_pylist()
        work, run = WORK[parameters.get("work", "merge")], parameters["run_id"]
        for table in sorted({row["table_name"] for row in plan}):
            mine = [row for row in plan if row["table_name"] == table]
            with _alone(self.lake / "plain" / f"{table}.lock"):  # as Delta lets one of two writers win
                told = work(self, table, mine)
            if table in self.without_receipt:
                return JobResult("1", "", "FAILED", "the cluster is gone")
            receipt = {"run_id": run, "table_name": table} | told
            write(self.lake / "landing" / "_receipts" / run / table / "part-0.json", receipt)
        return JobResult("1", "", "SUCCESS", "")

    def held(self, table: str) -> dict[str, dict]:
        return self._read(f"{table}.json")

    def waiting(self, table: str) -> dict[str, dict]:
        """The rows in quarantine, by key."""
        return self._read(f"{table}.waiting.json")

    def hold(self, table: str, rows: dict[str, dict]) -> None:
        write(self.lake / "plain" / f"{table}.json", rows)

    def keep_waiting(self, table: str, rows: dict[str, dict]) -> None:
        write(self.lake / "plain" / f"{table}.waiting.json", rows)

    def landed(self, window: dict) -> list[dict]:
        """The landed rows of a window: what the ledger counted, or the job fails."""
        table, rows = window["table_name"], []
        if window["files"]:
            rows = parquet.read_table(self.lake / "landing" / window["path"] / f"{table}.parquet").to_pylist()
        assert len(rows) == window["rows"], f"window {window['window_id']} is not as it landed"
        return rows

    def _read(self, name: str) -> dict[str, dict]:
        file = self.lake / "plain" / name
        return json.loads(file.read_text()) if file.exists() else {}


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def write(file: Path, content: dict) -> None:
    """The file is whole, or as it was."""
    file.parent.mkdir(parents=True, exist_ok=True)
    whole = file.with_suffix(".tmp")
    whole.write_text(json.dumps(content) + "\n")
    whole.replace(file)
