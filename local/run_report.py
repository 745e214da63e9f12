"""One run's rows by stage, and whether they add up: landed = silver + quarantine + duplicates + superseded.

Three counts are held against each other: the ledger's, of what Copy wrote; bronze's own rows of the run's batch,
counted here; and the job's receipt, which tells what became of each of them.
"""

from dataclasses import dataclass

import duckdb

from local.factory import report
from local.receipts import receipts
from local.serving import delta, engine
from local.serving.tsql.values import quoted
from local.stack import LocalStack

_COUNTS = ("landed", "inserted", "updated", "unchanged", "quarantined", "duplicates", "superseded", "deleted")


@dataclass(frozen=True)
class Stages:
    """What became of one table's rows in one run.

    Attributes:
        read: rows that Copy wrote to landing, by the ledger.
        bronze: rows of the run's batch that bronze holds now; None when the table is not there.
        silver: kept rows: inserted + updated + unchanged.
        problems: what does not add up, in words; empty when all does.
    """

    table: str
    status: str
    read: int
    bronze: int | None = None
    landed: int | None = None
    silver: int | None = None
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    quarantined: int = 0
    duplicates: int = 0
    superseded: int = 0
    deleted: int = 0
    problems: tuple[str, ...] = ()


def stages(stack: LocalStack, run_id: str) -> list[Stages]:
    """The stages of every table of a run, by name.

    A run of which maintenance has swept the receipts, or that failed before there was one, has no counts of its
    own: that is told as a problem when rows were read.
    """
    told = {r["table_name"]: r for r in receipts(stack, run_id) if r["status"] == "merged"}
    with engine.session() as connection:
        return [
            _of(
                row,
                told.get(row["table_name"]),
                _bronze(stack, connection, row["table_name"], row["batch_id"]),
            )
            for row in report(stack, run_id)
        ]


def _bronze(stack: LocalStack, connection: duckdb.DuckDBPyConnection, table: str, batch: int) -> dict | None:
    """Rows of the batch by their place: kept, quarantined, duplicate or superseded."""
    folder = stack.container("bronze") / table
    if not delta.exists(folder):
        return None
    rows = f"delta_scan({quoted(folder.as_uri())}) where _batch_id = {int(batch)}"
    return dict(connection.execute(f"select _place, count(*) from {rows} group by 1").fetchall())


def _of(row: dict, receipt: dict | None, bronze: dict | None) -> Stages:
    placed = None if bronze is None else sum(bronze.values())
    if receipt is None:
        problems = ("no receipt tells what became of them",) if row["rows"] else ()
        return Stages(row["table_name"], row["status"], row["rows"], placed, problems=problems)
    counts = {name: receipt[name] for name in _COUNTS}
    silver = counts["inserted"] + counts["updated"] + counts["unchanged"]
    sums = silver + counts["quarantined"] + counts["duplicates"] + counts["superseded"]
    problems = [
        f"{what}: {left:,} and {right:,}"
        for what, left, right in (
            ("landed, and silver + quarantine + duplicates + superseded", counts["landed"], sums),
            ("read by Copy, and landed", row["rows"], counts["landed"]),
            ("rows of the batch in bronze, and landed", placed or 0, counts["landed"]),
            (
                "quarantined in bronze, and by the receipt",
                (bronze or {}).get("quarantined", 0),
                counts["quarantined"],
            ),
            (
                "duplicates in bronze, and by the receipt",
                (bronze or {}).get("duplicate", 0),
                counts["duplicates"],
            ),
        )
        if left != right
    ]
    return Stages(
        row["table_name"],
        row["status"],
        row["rows"],
        placed,
        silver=silver,
        **counts,
        problems=tuple(problems),
    )
