"""The changes themselves, each in the transaction of the cursor that it is given.

They write the trip and the events that tell of it, and never the columns that the database keeps itself.
Each returns what the database says that it wrote.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

import psycopg

from local.source import tables, writer
from local.source.drivers import BOROUGHS, CLASSES
from local.source.identity import HASH_BITS
from local.source.pool import Driver, Pool, Trip

_BEFORE_PICKUP = timedelta(minutes=5)
_EMPTY_WHILE_OPEN = (
    "dropoff_at", "dropoff_zone_id", "trip_distance", "payment_type", "fare_amount", "extra", "mta_tax",
    "tip_amount", "tolls_amount", "ehail_fee", "improvement_surcharge", "congestion_surcharge",
    "total_amount",
)  # fmt: skip


def insert(
    cursor: psycopg.Cursor, rng: Random, pool: Pool, n: int, open_share: float = 0.0, bad: bool = False
) -> tuple[list[int], int]:
    """Insert `n` trips of the present with their events; `bad` ones end before they begin.

    Returns their ids and the number of events.
    """
    ids, events = [], 0
    now = cursor.execute("select date_trunc('second', clock_timestamp())").fetchone()[0]
    while len(ids) < n:  # an id that is taken already is drawn again
        rows = [_new_trip(rng, pool, now, rng.random() < open_share, bad) for _ in range(n - len(ids))]
        written, happened = writer.write_rows(cursor, list({row[0]: row for row in rows}.values()))
        ids += written
        events += happened
    return ids, events


def _new_trip(rng: Random, pool: Pool, now: datetime, is_open: bool, bad: bool) -> tuple:
    """A trip like one of the templates, that ended (or, when open, began) in the last minutes."""
    template = rng.choice(pool.templates)
    dropoff = now - timedelta(seconds=rng.randrange(60))
    pickup = dropoff - (timedelta(seconds=rng.randrange(600)) if is_open else template.took)
    values = template._asdict() | {
        "trip_id": (int(pickup.timestamp()) << HASH_BITS) | rng.getrandbits(HASH_BITS),
        "driver_id": rng.choice(pool.drivers).driver_id if pool.drivers else None,
        "pickup_at": pickup,
        "dropoff_at": pickup - _BEFORE_PICKUP if bad else dropoff,
        "status": "open" if is_open else "completed",
    }
    if is_open:
        values |= dict.fromkeys(_EMPTY_WHILE_OPEN)
    return tuple(values[c] for c in writer.COLUMNS)


def update(cursor: psycopg.Cursor, rng: Random, pool: Pool, trips: list[Trip]) -> tuple[list[int], int]:
    """Change trips that ended: a tip that came later, a refund, a cancellation, another driver.

    Returns the ids that changed and the number of events.
    """
    others = [d.driver_id for d in pool.drivers]
    kinds, amounts, drivers = [], [], []
    for trip in trips:
        kind = rng.choices(("payment", "refund", "cancel", "driver"), (60, 20, 10, 10))[0]
        choice = rng.choice(others) if others else None
        if trip.status != "completed" or not trip.total_amount or trip.total_amount <= 0:
            kind = "payment"  # nothing to give back or to cancel
        if kind == "driver" and choice in (None, trip.driver_id):
            kind = "payment"
        kinds.append(kind)
        amounts.append(Decimal(rng.randrange(50, 500)) / 100)
        drivers.append(choice)
    ids = [t.trip_id for t in trips]
    return _changed(
        cursor.execute(_UPDATE, {"ids": ids, "kinds": kinds, "amounts": amounts, "drivers": drivers})
    )


def end(cursor: psycopg.Cursor, rng: Random, pool: Pool, ids: list[int]) -> tuple[list[int], int]:
    """End trips that are under way: dropoff, distance and payment. Returns ids and the number of events."""
    likes = [rng.choice(pool.templates) for _ in ids]
    names = ("dropoff_zone_id", "trip_distance", "payment_type", "fare_amount", "tip_amount", "total_amount")
    return _changed(cursor.execute(_END, {"ids": ids} | {n: [getattr(t, n) for t in likes] for n in names}))


def _changed(cursor: psycopg.Cursor) -> tuple[list[int], int]:
    ids, events = cursor.fetchone()
    return ids or [], events


def withdraw(cursor: psycopg.Cursor, trips: list[Trip]) -> list[int]:
    """Mark trips as deleted. Returns the ids that were not before."""
    return [i for (i,) in cursor.execute(_WITHDRAW, [[t.trip_id for t in trips]])]


def change_drivers(cursor: psycopg.Cursor, rng: Random, drivers: list[Driver]) -> list[int]:
    """Change one value of each driver: rating, borough, vehicle or status. Returns their ids."""
    changed = [_other_driver(rng, d) for d in drivers]
    columns = [list(c) for c in zip(*changed, strict=True)] or [[]] * 5
    return [i for (i,) in cursor.execute(_CHANGE_DRIVERS, columns)]


def _other_driver(rng: Random, driver: Driver) -> Driver:
    match rng.choices(("rating", "home_borough", "vehicle_class", "status"), (60, 15, 15, 10))[0]:
        case "rating":
            rating = driver.rating if driver.rating is not None else Decimal("4.00")
            step = Decimal("0.05") if rating <= Decimal("4.90") else Decimal("-0.10")
            return driver._replace(rating=rating + step)
        case "home_borough":
            return driver._replace(home_borough=rng.choice([b for b in BOROUGHS if b != driver.home_borough]))
        case "vehicle_class":
            other = sorted(set(CLASSES) - {driver.vehicle_class})
            return driver._replace(vehicle_class=rng.choice(other))
    return driver._replace(status="active" if driver.status != "active" else "paused")


_UPDATE = tables.query("""
    with asked as (
        select * from unnest(%(ids)s::bigint[], %(kinds)s::text[], %(amounts)s::numeric[],
            %(drivers)s::integer[]) as a (trip_id, kind, amount, driver)
    ), changed as (
        update {trip} t set
            tip_amount = case kind when 'payment' then coalesce(tip_amount, 0) + amount
                else tip_amount end,
            total_amount = case kind when 'payment' then coalesce(total_amount, 0) + amount
                else total_amount end,
            refunded_amount = case kind when 'refund' then total_amount else refunded_amount end,
            status = case kind when 'refund' then 'refunded' when 'cancel' then 'cancelled' else status end,
            driver_id = case kind when 'driver' then driver else driver_id end
        from asked a where a.trip_id = t.trip_id and not t.is_deleted
        returning t.trip_id, kind, pickup_zone_id, dropoff_zone_id,
            case kind when 'payment' then amount when 'refund' then refunded_amount end as amount
    ), happened as (
        insert into {trip_event} (trip_id, event_type, occurred_at, zone_id, amount)
        select trip_id, kind, now(),
            case kind when 'cancel' then pickup_zone_id else dropoff_zone_id end, amount
        from changed where kind <> 'driver' order by trip_id
        returning 1
    )
    select (select array_agg(trip_id order by trip_id) from changed), (select count(*) from happened)
""")
_END = tables.query("""
    with asked as (
        select * from unnest(%(ids)s::bigint[], %(dropoff_zone_id)s::integer[], %(trip_distance)s::numeric[],
            %(payment_type)s::smallint[], %(fare_amount)s::numeric[], %(tip_amount)s::numeric[],
            %(total_amount)s::numeric[])
            as a (trip_id, zone, distance, payment_type, fare, tip, total)
    ), changed as (
        update {trip} t set
            dropoff_at = date_trunc('second', now()), dropoff_zone_id = zone, trip_distance = distance,
            payment_type = a.payment_type, fare_amount = fare, tip_amount = tip, total_amount = total,
            status = 'completed'
        from asked a where a.trip_id = t.trip_id and t.status = 'open' and not t.is_deleted
        returning t.trip_id, t.dropoff_at, t.dropoff_zone_id, t.total_amount
    ), happened as (
        insert into {trip_event} (trip_id, event_type, occurred_at, zone_id, amount)
        select c.trip_id, e.event_type, c.dropoff_at, c.dropoff_zone_id, e.amount
        from changed c cross join lateral (values (1, 'dropoff', null), (2, 'payment', c.total_amount))
            as e (ordinal, event_type, amount)
        order by c.trip_id, e.ordinal
        returning 1
    )
    select (select array_agg(trip_id order by trip_id) from changed), (select count(*) from happened)
""")
_WITHDRAW = tables.query(
    "update {trip} set is_deleted = true where trip_id = any(%s) and not is_deleted returning trip_id"
)
_CHANGE_DRIVERS = tables.query("""
    update {driver} d
    set home_borough = a.home_borough, vehicle_class = a.vehicle_class, rating = a.rating, status = a.status
    from unnest(%s::integer[], %s::text[], %s::text[], %s::numeric[], %s::text[])
        as a (driver_id, home_borough, vehicle_class, rating, status)
    where d.driver_id = a.driver_id returning d.driver_id
""")
