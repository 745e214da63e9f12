"""Filling the source from a TLC file: all is read and judged first, then written, then reported."""

import time
from pathlib import Path

import duckdb

from local.errors import HighwaterError
from local.source import database, drivers, identity, mapping, tlc, writer, zones
from local.source.results import Progress, SeedResult, silent


def seed(
    conninfo: str,
    trips_file: Path,
    zones_file: Path,
    drivers: int = 500,
    limit: int | None = None,
    on_progress: Progress | None = None,
) -> SeedResult:
    """Fill or extend the source from a green taxi file. Loading a file again adds nothing.

    Args:
        conninfo: libpq connection string of the source database.
        trips_file: a TLC green taxi Parquet file.
        zones_file: TLC's taxi zone lookup.
        drivers: how many synthetic drivers share the trips.
        limit: read the first so many rows only.
        on_progress: called as (stage, done, total).

    Raises:
        HighwaterError: a file is not what it should be (nothing was written then), or the database is
            not there.
    """
    started, on_progress = time.monotonic(), on_progress or silent
    if drivers < 1 or (limit is not None and limit < 0):
        what = f"drivers: {drivers}" if drivers < 1 else f"limit: {limit}"
        raise HighwaterError("The source can't be seeded", what, "Give at least 1 driver and a limit from 0.")
    on_progress("read", 0, 1)
    lookup = zones.read(zones_file)
    table = tlc.read(trips_file, limit)
    with duckdb.connect(":memory:") as db:
        mapping.load(db, table)
        on_progress("read", 1, 1)
        return write(conninfo, db, lookup, drivers, table.ignored, on_progress, started)


def write(
    conninfo: str,
    db: duckdb.DuckDBPyConnection,
    lookup: zones.ZoneFile,
    driver_count: int,
    ignored: tuple[str, ...],
    on_progress: Progress,
    started: float,
    zones_only_if_none: bool = False,
) -> SeedResult:
    """Write the mapped rows of `db` with their zones and drivers, and say what became of each row."""
    identity.identify(db, driver_count)
    with database.connect(conninfo) as connection:
        zones_written = zones.write(connection, lookup.zones, zones_only_if_none)
        drivers_written = drivers.write(connection, driver_count)
        trips = db.execute("select * exclude (refund_amount, row) from trip").to_arrow_table()
        written = writer.write_table(
            connection, trips, lambda done: on_progress("trips", done, trips.num_rows)
        )
        _set_aside(db, written.taken)
        refunds = db.execute(
            "select trip_id, refund_amount from trip where refund_amount is not null order by trip_id"
        ).fetchall()
        on_progress("refunds", 0, len(refunds))
        refunds_applied = writer.write_refunds(connection, refunds)
        on_progress("refunds", len(refunds), len(refunds))
    placed = db.execute("select count(*) from trip").fetchone()[0]
    unplaced = mapping.unplaced(db)
    return SeedResult(
        rows_in=db.execute("select count(*) from typed").fetchone()[0],
        trips=placed,
        refunds=len(refunds),
        unplaced=unplaced,
        samples={reason: mapping.samples(db, reason) for reason in unplaced},
        events=written.events + refunds_applied,
        drivers=drivers_written,
        zones=zones_written,
        already_there=placed - written.trips,
        refunds_applied=refunds_applied,
        rounded=mapping.rounded(db),
        ignored=ignored,
        zones_skipped=lookup.skipped,
        seconds=time.monotonic() - started,
    )


def _set_aside(db: duckdb.DuckDBPyConnection, taken: list[int]) -> None:
    """Give the reason to rows whose identity is another trip's, in the file or in the source.

    The refund of such a row goes with it, since there is no trip of its own to update.
    """
    db.execute("insert into taken select row from trip where list_contains(?, trip_id)", [taken])
    db.execute("delete from trip where list_contains(?, trip_id)", [taken])
    db.execute(
        """update typed set reason = ? where row in (select row from taken)
           or row in (select row from refund where trip_row in (select row from taken))""",
        [identity.TAKEN],
    )
