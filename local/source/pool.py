"""What a change can be made of: trips to take after, trips and drivers that may change."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

import psycopg
from psycopg.rows import namedtuple_row

from local.errors import HighwaterError
from local.source import tables

_TEMPLATES = 500
_LONGEST = timedelta(hours=3)


class Trip(NamedTuple):
    """A trip that may change."""

    trip_id: int
    status: str
    total_amount: Decimal | None
    driver_id: int | None


class Driver(NamedTuple):
    """A driver who may change."""

    driver_id: int
    home_borough: str | None
    vehicle_class: str
    rating: Decimal | None
    status: str


@dataclass(frozen=True)
class Pool:
    """Rows in an order that the seed decides, the same for the same seed and source.

    Attributes:
        templates: completed trips, with every column of the table and `took`, their duration.
        trips: trips that ended and are neither withdrawn nor, unless asked for, of the last day.
        open: ids of trips under way.
        drivers: drivers who are not withdrawn.
    """

    templates: list
    trips: list[Trip]
    open: list[int]
    drivers: list[Driver]

    @classmethod
    def read(
        cls,
        connection: psycopg.Connection,
        seed: int,
        trips: int = 0,
        live: bool = False,
        days: float | None = None,
    ) -> "Pool":
        """Read templates, every driver, every open trip, and up to `trips` trips, those of the last `days` if given.

        Raises:
            HighwaterError: the source has no completed trip.
        """
        with connection.cursor(row_factory=namedtuple_row) as cursor:
            values = {
                "seed": seed,
                "templates": _TEMPLATES,
                "longest": _LONGEST,
                "trips": trips,
                "live": live,
                "days": days,
            }
            templates = cursor.execute(_READ_TEMPLATES, values).fetchall()
            if not templates:
                raise HighwaterError(
                    "The source can't be changed", "it has no completed trips", "Run `highwater seed` first."
                )
            open_trips = [r.trip_id for r in cursor.execute(_READ_OPEN, values)]
            found = [Trip(*r) for r in cursor.execute(_READ_TRIPS, values)] if trips else []
            drivers = [Driver(*r) for r in cursor.execute(_READ_DRIVERS, values)]
        return cls(templates, found, open_trips, drivers)


_READ_TEMPLATES = tables.query("""
    select t.*, dropoff_at - pickup_at as took from {trip} t
    where status = 'completed' and not is_deleted and total_amount > 0
        and dropoff_at between pickup_at and pickup_at + %(longest)s
    order by hashint8extended(trip_id, %(seed)s), trip_id limit %(templates)s
""")
_READ_TRIPS = tables.query("""
    select trip_id, status, total_amount, driver_id from {trip}
    where not is_deleted and status <> 'open' and (%(live)s or pickup_at < now() - interval '1 day')
        and (%(days)s::float8 is null or pickup_at > %(days)s * interval '-1 day'
            + (select max(pickup_at) from {trip} where pickup_at < now() - interval '1 day'))
    order by hashint8extended(trip_id, %(seed)s), trip_id limit %(trips)s
""")
_READ_OPEN = tables.query("""
    select trip_id from {trip}
    where not is_deleted and status = 'open' and pickup_at > now() - interval '7 days'
    order by hashint8extended(trip_id, %(seed)s), trip_id
""")
_READ_DRIVERS = tables.query("""
    select driver_id, home_borough, vehicle_class, rating, status from {driver} where not is_deleted
    order by hashint8extended(driver_id, %(seed)s), driver_id
""")
