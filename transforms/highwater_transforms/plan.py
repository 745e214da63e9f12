"""The plan of a run: which landed windows to merge into which table, with the table's contract."""

from dataclasses import dataclass
from itertools import groupby

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from highwater_transforms import contract
from highwater_transforms.contract import Contract
from highwater_transforms.errors import TransformError
from highwater_transforms.lake import Lake

COLUMNS = {
    "run_id": "string", "batch_id": "bigint", "table_name": "string", "contract_version": "string",
    "contract": "string", "window_id": "bigint", "attempt": "int", "kind": "string", "low": "string",
    "high": "string", "path": "string", "files": "int", "rows": "bigint", "allow_share": "double",
    "allow_rows": "bigint",
}  # fmt: skip
KINDS = ("live", "backfill", "reload", "quarantine", "reconcile")


@dataclass(frozen=True)
class Window:
    """One landed attempt of a window.

    `low` and `high` are texts in the source's own values, [low, high), None where unbounded; `path` is its folder
    in the landing container; `files` and `rows` are what the ledger recorded when it landed.
    """

    window_id: int
    attempt: int
    kind: str
    low: str | None
    high: str | None
    path: str
    files: int
    rows: int


@dataclass(frozen=True)
class TablePlan:
    """The windows of one table in one run, ordered by window. `contract_json` is parsed by the table's own task,
    so that a contract that is not readable stops its table alone. Of the table's rows the share `allow_share` may be
    gone at the source, and `allow_rows` whatever their share."""

    run_id: str
    batch_id: int
    table: str
    contract_json: str
    windows: tuple[Window, ...]
    allow_share: float
    allow_rows: int

    def contract(self) -> Contract:
        """The parsed contract. Raises TransformError when it is not readable or is another table's."""
        parsed = contract.parse(self.contract_json)
        if parsed.table != self.table:
            raise TransformError(f"The plan gives {self.table} the contract of {parsed.table}")
        return parsed

    @property
    def window_ids(self) -> tuple[int, ...]:
        return tuple(w.window_id for w in self.windows)

    @property
    def newest(self) -> int:
        return max(self.window_ids)

    @property
    def reload(self) -> bool:
        return any(w.kind == "reload" for w in self.windows)


def tables(rows: list[dict], run_id: str) -> list[TablePlan]:
    """The plan's rows (keys of COLUMNS) by table.

    Raises:
        TransformError: a row of another run, an unknown kind, a window twice, or two contracts for one table.
    """
    plans = []
    for table, group in groupby(
        sorted(rows, key=lambda r: (r["table_name"], r["window_id"])), lambda r: r["table_name"]
    ):
        mine = list(group)
        for row in mine:
            if row["run_id"] != run_id:
                raise TransformError(f"The plan is of run {row['run_id']}", f"this job runs {run_id}")
            if row["kind"] not in KINDS:
                raise TransformError(
                    f"Window {row['window_id']} has kind {row['kind']!r}", f"one of {KINDS} is expected"
                )
        ids = [row["window_id"] for row in mine]
        if len(set(ids)) != len(ids):
            raise TransformError(f"The plan names a window of {table} twice", f"windows {ids}")
        if len({row["contract"] for row in mine}) != 1 or len({row["batch_id"] for row in mine}) != 1:
            raise TransformError(
                f"The plan has two contracts or batches for {table}", "a run merges under one of each"
            )
        windows = tuple(Window(**{f: row[f] for f in Window.__dataclass_fields__}) for row in mine)
        allowed = (min(row[name] for row in mine) for name in ("allow_share", "allow_rows"))
        plans.append(TablePlan(run_id, mine[0]["batch_id"], table, mine[0]["contract"], windows, *allowed))
    return plans


def read(spark: SparkSession, lake: Lake, run_id: str, plan_path: str) -> list[TablePlan]:
    """The plan of run `run_id` from `plan_path` in the landing container.

    Raises:
        TransformError: a column is missing, or what `tables` refuses.
    """
    frame = spark.read.parquet(lake.uri("landing", plan_path))
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise TransformError(
            f"The plan {plan_path} lacks {', '.join(missing)}", f"it has {', '.join(frame.columns)}"
        )
    typed = frame.select([F.col(name).cast(kind).alias(name) for name, kind in COLUMNS.items()])
    return tables([row.asDict() for row in typed.collect()], run_id)
