"""New York's wall time to UTC, for the hours that come twice and those that never come.

TLC writes wall time without an offset. In autumn an hour comes twice, in spring an hour is skipped, though
a clock that was not moved may show it. Such a time has two readings: with the offset before the change and
with the one after it. The rule: of the readings of a trip's two ends take those which make the trip
shortest without letting it end before it began; of equals, or where none does, those with the offset
before the change.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

NEW_YORK = ZoneInfo("America/New_York")


def offsets(hours: list[datetime]) -> list[tuple[int, int]]:
    """Seconds east of UTC before and after a change, for each wall clock hour; equal where none is near.

    New York changed its offset only at full hours in the years that the mapping takes.
    """
    return [
        tuple(int(h.replace(tzinfo=NEW_YORK, fold=fold).utcoffset().total_seconds()) for fold in (0, 1))
        for h in hours
    ]


def to_utc(db: duckdb.DuckDBPyConnection, source: str, target: str) -> None:
    """Make table `target`: all of `source`, and pickup_utc and dropoff_utc from pickup_at and dropoff_at."""
    hours = db.execute(f"""
        select distinct date_trunc('hour', t) from (
            select pickup_at as t from {source} union all select dropoff_at from {source}
        ) where t is not null""").fetchall()
    known = [h for (h,) in hours]
    pairs = offsets(known)
    wall_hour = pa.table({
        "hour": pa.array(known, pa.timestamp("us")),
        "before": pa.array([b for b, _ in pairs], pa.int64()),
        "after": pa.array([a for _, a in pairs], pa.int64()),
    })  # fmt: skip
    db.register("wall_hour", wall_hour)
    db.execute(f"""
        create or replace table {target} as
        with readings as (
            select s.*,
                pickup_at - to_seconds(p.before) as p0, pickup_at - to_seconds(p.after) as p1,
                dropoff_at - to_seconds(d.before) as d0, dropoff_at - to_seconds(d.after) as d1
            from {source} s
            left join wall_hour p on p.hour = date_trunc('hour', pickup_at)
            left join wall_hour d on d.hour = date_trunc('hour', dropoff_at)
        ), chosen as (
            select *, case when p0 = p1 and d0 = d1 then null else list_min(list_filter([
                {{took: d0 - p0, rank: 0, p: p0, d: d0}}, {{took: d1 - p1, rank: 1, p: p1, d: d1}},
                {{took: d1 - p0, rank: 2, p: p0, d: d1}}, {{took: d0 - p1, rank: 3, p: p1, d: d0}}
            ], lambda reading: reading.took >= interval 0 second)) end as best
            from readings
        )
        select * exclude (p0, p1, d0, d1, best),
            coalesce(best.p, p0) as pickup_utc, coalesce(best.d, d0) as dropoff_utc
        from chosen""")
    db.unregister("wall_hour")
