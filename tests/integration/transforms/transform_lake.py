"""A lake for tests: lands rows as the copy engine does (DuckDB writes the Parquet), runs the job, reads tables."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
from highwater_transforms import job, release
from highwater_transforms.lake import Lake
from highwater_transforms.receipts import Receipt
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from contracts import Contract

DUCK = {"int": "integer", "string": "varchar"}
LOW = {"timestamp": "0001-01-01 00:00:00.000000", "integer": "-9223372036854775808", None: "000000000000-"}
HIGH = {"timestamp": "9000-01-01 00:00:00.000000", "integer": "9223372036854775807", None: "000000000001-"}


@dataclass(frozen=True)
class Landed:
    """One planned window, as the ledger would plan it."""

    contract: Contract
    window_id: int
    path: str
    rows: int
    files: int = 1
    attempt: int = 1
    kind: str = "live"
    low: str | None = None
    high: str | None = None


@dataclass
class TestLake:
    """`land` rows in windows, then `run` the job over them."""

    __test__ = False

    spark: SparkSession
    root: Path
    windows: int = 0
    runs: int = 0
    receipts: dict[str, Receipt] = field(default_factory=dict)
    allow_share: float = 0.1
    allow_rows: int = 10

    def land(self, contract: Contract, rows: list[dict], kind: str = "live", low=None, high=None) -> Landed:
        """Write the rows as the next window of the table. A column that a row leaves out is null."""
        self.windows += 1
        path = f"{contract.table}/{self.windows}/1"
        self.write(contract, rows, path)
        cursor = contract.cursor.kind if contract.cursor else None
        return Landed(
            contract,
            self.windows,
            path,
            len(rows),
            kind=kind,
            low=low or LOW[cursor],
            high=high or HIGH[cursor],
        )

    def write(self, contract: Contract, rows: list[dict], path: str) -> None:
        folder = self.root / "landing" / path
        folder.mkdir(parents=True)
        with duckdb.connect() as db:
            names = (*contract.column_names, "_poison")
            types = [*(DUCK.get(c.parsed.spark, c.parsed.spark) for c in contract.columns), "varchar"]
            columns = ", ".join(f'"{n}" {t}' for n, t in zip(names, types, strict=True))
            db.execute(f"create table landed ({columns})")
            if rows:
                marks = ", ".join("?" for _ in types)
                db.executemany(
                    f"insert into landed values ({marks})", [[r.get(n) for n in names] for r in rows]
                )
            db.execute(f"copy landed to '{folder}/{contract.table}.parquet' (format parquet)")

    def plan(self, *landed: Landed) -> str:
        """Write the plan of the next run; its id."""
        self.runs += 1
        run_id = f"run-{self.runs}"
        folder = self.root / "landing" / "_plans" / run_id
        folder.mkdir(parents=True)
        with duckdb.connect() as db:
            db.execute(
                "create table plan (run_id text, batch_id bigint, table_name text, contract_version text,"
                " contract text, window_id bigint, attempt int, kind text, low text, high text, path text,"
                " files int, rows bigint, allow_share double, allow_rows bigint)"
            )
            for w in landed:
                c = w.contract
                db.execute(
                    f"insert into plan values ({', '.join('?' * 15)})",
                    [run_id, self.runs, c.table, c.version, c.plan_json(), w.window_id, w.attempt, w.kind,
                     w.low, w.high, w.path, w.files, w.rows, self.allow_share, self.allow_rows],
                )  # fmt: skip
            db.execute(f"copy plan to '{folder}/plan.parquet' (format parquet)")
        return run_id

    @property
    def endpoint(self) -> str:
        return f"file://{self.root}/"

    def run(self, *landed: Landed) -> Receipt:
        """Merge the windows in one run. The receipt of the (last) table; all are in `receipts`."""
        run_id = self.plan(*landed)
        done = job.run(self.spark, Lake(self.endpoint), run_id, f"_plans/{run_id}/plan.parquet")
        self.receipts = {r.table_name: r for r in done}
        return done[-1]

    def release(self, *landed: Landed, rules: str = "", keys: tuple[str, ...] = ()) -> Receipt:
        """Judge held rows of these windows, which are merged, again; the receipt of the (last) table."""
        run_id = self.plan(*landed)
        folder = self.root / "landing" / "_plans" / run_id
        with duckdb.connect() as db:
            asked = f"select *, '{rules}' as rules, '{json.dumps(keys)}' as keys"
            db.execute(
                f"copy ({asked} from '{folder}/plan.parquet') to '{folder}/asked.parquet' (format parquet)"
            )
        lake, path = Lake(self.endpoint), f"_plans/{run_id}/asked.parquet"
        meant = release.asked(self.spark, lake, path)
        return job.run(self.spark, lake, run_id, path, process=release.process(meant))[-1]

    def again(self, landed: Landed) -> Landed:
        """The same landed window, taken over: a later attempt, whose path stays where it landed."""
        return replace(landed, attempt=landed.attempt + 1)

    def frame(self, container: str, name: str):
        return self.spark.read.format("delta").load(f"file://{self.root}/{container}/{name}")

    def rows(self, container: str, name: str, *columns: str) -> list[tuple]:
        """The table's rows in these columns, sorted, timestamps as text of UTC."""
        return literal(self.frame(container, name), *columns)

    def version(self, container: str, name: str) -> int:
        history = self.spark.sql(f"DESCRIBE HISTORY delta.`file://{self.root}/{container}/{name}` LIMIT 1")
        return history.collect()[0]["version"]


def literal(frame, *columns: str) -> list[tuple]:
    """A frame as sorted tuples, nulls first; timestamps as text, so that no zone of this process plays a part."""
    types = dict(frame.dtypes)
    chosen = [F.col(c).cast("string") if types[c] == "timestamp" else F.col(c) for c in columns]
    found = [tuple(row) for row in frame.select(*chosen).collect()]
    return sorted(found, key=lambda row: [(v is not None, v) for v in row])
