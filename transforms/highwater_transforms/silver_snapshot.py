"""Silver of a small table that is read whole: compared to what is there."""

from collections.abc import Callable

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from highwater_transforms import delta, few, silver
from highwater_transforms.batch import Batch, Counts
from highwater_transforms.contract import Contract
from highwater_transforms.delta import DeltaTable, insert, update
from highwater_transforms.gone import refuse_many
from highwater_transforms.silver import Done
from highwater_transforms.system import BATCH, REMOVED, WINDOW

ACTION = "_action"


def changes(
    contract: Contract, kept: DataFrame, landed_keys: DataFrame, batch_id: int
) -> Callable[[DataFrame], DataFrame]:
    """From the stored table, the rows of silver to write: silver's columns and `_action`.

    `insert` is a key that was never there, `update` one whose content changed or that came back, `vanish` one that
    the snapshot no longer holds: marked, not erased. A row that went to quarantine has not vanished: `landed_keys`
    holds it.
    """
    names, keys = silver.names(contract), list(contract.primary_key)

    def transform(stored: DataFrame) -> DataFrame:
        s, t = silver.present(kept).select(*names).alias("s"), stored.alias("t")
        by_key = F.expr(delta.equal(contract.primary_key))
        action = F.when(F.col(f"t.{REMOVED}").isNull(), "insert").when(
            F.col(f"t.{REMOVED}") | ~F.expr(delta.same(contract.names)), "update"
        )
        arrived = (
            s.join(t, by_key, "left").select("s.*", action.alias(ACTION)).where(F.col(ACTION).isNotNull())
        )
        gone = stored.where(~F.col(REMOVED)).join(landed_keys, keys, "left_anti")
        marks = {REMOVED: F.lit(True), BATCH: F.lit(batch_id).cast("bigint"), ACTION: F.lit("vanish")}
        marked = gone.withColumns(marks)
        return arrived.unionByName(marked.select(*names, ACTION))

    return transform


def merge(batch: Batch, counts: Counts, table: DeltaTable) -> Done:
    """Bring the table to what the snapshot holds. Nothing is written when they are equal.

    Raises:
        TooManyGone: the snapshot lacks more rows than may be gone without being asked about.
    """
    contract, names = batch.contract, silver.names(batch.contract)
    landed = batch.placed.where(F.col(WINDOW) == batch.plan.newest).select(*contract.primary_key).distinct()
    rows = (
        table.frame().select(*names).transform(changes(contract, batch.kept(), landed, batch.plan.batch_id))
    )
    rows = few.if_few(rows)
    did = {row[ACTION]: row["count"] for row in rows.groupBy(ACTION).count().collect()}
    inserted, updated, gone = (did.get(a, 0) for a in ("insert", "update", "vanish"))
    if gone:
        refuse_many(batch.plan, gone, table.frame().where(~F.col(REMOVED)).count())
    if did:
        table.merge(
            rows.drop(ACTION),
            delta.equal(contract.primary_key),
            f"WHEN MATCHED THEN {update(names)}",
            f"WHEN NOT MATCHED THEN {insert(names)}",
        )
    return Done(
        inserted, updated, unchanged=counts.kept - inserted - updated, deleted=gone, changed=bool(did)
    )
