"""One table of a run, from its landed windows to gold, in the order in which a death in between heals.

Bronze, quarantine, silver, gold: each step can be repeated, and finds what it needs by the windows, which the ledger
plans again until the receipt is there.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession

from highwater_transforms import (
    batch,
    bronze,
    gold,
    gold_late,
    gold_table,
    landing,
    lookup,
    quarantine,
    silver,
    silver_append,
    silver_reload,
    silver_scd2,
    silver_snapshot,
    silver_upsert,
)  # fmt: skip
from highwater_transforms.batch import Batch, Counts
from highwater_transforms.delta import DeltaTable
from highwater_transforms.lake import Lake
from highwater_transforms.plan import TablePlan
from highwater_transforms.receipts import Receipt, windows
from highwater_transforms.silver import Done
from highwater_transforms.statistics import searched
from highwater_transforms.tables import Clock, Tables

# Only Spark reads silver, so a merge marks the rows that it replaces instead of writing their files anew.
SILVER_PROPERTIES = {"delta.enableDeletionVectors": "true", "delta.columnMapping.mode": "none"}


def _into_silver(work: Batch, counts: Counts, table: DeltaTable) -> Done:
    contract = work.contract
    if not table.adapt(silver.columns(contract)):
        given = SILVER_PROPERTIES | searched(contract, silver.columns(contract))
        if counts.kept and silver.by_row(contract):
            return silver.begin(work, counts, table, given)
        table.create(silver.columns(contract), given)
    # A history is never replaced, and a snapshot is read whole each time: to both a reload is a batch like others.
    if work.plan.reload and not contract.scd2 and contract.mode != "snapshot":
        return silver_reload.merge(work, counts, table)
    if counts.kept == 0 and contract.mode != "snapshot":
        return Done(changed=False)
    if contract.mode == "snapshot":
        return silver_snapshot.merge(work, counts, table)
    if contract.scd2:
        return silver_scd2.merge(work, counts, table)
    return (silver_append if contract.mode == "append" else silver_upsert).merge(work, counts, table)


def _into_gold(
    work: Batch, counts: Counts, tables: Tables, versions: Mapping[str, int], clock: Clock
) -> None:
    """Serve what silver holds of the batch."""
    contract, silver_rows = work.contract, tables.silver.frame()
    whole = work.plan.reload and not contract.scd2 and contract.mode != "snapshot"

    def refresh(table: DeltaTable, transform: gold_table.Served, late: DataFrame | None) -> None:
        merged = bool(counts.kept) or contract.mode == "snapshot"
        together = merged and gold_table.by_row(contract)
        if merged:
            gold_table.refresh(work, counts, silver_rows, table, transform, late if together else None)
        if late is not None and not together:
            gold_late.merge(contract, table, late, transform)

    found, plan = tables.dimensions(versions), work.plan
    gold.serve(tables, found, plan.batch_id, clock, refresh, whole, plan.contract_json)


Ready = Callable[[], Mapping[str, int]]


def serve(
    work: Batch, counts: Counts, tables: Tables, clock: Clock, ready: Ready
) -> tuple[Done, dict[str, int]]:
    """Bring the batch to silver and to what is served; what became of it, and the tables' versions."""
    with clock.step("silver"):
        done = _into_silver(work, counts, tables.silver)
    known: Mapping[str, int] = {}
    if lookup.joined(work.contract):
        with clock.step("waiting"):
            known = ready()
    _into_gold(work, counts, tables, known, clock)
    with clock.step("versions"):
        return done, {"silver": tables.silver.version(), "gold": tables.gold.version()}


def process(spark: SparkSession, lake: Lake, plan: TablePlan, loaded_at: datetime, ready: Ready) -> Receipt:
    """Merge one table's windows and tell what was done; the receipt is not written yet.

    Args:
        ready: asked before a table that looks dimensions up is served; returns when those of the run are, and gives
            the versions of those that could be.

    Raises:
        TransformError: the contract, the landed rows or a table is not as it must be.
        PySparkException: what Spark or Delta refuses.
    """
    began, clock = time.monotonic(), Clock()
    contract = plan.contract()
    tables = Tables(spark, lake, contract)
    landed = landing.read(spark, lake, plan, contract, loaded_at)
    with clock.step("bronze"):
        rows = landed.transform(batch.judged(contract, plan))
        work = Batch(contract, plan, bronze.write(rows, contract, plan, tables.of("bronze", contract.table)))
    with clock.step("check"):
        counts = batch.measure(work)
    with clock.step("quarantine"):
        quarantine.write(work, counts, tables.of("quarantine", contract.table))
    done, versions = serve(work, counts, tables, clock, ready)
    return Receipt(
        plan.run_id, plan.batch_id, plan.table, "merged", windows(plan), counts.landed, counts.duplicates,
        counts.superseded + done.stale, counts.quarantined, done.inserted, done.updated, done.unchanged, done.deleted,
        round(time.monotonic() - began, 3), versions, counts.broken, clock.steps,
    )  # fmt: skip
