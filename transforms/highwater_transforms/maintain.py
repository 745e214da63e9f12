"""Maintenance of every Delta table of the contracts: `--work=maintain` of the job.

It is a run of the same job as the merge and waits in the same queue, so the two are never at work at once: Delta
lets the first committer win, and a merge that found its files packed in the meantime would lose.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import partial

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from highwater_transforms import contract, maintain_table, register, session, statistics
from highwater_transforms.contract import Contract
from highwater_transforms.delta import DeltaTable
from highwater_transforms.errors import TransformError
from highwater_transforms.lake import Lake

AT_ONCE = 2
SERVED = ("gold", "restricted")
COLUMNS = {
    "run_id": "string", "table_name": "string", "contract": "string", "place": "int", "retention_hours": "int",
    "minutes": "int",
}  # fmt: skip


@dataclass(frozen=True)
class Planned:
    """One contract of the plan. No table is begun when the run is `minutes` old."""

    run_id: str
    table_name: str
    contract: str
    place: int
    retention_hours: int
    minutes: int


@dataclass(frozen=True)
class Receipt:
    """The record of one Delta table: done, absent (there is none yet), postponed (no time was left) or failed."""

    run_id: str
    table_name: str
    container: str
    delta_table: str
    status: str
    optimized: bool = False
    files_before: int = 0
    files_after: int = 0
    bytes_before: int = 0
    bytes_after: int = 0
    seconds: float = 0.0
    error: str | None = None


_TYPES = {"bool": "boolean", "int": "bigint", "float": "double"}
SCHEMA = ", ".join(
    f"{f.name} {_TYPES.get(getattr(f.type, '__name__', ''), 'string')}" for f in fields(Receipt)
)


def read(spark: SparkSession, lake: Lake, run_id: str, plan_path: str) -> list[Planned]:
    """The plan from `plan_path` in the landing container, in its order.

    Raises:
        TransformError: a column is missing, or the plan is another run's.
    """
    frame = spark.read.parquet(lake.uri("landing", plan_path))
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise TransformError(
            f"The plan {plan_path} lacks {', '.join(missing)}", f"it has {', '.join(frame.columns)}"
        )
    typed = frame.select([F.col(name).cast(kind).alias(name) for name, kind in COLUMNS.items()])
    found = [Planned(**row.asDict()) for row in typed.collect()]
    other = sorted({p.run_id for p in found} - {run_id})
    if other:
        raise TransformError(f"The plan is of run {', '.join(other)}", f"this job runs {run_id}")
    return sorted(found, key=lambda p: p.place)


def tables(of: Contract) -> Iterator[tuple[str, str]]:
    """(container, table) of every Delta table that a contract's merge writes."""
    yield from ((container, of.table) for container in ("bronze", "silver", "quarantine"))
    yield from register.shown(of)


def searched(of: Contract, name: str) -> maintain_table.Searched:
    """What is kept statistics of in a table of this contract. An aggregate has few columns: Delta's own choice."""
    return partial(statistics.searched, of) if name in (of.table, of.gold.table) else lambda columns: {}


def _one(
    spark: SparkSession, lake: Lake, planned: Planned, of: Contract, place: tuple[str, str], late: bool
) -> Receipt:
    """Look after one Delta table. Its failure stays with it."""
    container, name = place
    who = (planned.run_id, planned.table_name, container, name)
    if late:
        return Receipt(*who, "postponed")
    began = time.monotonic()
    try:
        table = DeltaTable(spark, lake.uri(container, name))
        done = maintain_table.keep(
            table, searched(of, name), planned.retention_hours, served=container in SERVED
        )
    except Exception as error:
        told = str(error).split("\n\nJVM stacktrace")[0].strip() or type(error).__name__
        return Receipt(*who, "failed", seconds=round(time.monotonic() - began, 3), error=told[:2000])
    if done is None:
        return Receipt(*who, "absent")
    sizes = (done.before.count, done.after.count, done.before.size, done.after.size)
    return Receipt(*who, "done", done.optimized, *sizes, done.seconds)


def _contract(spark: SparkSession, lake: Lake, planned: Planned, ends: float) -> list[Receipt]:
    """Look after one contract's tables and write their receipts, one line each."""
    try:
        of = contract.parse(planned.contract)
    except TransformError as error:
        who = (planned.run_id, planned.table_name, "silver", planned.table_name)
        done = [Receipt(*who, "failed", error=str(error)[:2000])]
    else:
        done = [_one(spark, lake, planned, of, place, time.monotonic() >= ends) for place in tables(of)]
    rows = [tuple(getattr(receipt, f.name) for f in fields(Receipt)) for receipt in done]
    target = lake.uri("landing", f"_receipts/{planned.run_id}/{planned.table_name}")
    frame = spark.createDataFrame(rows, SCHEMA)
    frame.coalesce(1).write.mode("overwrite").option("ignoreNullFields", "false").json(target)
    for receipt in done:
        print(_line(receipt), flush=True)
    return done


def _line(r: Receipt) -> str:
    name = f"{r.container}/{r.delta_table}"
    if r.status == "failed":
        return f"{name}: failed after {r.seconds:.1f} s: {r.error}"
    if r.status != "done":
        return f"{name}: {r.status}"
    return (
        f"{name}: {r.files_before:,} files to {r.files_after:,}, {r.bytes_after:,} bytes in {r.seconds:.1f} s"
    )


def run(spark: SparkSession, lake: Lake, run_id: str, plan_path: str) -> list[Receipt]:
    """Look after every table of the plan, whoever waited longest first, and write the receipts.

    Raises:
        TransformError: the plan itself is not readable; then there is no receipt at all.
    """
    began = time.monotonic()
    plan = read(spark, lake, run_id, plan_path)
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        found = pool.map(lambda p: _contract(spark, lake, p, began + p.minutes * 60), plan)
        return [receipt for receipts in found for receipt in receipts]


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
    failed = [f"{r.container}/{r.delta_table}" for r in done if r.status == "failed"]
    if failed:
        print(
            f"highwater-merge: {len(failed)} of {len(done)} tables failed: {', '.join(failed)}",
            file=sys.stderr,
        )
        raise SystemExit(1)
