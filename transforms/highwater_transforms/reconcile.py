"""Comparing keys with the source: `--work=reconcile` of the job. What is gone is marked as removed, never erased.

It is a run of the job that merges, in one queue with it, so no merge is at work meanwhile.
"""

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from highwater_transforms import delta, faults, gold, gold_late, gold_table, plan, publish, receipts, session
from highwater_transforms import reconcile_keys as rk
from highwater_transforms.delta import DeltaTable, update
from highwater_transforms.errors import TransformError
from highwater_transforms.gone import refuse_many
from highwater_transforms.lake import Lake
from highwater_transforms.plan import TablePlan
from highwater_transforms.reconcile_keys import Snapshot
from highwater_transforms.system import ATTEMPT, BATCH, REMOVED, WINDOW
from highwater_transforms.tables import Clock, Tables

AT_ONCE = 2
SCHEMA = (
    "run_id string, batch_id bigint, table_name string, status string, "
    "windows array<struct<window_id: bigint, attempt: int>>, landed bigint, compared bigint, gone bigint, "
    "deleted bigint, revived bigint, missed bigint, missed_low string, missed_high string, seconds double, "
    "versions map<string, bigint>, steps map<string, double>, error string"
)


@dataclass(frozen=True)
class Receipt:
    """The record of one table. `landed` keys were read, `compared` rows looked for, `gone` of them not found and
    `deleted` marked: all of them or, when they are too many, none. `revived` marked rows are there after all;
    `missed` keys below the watermark were read by no window, their cursors being from `missed_low` to `missed_high`.
    """

    run_id: str
    batch_id: int
    table_name: str
    status: str
    windows: list[dict[str, int]]
    landed: int = 0
    compared: int = 0
    gone: int = 0
    deleted: int = 0
    revived: int = 0
    missed: int = 0
    missed_low: str | None = None
    missed_high: str | None = None
    seconds: float = 0.0
    versions: dict[str, int] = field(default_factory=dict)
    steps: dict[str, float] = field(default_factory=dict)
    error: str | None = None


def _mark(tables: Tables, rows: DataFrame, removed: bool, batch_id: int) -> int:
    """Put the mark on these rows of silver, unless one was changed meanwhile. How many were."""
    contract = tables.contract
    given = rows.select(*contract.primary_key, WINDOW, ATTEMPT)
    # A history's current version is the one with this window: no two versions of a key share it and are current.
    current = " and t.is_current" if contract.scd2 else ""
    unchanged = (
        f"s.{WINDOW} = t.{WINDOW} and s.{ATTEMPT} = t.{ATTEMPT} and t.{REMOVED} = {not removed}{current}"
    )
    done = tables.silver.merge(
        given,
        f"{delta.equal(contract.primary_key)} and {unchanged}",
        f"WHEN MATCHED THEN UPDATE SET t.{REMOVED} = {removed}, t.{BATCH} = {batch_id}",
    )
    return done.updated


def _into_gold(tables: Tables, snapshot: Snapshot, planned: TablePlan, clock: Clock) -> None:
    """Bring the marks of silver to what is served, also those that a run which died before it did not."""
    contract = tables.contract
    by, inside = gold_table.identity(contract), rk.inside(contract, snapshot.windows)
    from_silver = tables.silver.frame().where(inside)

    def refresh(table: DeltaTable, transform: gold_table.Served, late: DataFrame | None) -> None:
        rows = from_silver.transform(transform)
        held = table.frame().select(*by, F.col(REMOVED).alias("_held"))
        behind = rows.join(held, list(by)).where(F.col(REMOVED) != F.col("_held")).drop("_held")
        if not behind.isEmpty():
            names = [c for c in behind.columns if c not in by]
            table.merge(behind, delta.equal(by), f"WHEN MATCHED THEN {update(names)}")
        if late is not None:
            gold_late.merge(contract, table, late, transform)

    found = tables.dimensions({})
    gold.serve(tables, found, planned.batch_id, clock, refresh, text=planned.contract_json)


def process(spark: SparkSession, lake: Lake, planned: TablePlan, snapshot: Snapshot) -> Receipt:
    """Compare one table and mark what is gone; the receipt is not written yet.

    Raises:
        TransformError: the keys did not land whole, silver is older than it was, or too many rows are gone.
    """
    began, clock = time.monotonic(), Clock()
    contract = planned.contract()
    tables = Tables(spark, lake, contract)
    who = (planned.run_id, planned.batch_id, planned.table)
    with clock.step("read"):
        keys = rk.read(spark, lake, planned, contract)
        landed = rk.count(keys, planned)
    if tables.silver.columns() is None:
        return Receipt(*who, "merged", receipts.windows(planned), landed, seconds=time.monotonic() - began)
    version = tables.silver.version()
    if snapshot.silver_version is not None and version < snapshot.silver_version:
        raise TransformError(
            f"Silver of {contract.table} is older than what the keys were read against",
            f"it is at version {version}, the ledger knows {snapshot.silver_version}",
            "Reload the table, then reconcile it again",
        )
    with clock.step("compare"):
        stored = tables.silver.frame()
        # A row of silver that is marked and unmarked by one run would be both: each looks at what was there.
        gone, back = rk.gone(contract, stored, keys, snapshot), rk.back(contract, stored, keys, snapshot)
        compared, missing, returned = rk.measure(contract, stored, keys, snapshot)
        missed, missed_low, missed_high = rk.missed(contract, tables, keys, snapshot)
    refuse_many(planned, missing, compared)
    with clock.step("silver"):
        marked = _mark(tables, gone, True, planned.batch_id) if missing else 0
        revived = _mark(tables, back, False, planned.batch_id) if returned else 0
    _into_gold(tables, snapshot, planned, clock)
    versions = {"silver": tables.silver.version(), "gold": tables.gold.version()}
    return Receipt(
        *who, "merged", receipts.windows(planned), landed, compared, missing, marked, revived, missed, missed_low,
        missed_high, round(time.monotonic() - began, 3), versions, clock.steps,
    )  # fmt: skip


def _table(spark: SparkSession, lake: Lake, planned: TablePlan, snapshot: Snapshot) -> Receipt:
    """Compare one table and write its receipt, last. A failure stays with its table."""
    began = time.monotonic()
    try:
        receipt = process(spark, lake, planned, snapshot)
    except Exception as error:
        text = receipts.failed(planned, error, 0).error
        who = (planned.run_id, planned.batch_id, planned.table)
        seconds = round(time.monotonic() - began, 3)
        receipt = Receipt(*who, "failed", receipts.windows(planned), seconds=seconds, error=text)
    faults.point(f"receipt {receipt.table_name}:before")
    row = asdict(receipt)
    target = lake.uri("landing", f"_receipts/{receipt.run_id}/{receipt.table_name}")
    frame = spark.createDataFrame([tuple(row.values())], SCHEMA)
    frame.coalesce(1).write.mode("overwrite").option("ignoreNullFields", "false").json(target)
    faults.point(f"receipt {receipt.table_name}:after")
    print(_line(receipt), flush=True)
    return receipt


def _line(r: Receipt) -> str:
    if r.status == "failed":
        return f"{r.table_name}: failed after {r.seconds:.1f} s: {r.error}"
    told = f"{r.landed:,} keys, {r.compared:,} rows compared, {r.deleted:,} marked as removed"
    told += f", {r.revived:,} revived" if r.revived else ""
    told += f", {r.missed:,} never read ({r.missed_low} to {r.missed_high})" if r.missed else ""
    return f"{r.table_name}: {told} in {r.seconds:.1f} s"


def run(spark: SparkSession, lake: Lake, run_id: str, plan_path: str) -> list[Receipt]:
    """Compare every table of the plan, write a receipt for each, and publish the batch when none failed.

    Raises:
        TransformError: the plan itself is not readable; then there is no receipt at all.
    """
    plans = plan.read(spark, lake, run_id, plan_path)
    snapshots = rk.snapshots(spark, lake, plan_path)
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        done = list(pool.map(lambda p: _table(spark, lake, p, snapshots[p.table]), plans))
    if plans and all(receipt.status == "merged" for receipt in done):
        compared = [planned.contract() for planned in plans]
        publish.publish(spark, lake, plans[0].batch_id, run_id, datetime.now(UTC), compared)
    return done


def main(given: argparse.Namespace) -> None:
    """Run the job. Exits with status 1 when a table failed.

    Args:
        given: `lake`, `run_id` and `plan_path`, as the merge has them.
    """
    try:
        done = run(session.get(), Lake(given.lake), given.run_id, given.plan_path)
    except TransformError as error:
        print(f"highwater-merge: {error}", file=sys.stderr, flush=True)
        raise SystemExit(1) from error
    failed = [r.table_name for r in done if r.status != "merged"]
    if failed:
        told = f"{len(failed)} of {len(done)} tables failed: {', '.join(failed)}"
        print(f"highwater-merge: {told}", file=sys.stderr)
        raise SystemExit(1)
