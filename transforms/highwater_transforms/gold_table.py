"""The served table: the contract's columns and the derived ones, sensitive columns in a table of their own."""

from collections.abc import Callable

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from highwater_transforms import batch as b
from highwater_transforms import delta, few
from highwater_transforms.batch import Batch, Counts
from highwater_transforms.contract import Contract
from highwater_transforms.dedupe import KEPT
from highwater_transforms.delta import FEED, SERVED, DeltaTable, insert, update
from highwater_transforms.lookup import Dimensions, looked_up
from highwater_transforms.star import Numbered
from highwater_transforms.system import (
    BATCH,
    IS_CURRENT,
    MONTH,
    REMOVED,
    VALID_FROM,
    VALID_TO,
    VALIDITY,
    WINDOW,
)

BEGINNING = "1900-01-01 00:00:00"
Served = Callable[[DataFrame], DataFrame]


def identity(contract: Contract) -> tuple[str, ...]:
    """The columns that name a served row."""
    return (*contract.primary_key, VALID_FROM) if contract.scd2 else contract.primary_key


def _tail(contract: Contract, batch_id: int) -> list:
    """What ends every served table. A table without a key carries its window, by which it is replaced."""
    tail = [F.lit(batch_id).cast("bigint").alias(BATCH), F.col(REMOVED)]
    return tail if contract.primary_key else [*tail, F.col(WINDOW)]


def _month(contract: Contract) -> list[Column]:
    by = contract.gold.by_month
    return [F.date_format(by, "yyyy-MM").alias(MONTH)] if by else []


def apart_by(contract: Contract) -> tuple[str, ...]:
    """The columns in which rows of one file of the served table agree."""
    return (MONTH,) if contract.gold.by_month else ()


def served(contract: Contract, batch_id: int, dimensions: Dimensions) -> Served:
    """Silver to gold: the contract's columns but the sensitive ones, looked up, derived, number, validity, _batch_id,
    _removed, and _month where files are kept apart by it. For a number to be right, silver holds every row of the
    groups that it holds a row of."""
    gold = contract.gold

    def transform(silver: DataFrame) -> DataFrame:
        rows = silver.transform(looked_up(contract, dimensions))
        for d in gold.derived:  # each may use those before it
            rows = rows.withColumn(d.name, F.expr(d.expression).cast(d.type))
        if gold.numbered:
            rows = rows.withColumn(gold.numbered.name, _number(gold.numbered))
        own = [F.col(c.name).cast(c.type).alias(c.name) for c in contract.columns if not c.sensitive]
        added = [t.name for lookup in gold.lookups for t in lookup.columns] + [d.name for d in gold.derived]
        added += [gold.numbered.name] if gold.numbered else []
        validity = [F.col(n) for n in (VALID_FROM, VALID_TO, IS_CURRENT)] if contract.scd2 else []
        return rows.select(*own, *added, *validity, *_tail(contract, batch_id), *_month(contract))

    return transform


def _number(numbered: Numbered) -> Column:
    """The place within the group. Rows that are gone have numbers of their own."""
    w = Window.partitionBy(*numbered.within, REMOVED).orderBy(*numbered.order)
    return F.row_number().over(w).cast(numbered.type)


def unknown_member(contract: Contract, spark: SparkSession, batch_id: int) -> DataFrame:
    """The dimension's row for whatever is not there: what the contract gives, otherwise null."""
    gold, given = contract.gold, dict(contract.gold.unknown)
    types = {c.name: c.type for c in contract.columns if not c.sensitive}
    types |= {t.name: t.type for lookup in gold.lookups for t in lookup.columns}
    types |= {d.name: d.type for d in gold.derived}
    columns = [F.lit(given.get(name)).cast(kind).alias(name) for name, kind in types.items()]
    if contract.scd2:
        validity = {VALID_FROM: BEGINNING, VALID_TO: None, IS_CURRENT: "true"}
        columns += [F.lit(validity[n]).cast(kind).alias(n) for n, kind in VALIDITY]
    tail = [F.lit(batch_id).cast("bigint").alias(BATCH), F.lit(False).alias(REMOVED)]
    return spark.range(1).select(*columns, *tail)


def restricted(contract: Contract, batch_id: int) -> Served:
    """Silver to the restricted table: the key (of a version, for scd2), the sensitive columns, _batch_id, _removed."""

    def transform(silver: DataFrame) -> DataFrame:
        own = [F.col(c.name).cast(c.type).alias(c.name) for c in contract.sensitive]
        return silver.select(*identity(contract), *own, *_tail(contract, batch_id))

    return transform


def properties(contract: Contract) -> dict[str, str]:
    """Delta properties of the gold table: its change feed is kept where aggregates or facts may follow it."""
    return SERVED | FEED if contract.gold.aggregates or contract.gold.role == "dimension" else SERVED


def _to_serve(batch: Batch, counts: Counts, silver: DataFrame, numbered: bool) -> DataFrame:
    """The rows of silver that the batch may have brought to serve; with `numbered` all of their groups.

    Not what the merge into silver changed, but every row whose version came with one of the batch's windows: so a run
    that repeats one which died between silver and gold finds them again. A new version changes its neighbours in a
    history, so there it is every version of the keys; and a snapshot is small.
    """
    contract = batch.contract
    if contract.mode == "snapshot":
        return silver
    if contract.scd2:
        keys = F.broadcast(batch.keys(KEPT))
        return silver.where(b.within(contract, counts)).join(keys, list(contract.primary_key), "left_semi")
    # In the same range of keys as the merge looks at, or a row outside of it would seem to be new.
    fresh = silver.where(F.col(WINDOW).isin(list(batch.plan.window_ids))).where(b.within(contract, counts))
    if not numbered:
        return fresh
    return silver.join(_groups(batch), list(contract.gold.numbered.within), "left_semi").where(
        b.within_groups(contract, counts)
    )


def _groups(batch: Batch) -> DataFrame:
    """What the batch's rows are numbered within."""
    return F.broadcast(batch.kept().select(*batch.contract.gold.numbered.within).distinct())


def _renumbered(batch: Batch, counts: Counts, table: DeltaTable, rows: DataFrame) -> DataFrame:
    """Of served groups the batch's own rows, and those whose number is another now: the others are in the table as
    they are, and a merge would rewrite their files for nothing."""
    contract, numbered = batch.contract, batch.contract.gold.numbered
    by, own = list(contract.primary_key), F.broadcast(batch.keys(KEPT))
    held = table.frame().where(b.within_groups(contract, counts))
    held = held.select(*dict.fromkeys((*by, *numbered.within, numbered.name, REMOVED)))
    held = held.join(_groups(batch), list(numbered.within), "left_semi").join(own, by, "left_anti")
    return rows.join(held, [*by, numbered.name, REMOVED], "left_anti")


def by_row(contract: Contract) -> bool:
    """Whether a served row follows from its row of silver alone, so that rows of any windows are merged together."""
    return bool(contract.primary_key) and contract.gold.numbered is None and contract.mode != "snapshot"


def refresh(
    batch: Batch,
    counts: Counts,
    silver: DataFrame,
    table: DeltaTable,
    served_by: Served,
    late: DataFrame | None = None,
) -> None:
    """Bring the served rows of the batch to what silver holds of them. Rows that are equal already are not written.

    Args:
        late: rows of silver beside the batch's that are to be served anew in the same commit, of a table `by_row`.
    """
    contract, plan = batch.contract, batch.plan
    # The restricted table of a numbered fact has no number.
    numbered = contract.gold.numbered and contract.gold.numbered.name in silver.transform(served_by).columns
    rows, by = _to_serve(batch, counts, silver, bool(numbered)), identity(contract)
    if late is not None:
        rows = rows.unionByName(late).dropDuplicates(list(by))
    rows = rows.transform(served_by)
    if numbered:
        rows = _renumbered(batch, counts, table, rows)
    if counts.kept <= few.MOST:
        rows = few.if_few(rows)
    if not contract.primary_key:
        table.replace_windows(rows, plan.window_ids, checked=True)
        return
    names = rows.columns
    content = [n for n in names if n not in (*by, BATCH)]
    add = f"WHEN NOT MATCHED THEN {insert(names)}"
    change = f"WHEN MATCHED AND NOT ({delta.same(content)}) THEN {update(names)}"
    if contract.mode == "snapshot":
        served = [*by, *content]
        if not rows.select(*served).exceptAll(table.frame().select(*served)).isEmpty():
            table.merge(rows, delta.equal(by), change, add)
        return
    if numbered:
        # Rows of other windows have other numbers now.
        table.merge(rows, f"{delta.equal(by)} and {b.within_groups(contract, counts, 't.')}", change, add)
        return
    within = b.within(contract, counts, "t.") if late is None else "true"
    grows = contract.mode == "append" and not contract.deletes_by_keys and late is None
    table.merge(rows, f"{delta.equal(by)} and {within}", *([add] if grows else [change, add]))
