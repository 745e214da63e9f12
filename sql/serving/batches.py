"""Views on how far what is served has come: the published batch, the batch and the freshness of each table.

A run writes gold table by table and publishes its batch last, when all of them are merged, with the names of the
tables that it had to do with. So a table whose newest row is of a later batch than any that was published with it is in
the midst of a run, or of one that died or in which a table failed: `agrees` is 0 until a run that has to do with it is
whole. One that has not says nothing of it. The restricted tables have no part in it, since readers of `mart` can't see
them.
"""

from collections.abc import Sequence

from contracts import Contract
from sql.serving.texts import fill, identifier, literal
from sql.serving.views import views

FOLDER = "published_batch"  # of the Delta table in gold, which the job writes
_UNION = "\n    UNION ALL\n    "


def batch_scripts(contracts: Sequence[Contract]) -> list[tuple[str, str]]:
    """(`schema.view`, script) of each view, in the order in which they build on one another and on all others."""
    return [
        ("mart.published_batches", fill("published", folder=FOLDER)),
        ("mart.published_batch", fill("published_newest")),
        ("mart.batch_status", fill("batch_status", tables=_UNION.join(_newest(contracts)))),
        ("mart.freshness", fill("freshness", tables=_UNION.join(map(_served_up_to, contracts)))),
    ]


def _named(table: str) -> str:
    return f"CAST('{literal(table)}' AS VARCHAR(128)) AS [table_name]"


def _newest(contracts: Sequence[Contract]) -> list[str]:
    """A SELECT a gold table: its newest batch, of rows that are gone too where the table marks them."""
    marked = {v.folder: v.name for c in contracts for v in views(c) if v.shows_removed}
    tables = [v.name for c in contracts for v in views(c) if v.schema == "mart" and not v.shows_removed]
    return [
        f"SELECT {_named(table)}, MAX([batch_id]) AS [batch_id] FROM [mart].{identifier(marked.get(table, table))}"
        for table in tables
    ]


def _served_up_to(contract: Contract) -> str:
    """How far a table's cursor has come: a time or a number, NULL where it has none."""
    time = number = "NULL"
    if contract.cursor is not None:
        newest = f"MAX({identifier(contract.cursor.column)})"
        time, number = (newest, number) if contract.cursor.kind == "timestamp" else (time, newest)
    return (
        f"SELECT {_named(contract.gold.table)}, MAX([batch_id]) AS [batch_id], "
        f"CAST({time} AS DATETIME2(6)) AS [served_up_to], CAST({number} AS BIGINT) AS [served_up_to_number], "
        f"{contract.freshness.total_seconds():.0f} AS [freshness_target_seconds] "
        f"FROM [mart].{identifier(contract.gold.table + '_changes')}"
    )
