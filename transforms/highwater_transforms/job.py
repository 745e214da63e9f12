"""The entry point of the Databricks job: `highwater-merge --lake=... --run_id=... --plan_path=...`."""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from pyspark.sql import SparkSession

from highwater_transforms import (
    follow,
    maintain,
    order,
    plan,
    publish,
    receipts,
    reconcile,
    register,
    release,
    session,
    table,
)
from highwater_transforms.contract import Contract
from highwater_transforms.errors import TransformError
from highwater_transforms.lake import Lake
from highwater_transforms.plan import TablePlan
from highwater_transforms.receipts import Receipt

# Much of a small commit is the driver's own waiting: tables overlap, and share the cores.
AT_ONCE = 4

# One table of a run: what it does with the plan's windows, and tells. It may ask for the versions of the run's
# dimensions (gold table to version), and waits for them then.
Process = Callable[[SparkSession, Lake, TablePlan, datetime, Callable[[], Mapping[str, int]]], Receipt]


def _line(receipt: Receipt) -> str:
    if receipt.status == "failed":
        return f"{receipt.table_name}: failed after {receipt.seconds:.1f} s: {receipt.error}"
    counts = (
        "landed",
        "inserted",
        "updated",
        "unchanged",
        "deleted",
        "duplicates",
        "superseded",
        "quarantined",
    )
    told = ", ".join(f"{getattr(receipt, c):,} {c}" for c in counts if getattr(receipt, c) or c == "landed")
    steps = " ".join(f"{name} {seconds:.1f}" for name, seconds in receipt.steps.items())
    return f"{receipt.table_name}: {told} in {receipt.seconds:.1f} s ({steps})"


def _served(done: list[tuple[TablePlan, Receipt]]) -> dict[str, int]:
    """Gold table to version, of the dimensions that are merged."""
    return {p.contract().gold.table: r.versions["gold"] for p, r in done if "gold" in r.versions}


def _table(
    spark: SparkSession,
    lake: Lake,
    planned: TablePlan,
    loaded_at: datetime,
    ready: order.Ready,
    process: Process,
) -> Receipt:
    """Do one table's work and write its receipt, last. A failure stays with its table.

    Args:
        ready: returns when every dimension of the run is done, or has failed; gives their receipts.
    """
    began = time.monotonic()
    try:
        receipt = process(spark, lake, planned, loaded_at, lambda: _served(ready()))
    except Exception as error:
        receipt = receipts.failed(planned, error, round(time.monotonic() - began, 3))
    receipts.write(spark, lake, receipt)
    print(_line(receipt), flush=True)
    return receipt


def _follow(spark: SparkSession, lake: Lake, plans: list[TablePlan], done: list[Receipt]) -> list[Contract]:
    """Complete the facts that have no window in this run; their contracts.

    Every dimension of the run counts, also one that was there already: the run before may have died once it had merged
    it. A fact that has taken in its version is left alone.
    """
    by_name = {planned.table: planned for planned in plans}
    merged = [(by_name[r.table_name], r) for r in done if r.status == "merged"]
    moved = _served([(p, r) for p, r in merged if p.contract().gold.role == "dimension"])
    try:
        followed = follow.complete(spark, lake, by_name, moved, plans[0].batch_id) if moved else []
    except Exception as error:
        raise TransformError(
            f"the facts without a window do not follow {', '.join(sorted(moved))}",
            str(error),
            "Every table of the run is merged; these facts are completed with the next window that they have",
        ) from error
    if followed:
        print(f"looked up again: {', '.join(c.table for c in followed)}", flush=True)
    return followed


def _show(spark: SparkSession, lake: Lake, catalog: str, merged: list[TablePlan]) -> None:
    """Register in the catalog what was merged. A failure is told and is nobody's: the rows are served."""
    try:
        made = register.register(spark, lake, catalog, [planned.contract() for planned in merged])
    except Exception as error:
        print(f"highwater-merge: catalog {catalog} does not show every table: {error}", file=sys.stderr)
    else:
        if made:
            print(f"catalog {catalog} now shows {', '.join(made)}", flush=True)


def run(
    spark: SparkSession,
    lake: Lake,
    run_id: str,
    plan_path: str,
    at_once: int = AT_ONCE,
    catalog: str = "",
    process: Process | None = None,
) -> list[Receipt]:
    """Merge every table of the plan, `at_once` at a time, write a receipt for each, and publish the batch when all
    of them are merged.

    Args:
        catalog: where gold and restricted tables are shown; nowhere when empty.
        process: what is done with each table; by default its windows are merged.

    Raises:
        TransformError: the plan itself is not readable; then there is no receipt at all. Or, at the very end, facts
            without a window could not follow a dimension; then the batch is not published.
    """
    plans = plan.read(spark, lake, run_id, plan_path)
    loaded_at = datetime.now(UTC)
    largest_first = sorted(plans, key=lambda p: -sum(w.rows for w in p.windows))
    done = order.dimensions_first(
        largest_first,
        lambda p, ready: _table(spark, lake, p, loaded_at, ready, process or table.process),
        at_once,
    )
    try:
        followed = _follow(spark, lake, plans, done)
        if plans and all(receipt.status == "merged" for receipt in done):
            served = [*(planned.contract() for planned in plans), *followed]
            publish.publish(spark, lake, plans[0].batch_id, run_id, datetime.now(UTC), served)
    finally:
        if catalog:
            merged = {receipt.table_name for receipt in done if receipt.status == "merged"}
            _show(spark, lake, catalog, [planned for planned in plans if planned.table in merged])
    return done


def arguments(argv: list[str]) -> argparse.Namespace:
    """The job's named parameters, as `--name=value`. Exits with status 2 when one is missing or unknown."""
    parser = argparse.ArgumentParser("highwater-merge", description="Do what the plan of one run names.")
    parser.add_argument(
        "--lake", required=True, help="dfs endpoint of the storage account, or file:///folder/"
    )
    parser.add_argument("--run_id", required=True, help="the run whose plan it is")
    parser.add_argument("--plan_path", required=True, help="the plan's Parquet file in the landing container")
    parser.add_argument("--catalog", default="", help="the Unity Catalog that shows gold; none by default")
    parser.add_argument(
        "--work",
        default="merge",
        choices=("merge", "maintain", "reconcile", "release"),
        help="merge windows, look after tables, compare keys, or judge held rows again",
    )
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    """Run the job. Exits with status 1 when a table failed: a wheel task's return value is not looked at."""
    given = arguments(sys.argv[1:] if argv is None else argv)
    if given.work == "maintain":
        maintain.main(given)
        return
    if given.work == "reconcile":
        reconcile.main(given)
        return
    try:
        spark, lake = session.get(), Lake(given.lake)
        process = None
        if given.work == "release":
            process = release.process(release.asked(spark, lake, given.plan_path))
        done = run(spark, lake, given.run_id, given.plan_path, catalog=given.catalog, process=process)
    except TransformError as error:
        print(f"highwater-merge: {error}", file=sys.stderr, flush=True)
        raise SystemExit(1) from error
    failed = [r.table_name for r in done if r.status != "merged"]
    if failed:
        print(
            f"highwater-merge: {len(failed)} of {len(done)} tables failed: {', '.join(failed)}",
            file=sys.stderr,
        )
        raise SystemExit(1)
