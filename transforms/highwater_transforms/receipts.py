"""What the job did with one table, as one line of JSON that Data Factory reads and the ledger settles."""

import re
from dataclasses import asdict, dataclass, field

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from highwater_transforms import faults
from highwater_transforms.errors import BrokenRule, ReadAgain
from highwater_transforms.lake import Lake
from highwater_transforms.plan import TablePlan

SCHEMA = (
    "run_id string, batch_id bigint, table_name string, status string, "
    "windows array<struct<window_id: bigint, attempt: int>>, landed bigint, duplicates bigint, superseded bigint, "
    "quarantined bigint, inserted bigint, updated bigint, unchanged bigint, deleted bigint, seconds double, "
    "versions map<string, bigint>, rules map<string, bigint>, steps map<string, double>, error string, "
    "unread array<bigint>"
)


@dataclass(frozen=True)
class Receipt:
    """The record of one table. landed = quarantined + duplicates + superseded + inserted + updated + unchanged.

    `superseded` counts older versions, of the batch or than the table's where the two are told apart; `unchanged`
    those that the table had already or had a newer one of. `deleted` counts rows of the table marked as removed.
    `rules` is rule to rows that broke it, warnings too; `steps` is step to seconds. `unread` are the windows that
    have to land anew: the lake does not hold them as they landed, or what landed is in doubt.
    """

    run_id: str
    batch_id: int
    table_name: str
    status: str
    windows: list[dict[str, int]]
    landed: int = 0
    duplicates: int = 0
    superseded: int = 0
    quarantined: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    seconds: float = 0.0
    versions: dict[str, int] = field(default_factory=dict)
    rules: dict[str, int] = field(default_factory=dict)
    steps: dict[str, float] = field(default_factory=dict)
    error: str | None = None
    unread: list[int] = field(default_factory=list)


def windows(plan: TablePlan) -> list[dict[str, int]]:
    """The windows of a receipt: exactly the attempts that the plan named."""
    return [{"window_id": w.window_id, "attempt": w.attempt} for w in plan.windows]


def failed(plan: TablePlan, error: BaseException, seconds: float) -> Receipt:
    """The receipt of a table that was not merged. The error keeps 2,000 characters: it travels in SQL."""
    text = str(error).split("\n\nJVM stacktrace")[0].strip() or type(error).__name__
    cause = _first_cause(error, text)
    return Receipt(
        plan.run_id, plan.batch_id, plan.table, "failed", windows(plan), seconds=seconds,
        error=text[: 2000 - len(cause)] + cause,
        rules=error.rules if isinstance(error, BrokenRule) else {}, unread=_unread(plan, error, text),
    )  # fmt: skip


def _first_cause(error: BaseException, text: str) -> str:
    """What lies at the bottom of an error of Spark: "task failed while writing rows" may be a disk that is full."""
    # Spark Connect's errors have the method, classic Spark's the attribute.
    told = getattr(error, "getStackTrace", lambda: getattr(error, "_stackTrace", None))()
    causes = re.findall(r"^Caused by: (.+)$", told or "", re.MULTILINE)
    return f" Caused by: {causes[-1][:500]}" if causes and causes[-1] not in text else ""


def _unread(plan: TablePlan, error: BaseException, text: str) -> list[int]:
    """The windows to land anew. Of a file, or a folder, that is gone or is no whole Parquet, Spark tells the name."""
    if isinstance(error, ReadAgain):
        return list(error.windows)
    if not isinstance(error, PySparkException):
        return []
    return [w.window_id for w in plan.windows if re.search(rf"/{re.escape(w.path)}(?!\d)", text)]


def write(spark: SparkSession, lake: Lake, receipt: Receipt) -> None:
    """Write landing/_receipts/<run>/<table>/*.json: one file, which takes its name when it is whole."""
    faults.point(f"receipt {receipt.table_name}:before")
    row = asdict(receipt)
    frame = spark.createDataFrame([tuple(row[name] for name in row)], SCHEMA)
    target = lake.uri("landing", f"_receipts/{receipt.run_id}/{receipt.table_name}")
    frame.coalesce(1).write.mode("overwrite").option("ignoreNullFields", "false").json(target)
    faults.point(f"receipt {receipt.table_name}:after")
