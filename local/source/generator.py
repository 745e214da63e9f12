"""More trips than one month has, with the distributions of a real month.

Rows of the bundled month are repeated, each whole month five weeks further back, so that hours and weekdays
stay, with some seconds of jitter. The same seed gives the same trips, so generating again adds nothing;
another seed, or more trips, adds.
"""

import time
from collections.abc import Sequence
from pathlib import Path

import duckdb

from local.errors import HighwaterError
from local.source import mapping, seeding, tlc, zones
from local.source.results import Progress, SeedResult, silent
from local.state import PROJECT

MONTH = PROJECT / "data" / "green_tripdata_2023-01.parquet"
ZONES = PROJECT / "data" / "taxi_zone_lookup.csv"
SHIFT_DAYS = 35
# After so many shifts (28 years) the first one comes again, since a pickup before 1970 is refused in files.
_SHIFTS = 300


def generate(
    conninfo: str,
    trips: int,
    seed: int = 0,
    drivers: int = 500,
    on_progress: Progress | None = None,
    months: Sequence[Path] = (MONTH,),
) -> SeedResult:
    """Extend the source with `trips` generated trips, refunds among them.

    `months` are the files whose trips are repeated, one after the other. In the result rows_in is `trips` and the
    refunds, as if a file had held them.

    Raises:
        HighwaterError: the number is negative, a month is missing or has no trips, or the
            database is not there.
    """
    started, on_progress = time.monotonic(), on_progress or silent
    if trips < 0 or drivers < 1:
        raise HighwaterError(
            "No trips can be generated",
            f"trips: {trips}, drivers: {drivers}",
            "Give a number of trips from 0 and at least 1 driver.",
        )
    on_progress("read", 0, 1)
    lookup = zones.read(ZONES)
    with duckdb.connect(":memory:") as db:
        _load(db, months)
        repeat(db, trips, seed)
        on_progress("read", 1, 1)
        return seeding.write(conninfo, db, lookup, drivers, (), on_progress, started, True)


def _load(db: duckdb.DuckDBPyConnection, months: Sequence[Path]) -> None:
    """Make table `placed` of the trips of every month, and the others of `mapping` as the last month's."""
    for number, month in enumerate(months):
        mapping.load(db, tlc.read(month))
        if number == 0:
            db.execute("create or replace table every_month as select * from placed")
        else:
            db.execute(
                "insert into every_month select * replace (row + (select max(row) from every_month) as row) from placed"
            )
    db.execute("create or replace table placed as select * from every_month")


def repeat(db: duckdb.DuckDBPyConnection, trips: int, seed: int) -> None:
    """Replace table `placed` by `trips` generated ones, and raw, typed and refund by what they would be.

    Raises HighwaterError when `placed` is empty.
    """
    available = db.execute("select count(*) from placed").fetchone()[0]
    if available == 0:
        raise HighwaterError(
            "No trips can be generated", "the month to repeat has none", "Restore data/ of the project."
        )
    times = ", ".join(
        f"{c} - to_days({SHIFT_DAYS} * (1 + (i // {available}) % {_SHIFTS})) + to_seconds(jitter) as {c}"
        for c in tlc.TIMES
    )
    others = ", ".join(c for c in tlc.COLUMNS if c not in tlc.TIMES)
    db.execute(f"""
        create or replace table placed as
        with template as (
            select *, row_number() over (order by md5('{seed:d} ' || row), row) - 1 as rank from placed
        ), numbered as (
            select i, ('0x' || md5('{seed:d} jitter ' || i)[1:8])::bigint % 60 as jitter
            from range({trips:d}) as numbers (i)
        )
        select i + 1 as row, 'generated {seed:d} ' || i as salt, {times}, {others}, refund_amount
        from numbered join template on rank = i % {available}""")
    columns = ", ".join(tlc.COLUMNS)
    db.execute(f"create or replace table raw as select {columns}, row from placed")
    db.execute("""create or replace table refund as
        select -row as row, row as trip_row, refund_amount as amount from placed
        where refund_amount is not null""")
    flags = ", ".join(
        f"false as {c}"
        for (c,) in db.execute(
            "select column_name from (describe typed) where column_name like 'rounded%'"
        ).fetchall()
    )
    db.execute(f"""
        create or replace table typed as
        select row, {columns}, {flags}, null::varchar as reason, false as negative from placed
        union all
        select r.row, {", ".join("p." + c for c in tlc.COLUMNS)}, {flags}, null, true
        from refund r join placed p on p.row = r.trip_row""")
