"""Rows that broke a rule: kept with the rules' names, their window, and the row as it came."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from highwater_transforms.batch import Batch, Counts
from highwater_transforms.dedupe import PLACE, QUARANTINED
from highwater_transforms.delta import PLAIN, DeltaTable
from highwater_transforms.quality import BROKEN
from highwater_transforms.system import TAGS, WINDOW, Columns

# Spark's own format cuts a timestamp to milliseconds.
AS_JSON = {"ignoreNullFields": "false", "timestampFormat": "yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX"}

COLUMNS: Columns = (*TAGS, ("rules", "array<string>"), ("row", "string"))


def rows(batch: Batch) -> DataFrame:
    """The rejected rows: the tags, `rules` array<string>, `row` string, JSON of the contract's columns, nulls too."""
    content = F.to_json(F.struct(*batch.contract.names), AS_JSON).alias("row")
    return batch.placed.where(F.col(PLACE) == QUARANTINED).select(
        *(n for n, _ in TAGS), F.col(BROKEN).alias("rules"), content
    )


def write(batch: Batch, counts: Counts, table: DeltaTable) -> None:
    """Put the batch's rejected rows in the place of what was held of its windows."""
    if counts.quarantined:
        table.ensure(COLUMNS, PLAIN)
        table.replace_windows(rows(batch), batch.plan.window_ids)
    elif table.columns() is not None:
        # A former attempt of a window may have been judged by other rules.
        ids = ", ".join(map(str, batch.plan.window_ids))
        table.delete(f"{WINDOW} IN ({ids})")
