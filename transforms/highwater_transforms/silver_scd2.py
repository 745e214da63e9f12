"""Silver with history: every version of a key, each valid from its cursor to the next version's."""

from collections.abc import Callable

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from highwater_transforms import batch as b
from highwater_transforms import few, silver
from highwater_transforms.batch import Batch, Counts
from highwater_transforms.contract import Contract
from highwater_transforms.dedupe import KEPT
from highwater_transforms.delta import DeltaTable, insert, update
from highwater_transforms.silver import Done
from highwater_transforms.system import ATTEMPT, BATCH, IS_CURRENT, REMOVED, VALID_FROM, VALID_TO, WINDOW

ACTION = "_action"


def changes(contract: Contract, kept: DataFrame, batch_id: int) -> Callable[[DataFrame], DataFrame]:
    """From the stored history of the batch's keys, the rows of silver to write: silver's columns and `_action`.

    `insert` is a version that was not there, in its place however late it comes; `update` one that a later window gave
    another content; `seen` one that it gave the same content again, whose window is noted; `close` one whose successor
    is new. A version that is there already gives no row.
    """
    names, content = silver.names(contract), F.struct(*contract.names)
    version = (*contract.primary_key, VALID_FROM)

    def transform(stored: DataFrame) -> DataFrame:
        arrived = silver.present(kept).withColumn(VALID_FROM, F.col(contract.cursor))
        both = stored.withColumn("_old", F.struct(WINDOW, ATTEMPT, VALID_TO, content.alias("content")))
        both = both.unionByName(arrived, allowMissingColumns=True)
        latest = Window.partitionBy(*version).orderBy(
            F.col(WINDOW).desc(), F.col(ATTEMPT).desc(), F.col("_old").isNull()
        )
        stored_as = F.max("_old").over(Window.partitionBy(*version))
        one_each = (
            both.withColumn("_old", stored_as).withColumn("_n", F.row_number().over(latest)).where("_n = 1")
        )
        ends = F.lead(VALID_FROM).over(Window.partitionBy(*contract.primary_key).orderBy(VALID_FROM))
        history = one_each.withColumn(VALID_TO, ends).withColumn(IS_CURRENT, F.col(VALID_TO).isNull())
        # Only the current version can be gone: one that has a successor was there until then.
        history = history.withColumn(REMOVED, F.col(REMOVED) & F.col(IS_CURRENT))
        newer = (F.col(WINDOW) != F.col(f"_old.{WINDOW}")) | (F.col(ATTEMPT) != F.col(f"_old.{ATTEMPT}"))
        action = (
            F.when(F.col("_old").isNull(), "insert")
            .when(newer & ~content.eqNullSafe(F.col("_old.content")), "update")
            .when(newer, "seen")
            .when(~F.col(VALID_TO).eqNullSafe(F.col(f"_old.{VALID_TO}")), "close")
        )
        written = history.withColumn(ACTION, action).where(F.col(ACTION).isNotNull())
        return written.withColumn(BATCH, F.lit(batch_id).cast("bigint")).select(*names, ACTION)

    return transform


def merge(batch: Batch, counts: Counts, table: DeltaTable) -> Done:
    """Bring the batch's versions into the history. Nothing is written when all of them are there."""
    contract, names = batch.contract, silver.names(batch.contract)
    touched = table.frame().where(b.within(contract, counts))
    stored = touched.join(F.broadcast(batch.keys(KEPT)), list(contract.primary_key), "left_semi").select(
        *names
    )
    rows = stored.transform(changes(contract, batch.kept(), batch.plan.batch_id))
    rows = few.if_few(rows)
    did = {row[ACTION]: row["count"] for row in rows.groupBy(ACTION).count().collect()}
    inserted, updated = did.get("insert", 0), did.get("update", 0)
    if did:
        table.merge(
            rows.drop(ACTION),
            f"{b.matched(contract, counts)} and s.{VALID_FROM} = t.{VALID_FROM}",
            f"WHEN MATCHED THEN {update(names)}",
            f"WHEN NOT MATCHED THEN {insert(names)}",
        )
    return Done(inserted, updated, unchanged=counts.kept - inserted - updated, changed=bool(did))
