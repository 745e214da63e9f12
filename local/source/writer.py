"""Trips into the source: ordinary transactions of some thousand rows, each with its trips and their events.

A trip that is there is left alone, with its events, so loading a file again writes nothing. Times of
writing (created_at, updated_at, recorded_at) and the events' numbers are the database's own.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
import pyarrow as pa
import pyarrow.csv
from psycopg import sql

from local.source import tables

BATCH_ROWS = 20_000
COLUMNS = (
    "trip_id", "driver_id", "vendor_id", "pickup_at", "dropoff_at", "pickup_zone_id", "dropoff_zone_id",
    "passenger_count", "trip_distance", "rate_code_id", "store_and_fwd", "payment_type", "trip_type",
    "fare_amount", "extra", "mta_tax", "tip_amount", "tolls_amount", "ehail_fee", "improvement_surcharge",
    "congestion_surcharge", "total_amount", "status",
)  # fmt: skip
_LIST = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))

_STAGE = sql.SQL(
    "create temp table trip_staging on commit drop as select {columns} from {trip} with no data"
).format(columns=_LIST, trip=tables.name("trip"))
_COPY_CSV = sql.SQL("copy trip_staging ({}) from stdin (format csv)").format(_LIST)
_COPY_ROWS = sql.SQL("copy trip_staging ({}) from stdin").format(_LIST)

# What the trip already tells when it is first written. TLC has no events: they follow from the trip, and
# a payment is taken to happen at the dropoff. A cancelled trip is cancelled at its end, and paid nothing.
_INSERT = sql.SQL("""
    with fresh as (
        insert into {trip} ({columns}, refunded_amount, is_deleted)
        select {columns}, 0, false from trip_staging order by trip_id
        on conflict (trip_id) do nothing
        returning *
    ), happened as (
        insert into {trip_event} (trip_id, event_type, occurred_at, zone_id, amount)
        select f.trip_id, e.event_type, e.occurred_at, e.zone_id, e.amount
        from fresh f
        cross join lateral (values
            (1, 'pickup', f.pickup_at, f.pickup_zone_id, null, true),
            (2, 'dropoff', f.dropoff_at, f.dropoff_zone_id, null, f.dropoff_at is not null),
            (3, 'payment', f.dropoff_at, f.dropoff_zone_id, f.total_amount,
                f.total_amount > 0 and f.dropoff_at is not null and f.status <> 'cancelled'),
            (4, 'cancel', coalesce(f.dropoff_at, f.pickup_at), f.pickup_zone_id, null,
                f.status = 'cancelled')
        ) as e (ordinal, event_type, occurred_at, zone_id, amount, happened)
        where e.happened
        order by e.occurred_at, f.trip_id, e.ordinal
        returning 1
    )
    select (select array_agg(trip_id order by trip_id) from fresh), (select count(*) from happened)
""").format(columns=_LIST, **tables.names())

# Columns of a trip from a file that nothing changes later: where they differ the trip is another one.
_TAKEN = tables.query("""
    select s.trip_id from trip_staging s join {trip} t using (trip_id)
    where (s.vendor_id, s.pickup_at, s.pickup_zone_id, s.dropoff_zone_id, s.trip_distance)
        is distinct from (t.vendor_id, t.pickup_at, t.pickup_zone_id, t.dropoff_zone_id, t.trip_distance)
""")

# TLC does not tell when it was refunded; the trip's end is the earliest that it can have been.
_REFUND = tables.query("""
    with given_back as (
        update {trip} t set status = 'refunded', refunded_amount = r.amount
        from unnest(%(ids)s::bigint[], %(amounts)s::numeric[]) as r (trip_id, amount)
        where t.trip_id = r.trip_id and t.refunded_amount = 0
        returning t.trip_id, coalesce(t.dropoff_at, t.pickup_at) as at, t.dropoff_zone_id, r.amount
    )
    insert into {trip_event} (trip_id, event_type, occurred_at, zone_id, amount)
    select trip_id, 'refund', at, dropoff_zone_id, amount from given_back order by at, trip_id
""")


@dataclass
class Written:
    """How many trips are new, the number of events, and ids that belong to other trips."""

    trips: int
    events: int
    taken: list[int]


def write_table(
    connection: psycopg.Connection, trips: pa.Table, on_rows: Callable[[int], None] = lambda done: None
) -> Written:
    """Write trips, a table with at least COLUMNS and times in UTC without zone, in batches."""
    written = Written(0, 0, [])
    chosen = trips.select(COLUMNS)
    options = pa.csv.WriteOptions(include_header=False)
    for start in range(0, chosen.num_rows, BATCH_ROWS):
        batch, buffer = chosen.slice(start, BATCH_ROWS), io.BytesIO()
        pa.csv.write_csv(batch, buffer, options)
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(_STAGE)
            with cursor.copy(_COPY_CSV) as copy:
                copy.write(buffer.getbuffer())
            ids, events = _insert(cursor)
            if len(ids) < batch.num_rows:
                written.taken += [i for (i,) in cursor.execute(_TAKEN)]
        written.trips += len(ids)
        written.events += events
        on_rows(start + batch.num_rows)
    return written


def write_rows(cursor: psycopg.Cursor, rows: list[tuple]) -> tuple[list[int], int]:
    """Write trips, tuples in the order of COLUMNS, in the caller's transaction.

    Returns the ids that are new, and the number of events.
    """
    cursor.execute(_STAGE)
    with cursor.copy(_COPY_ROWS) as copy:
        for row in rows:
            copy.write_row(row)
    written = _insert(cursor)
    cursor.execute("drop table trip_staging")
    return written


def _insert(cursor: psycopg.Cursor) -> tuple[list[int], int]:
    ids, events = cursor.execute(_INSERT).fetchone()
    return ids or [], events


def write_refunds(connection: psycopg.Connection, refunds: list[tuple[int, object]]) -> int:
    """Refund trips, (trip_id, positive amount), that are not refunded yet. Returns how many were."""
    done = 0
    for start in range(0, len(refunds), BATCH_ROWS):
        ids, amounts = zip(*refunds[start : start + BATCH_ROWS], strict=True)
        with connection.transaction(), connection.cursor() as cursor:
            cursor.execute(_REFUND, {"ids": list(ids), "amounts": list(amounts)})
            done += cursor.rowcount
    return done
