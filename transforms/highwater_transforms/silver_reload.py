"""Silver of a table that was read anew: what the reload covers is replaced by what it found, in one commit."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from highwater_transforms import dedupe, delta, silver
from highwater_transforms.batch import Batch, Counts
from highwater_transforms.contract import Contract
from highwater_transforms.dedupe import QUARANTINED
from highwater_transforms.delta import DeltaTable
from highwater_transforms.gone import refuse_many
from highwater_transforms.plan import Window
from highwater_transforms.silver import Done
from highwater_transforms.system import BATCH, REMOVED, WINDOW, quoted

OUTCOME = "_outcome"


def covered(contract: Contract, windows: tuple[Window, ...], alias: str) -> Column:
    """Whether the cursor of the row aliased `alias` lies in one of the reload's windows.

    What lies outside, such as a row that a live window merged meanwhile, is no concern of the reload; so a reload of
    which only some windows landed replaces only their part.
    """
    kind = contract.type_of(contract.cursor)
    cursor = f"{alias}.{quoted(contract.cursor)}"
    parts = []
    for window in (w for w in windows if w.kind == "reload"):
        low = "true" if window.low is None else f"{cursor} >= {delta.literal_text(window.low, kind)}"
        high = "true" if window.high is None else f"{cursor} < {delta.literal_text(window.high, kind)}"
        parts.append(f"({low} and {high})")
    return F.coalesce(F.expr(" or ".join(parts) or "false"), F.lit(False))


def judged(batch: Batch, alias: str) -> Column:
    """Whether a stored row is there only if the reload found it.

    What a window opened since has merged, as a backfill may, is newer than what the reload read.
    """
    last = max(w.window_id for w in batch.plan.windows if w.kind == "reload")
    return covered(batch.contract, batch.plan.windows, alias) & (F.col(f"{alias}.{WINDOW}") <= last)


def resolve(batch: Batch, stored: DataFrame) -> DataFrame:
    """Silver after the reload: silver's columns and `_outcome`, one row a key.

    insert, update and unchanged are kept rows; `stale` a kept row that gives way to a newer one outside the reload's
    range or read since it began; `vanish` a stored row in the range whose key did not land: marked, not erased; `stay`
    any other stored row, such as one whose new version went to quarantine.
    """
    contract = batch.contract
    names, keys = silver.names(contract), contract.primary_key
    by_key = F.expr(delta.equal(keys))
    refused = batch.keys(QUARANTINED).select(*keys, F.lit(True).alias("_refused"))
    s = silver.present(batch.kept()).select(*names).alias("s")
    t = stored.select(*names).join(refused, list(keys), "left").alias("t")
    there, landed = F.col(f"t.{REMOVED}").isNotNull(), F.col(f"s.{REMOVED}").isNotNull()
    inside = judged(batch, "t")
    outcome = (
        F.when(~there, "insert")
        .when(~landed & inside & F.col("t._refused").isNull() & ~F.col(f"t.{REMOVED}"), "vanish")
        .when(~landed, "stay")
        .when(~inside & ~F.expr(dedupe.newer(contract.cursor)), "stale")
        .when(F.expr(delta.same(contract.names)) & ~F.col(f"t.{REMOVED}"), "unchanged")
        .otherwise("update")
    )
    from_batch = F.col(OUTCOME).isin("insert", "update", "unchanged")
    joined = s.join(t, by_key, "full").withColumn(OUTCOME, outcome)
    chosen = {n: F.when(from_batch, F.col(f"s.{n}")).otherwise(F.col(f"t.{n}")) for n in names}
    gone = F.col(OUTCOME) == "vanish"
    chosen[REMOVED] = F.when(gone, True).otherwise(chosen[REMOVED])
    chosen[BATCH] = F.when(gone, F.lit(batch.plan.batch_id).cast("bigint")).otherwise(chosen[BATCH])
    return joined.select(*(column.alias(n) for n, column in chosen.items()), OUTCOME)


def resolve_keyless(batch: Batch, stored: DataFrame) -> DataFrame:
    """Silver after the reload of a table without a key: what the reload covers, and what was stored outside it."""
    names = silver.names(batch.contract)
    again = F.col("t._window_id").isin(list(batch.plan.window_ids))
    outside = (
        stored.select(*names).alias("t").where(~covered(batch.contract, batch.plan.windows, "t") & ~again)
    )
    arrived = silver.present(batch.kept()).select(*names)
    return arrived.withColumn(OUTCOME, F.lit("insert")).unionByName(
        outside.withColumn(OUTCOME, F.lit("stay"))
    )


def _refuse_many(batch: Batch, did: dict[str, int], stored: DataFrame) -> None:
    """Rows without a key are told apart by nothing: there the reload must have about as many as it replaces."""
    if batch.contract.primary_key and not did.get("vanish", 0):
        return
    compared = stored.alias("t").where(judged(batch, "t") & ~F.col(f"t.{REMOVED}")).count()
    missing = did.get("vanish", 0) if batch.contract.primary_key else max(compared - did.get("insert", 0), 0)
    refuse_many(batch.plan, missing, compared)


def merge(batch: Batch, counts: Counts, table: DeltaTable) -> Done:
    """Replace silver in one commit.

    Raises:
        TooManyGone: the reload lacks more rows than may be gone without being asked about.
    """
    resolved = (resolve if batch.contract.primary_key else resolve_keyless)(batch, table.frame())
    did = {row[OUTCOME]: row["count"] for row in resolved.groupBy(OUTCOME).count().collect()}
    _refuse_many(batch, did, table.frame())
    table.overwrite(resolved.drop(OUTCOME), {})
    return Done(*(did.get(o, 0) for o in ("insert", "update", "unchanged", "stale", "vanish")))
