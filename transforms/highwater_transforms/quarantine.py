"""Rows that broke a rule: kept with the rules' names, their window, and the row as it came."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from highwater_transforms import dedupe, delta, quality
from highwater_transforms.batch import Batch, Counts
from highwater_transforms.contract import Contract
from highwater_transforms.dedupe import PLACE, QUARANTINED
from highwater_transforms.delta import PLAIN, DeltaTable
from highwater_transforms.quality import BROKEN
from highwater_transforms.system import ATTEMPT, POISON, TAGS, WINDOW, Columns, ddl

# Spark's own format cuts a timestamp to milliseconds.
AS_JSON = {"ignoreNullFields": "false", "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"}

COLUMNS: Columns = (*TAGS, ("rules", "array<string>"), ("row", "string"))


def rows(batch: Batch) -> DataFrame:
    """The rejected rows: the tags, `rules` array<string>, `row` string, JSON of the contract's columns, nulls too.

    Where a value has no place here, `row` has a `_poison` as well: what the source holds, by column.
    """
    names = batch.contract.names
    content = (
        F.when(F.col(POISON).isNull(), F.to_json(F.struct(*names), AS_JSON))
        .otherwise(F.to_json(F.struct(*names, POISON), AS_JSON))
        .alias("row")
    )
    return batch.placed.where(F.col(PLACE) == QUARANTINED).select(
        *(n for n, _ in TAGS), F.col(BROKEN).alias("rules"), content
    )


def version_of(contract: Contract, names: tuple[str, ...]) -> Column:
    """These columns of a held row, as a struct."""
    return F.from_json("row", ddl(tuple((name, contract.type_of(name)) for name in names)), AS_JSON)


def corrected(batch: Batch, held: DataFrame) -> DataFrame:
    """Of the held rows of other windows those of which a newer version is among the kept rows: _window_id, row."""
    contract = batch.contract
    ordered = dict.fromkeys((*contract.primary_key, *([contract.cursor] if contract.cursor else [])))
    others = held.where(~F.col(WINDOW).isin(list(batch.plan.window_ids)))
    read = others.select(WINDOW, ATTEMPT, "row", version_of(contract, tuple(ordered)).alias("v"))
    t = read.select(WINDOW, ATTEMPT, "row", "v.*").alias("t")
    s = batch.kept().select(*ordered, WINDOW, ATTEMPT).alias("s")
    # In a history a newer version is another row: only the same version, read again, corrects a held one.
    same = (*contract.primary_key, contract.cursor) if contract.scd2 else contract.primary_key
    newer = F.expr(f"{delta.equal(same)} and {dedupe.newer(contract.cursor)}")
    return t.join(s, newer, "left_semi").select(WINDOW, "row").distinct()


def write(batch: Batch, counts: Counts, table: DeltaTable) -> None:
    """Put the batch's rejected rows in the place of what was held of its windows.

    A row that was corrected at the source leaves by itself: its newer version is merged, and bronze still has the old.
    Rows whose cursor lies in no window are read all together, so that a new picture of them replaces the one before.
    """
    pictures = [w.window_id for w in batch.plan.windows if w.kind == "quarantine"]
    if pictures and table.columns() is not None:
        older = f"array_contains(rules, '{quality.OUTSIDE}') and {WINDOW} < {max(pictures)}"
        if not table.frame().where(older).isEmpty():
            table.delete(older)
    if counts.quarantined:
        table.ensure(COLUMNS, PLAIN)
        table.replace_windows(rows(batch), batch.plan.window_ids)
    elif table.columns() is None:
        return
    else:
        # A former attempt of a window may have been judged by other rules.
        ids = ", ".join(map(str, batch.plan.window_ids))
        table.delete(f"{WINDOW} IN ({ids})")
    if counts.kept and batch.contract.primary_key:
        gone = corrected(batch, table.frame())
        if not gone.isEmpty():
            table.merge(gone, f"s.{WINDOW} = t.{WINDOW} and s.row = t.row", "WHEN MATCHED THEN DELETE")
