"""One table of a run, from its landed windows to gold, in the order in which a death in between heals.

Bronze, quarantine, silver, restricted, gold, aggregates: each step can be repeated, and finds what it needs by the
windows, which the ledger plans again until the receipt is there.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from pyspark.sql import SparkSession

from highwater_transforms import (
    batch,
    bronze,
    gold_aggregate,
    gold_table,
    landing,
    quarantine,
    silver,
    silver_append,
    silver_reload,
    silver_scd2,
    silver_snapshot,
    silver_upsert,
)  # fmt: skip
from highwater_transforms.batch import Batch, Counts
from highwater_transforms.contract import Contract
from highwater_transforms.delta import SERVED, DeltaTable
from highwater_transforms.lake import Lake
from highwater_transforms.plan import TablePlan
from highwater_transforms.receipts import Receipt, windows
from highwater_transforms.silver import Done

SILVER_PROPERTIES = {"delta.enableDeletionVectors": "false", "delta.columnMapping.mode": "none"}


@dataclass
class Clock:
    """Seconds by step."""

    steps: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.steps[name] = round(time.monotonic() - began, 3)


@dataclass(frozen=True)
class Tables:
    """The Delta tables of one contract."""

    spark: SparkSession
    lake: Lake
    contract: Contract

    def of(self, container: str, name: str) -> DeltaTable:
        return DeltaTable(self.spark, self.lake.uri(container, name))

    @property
    def silver(self) -> DeltaTable:
        return self.of("silver", self.contract.table)

    @property
    def gold(self) -> DeltaTable:
        return self.of("gold", self.contract.gold.table)


def _into_silver(work: Batch, counts: Counts, table: DeltaTable) -> Done:
    contract = work.contract
    table.ensure(silver.columns(contract), SILVER_PROPERTIES)
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


def _into_gold(work: Batch, counts: Counts, tables: Tables, clock: Clock) -> None:
    """Serve what silver holds: the restricted columns first, then the table, then its aggregates."""
    contract, batch_id = work.contract, work.plan.batch_id
    definition, from_silver = contract.definition, tables.silver.frame()
    whole = work.plan.reload and not contract.scd2 and contract.mode != "snapshot"
    served = [("gold", gold_table.served(contract, batch_id), gold_table.properties(contract))]
    if contract.sensitive:
        served.insert(0, ("restricted", gold_table.restricted(contract, batch_id), SERVED))
    anew = whole
    for container, transform, given in served:
        table = tables.of(container, contract.gold.table)
        with clock.step(container):
            if whole or not gold_table.is_current(table, definition):
                gold_table.rebuild(table, from_silver.transform(transform), given, definition)
                anew = True
            elif counts.kept or contract.mode == "snapshot":
                gold_table.refresh(work, counts, from_silver, table, transform)
            table.refuse_newer_reader()
    for aggregate in contract.gold.aggregates:
        with clock.step(aggregate.table):
            table = tables.of("gold", aggregate.table)
            gold_aggregate.refresh(aggregate, tables.gold, table, batch_id, definition, anew)
            table.refuse_newer_reader()


def serve(work: Batch, counts: Counts, tables: Tables, clock: Clock) -> tuple[Done, dict[str, int]]:
    """Bring the batch to silver and to what is served; what became of it, and the tables' versions."""
    with clock.step("silver"):
        done = _into_silver(work, counts, tables.silver)
    _into_gold(work, counts, tables, clock)
    with clock.step("versions"):
        return done, {"silver": tables.silver.version(), "gold": tables.gold.version()}


def process(spark: SparkSession, lake: Lake, plan: TablePlan, loaded_at: datetime) -> Receipt:
    """Merge one table's windows and tell what was done; the receipt is not written yet.

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
    done, versions = serve(work, counts, tables, clock)
    return Receipt(
        plan.run_id, plan.batch_id, plan.table, "merged", windows(plan), counts.landed, counts.duplicates,
        counts.superseded + done.stale, counts.quarantined, done.inserted, done.updated, done.unchanged, done.deleted,
        round(time.monotonic() - began, 3), versions, counts.broken, clock.steps,
    )  # fmt: skip
