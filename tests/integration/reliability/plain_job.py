"""A job without Spark, for faults of the pipelines' own steps: it merges by key into one file a table.

It keeps the promises of the wheel's job that the pipelines rely on: what the plan names and nothing else, each window's
rows against the ledger's count, an idempotent merge, the receipt last and atomically.
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as parquet

from local.adf import JobResult


@dataclass
class PlainJob:
    """What it holds of a table lies in <lake>/plain/<table>.json: key to row, with the window and attempt it came by.

    Attributes:
        without_receipt: tables that are merged and whose receipt is then lost, with the rest of the job.
    """

    lake: Path
    without_receipt: tuple[str, ...] = ()

    def run(self, job_id, parameters, on_line, *, timeout, cancel) -> JobResult:
        plan = parquet.read_table(self.lake / "landing" / parameters["plan_path"]).to_pylist()
        for table in sorted({row["table_name"] for row in plan}):
            mine = [row for row in plan if row["table_name"] == table]
            with _alone(self.lake / "plain" / f"{table}.lock"):  # as Delta lets one of two writers win
                self._merge(table, mine)
            if table in self.without_receipt:
                return JobResult("1", "", "FAILED", "the cluster is gone")
            self._receipt(parameters["run_id"], table, mine)
        return JobResult("1", "", "SUCCESS", "")

    def held(self, table: str) -> dict[str, dict]:
        file = self.lake / "plain" / f"{table}.json"
        return json.loads(file.read_text()) if file.exists() else {}

    def _merge(self, table: str, windows: list[dict]) -> None:
        contract = json.loads(windows[0]["contract"])
        key, cursor, held = contract["primary_key"][0], contract["cursor"], self.held(table)
        for window in windows:
            rows = parquet.read_table(self.lake / "landing" / window["path"] / f"{table}.parquet").to_pylist()
            assert len(rows) == window["rows"], f"window {window['window_id']} is not as it landed"
            for row in rows:
                row = {name: str(value) for name, value in row.items()}
                row |= {"_window": window["window_id"]}
                old = held.get(row[key])
                if old is None or (row[cursor], row["_window"]) > (old[cursor], old["_window"]):
                    held[row[key]] = row
        _replace(self.lake / "plain" / f"{table}.json", json.dumps(held))

    def _receipt(self, run: str, table: str, windows: list[dict]) -> None:
        receipt = {
            "run_id": run, "batch_id": windows[0]["batch_id"], "table_name": table, "status": "merged",
            "windows": [{"window_id": w["window_id"], "attempt": w["attempt"]} for w in windows],
            "landed": sum(w["rows"] for w in windows), "versions": {"silver": 1, "gold": 1}, "seconds": 0.1,
        }  # fmt: skip
        _replace(self.lake / "landing" / "_receipts" / run / table / "part-0.json", json.dumps(receipt))


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _replace(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    whole = file.with_suffix(".tmp")
    whole.write_text(text + "\n")
    whole.replace(file)
