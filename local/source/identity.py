"""The identity of a trip, which TLC does not give, and its driver, whom TLC does not name.

trip_id = UTC second of the pickup x 2^30 + 30 bits of a hash of what the meter recorded: vendor, both wall
times, both zones, distance, and the how-manieth row this is of those that agree in all of it. So a trip
has the same id in every file that holds it and in every load, amounts that TLC corrects later do not change
it, and ids rise with the pickup, so that a month lies together. Two trips of one second share their bits
once in 10^9 pairs: then the first by the key keeps the id and the other is not placed but counted, since
any other id would depend on which of them a file happens to hold.

The driver is synthetic: the same hash, over the number of drivers.
"""

import duckdb

from local.source import tables, tlc, wall_time

HASH_BITS = 30
TAKEN = "the identity is taken by another trip"

_KEY = ("vendor_id", "pickup_at", "dropoff_at", "pickup_zone_id", "dropoff_zone_id", "trip_distance")
# Which of several equal rows is the first is settled by the rest of the row.
_REST = tuple(c for c in tlc.COLUMNS if c not in _KEY)
# TLC's payment_type of a voided trip.
_VOIDED = 6


def identify(db: duckdb.DuckDBPyConnection, drivers: int) -> None:
    """Make table trip of `placed`: the contract's columns in UTC, refund_amount, row; ordered by trip_id.

    Table `taken` holds the rows whose identity is another trip's.
    """
    wall_time.to_utc(db, "placed", "dated")
    key = ", ".join(f"coalesce({c}::varchar, '')" for c in _KEY)
    columns = ", ".join(c for c in tlc.COLUMNS if c not in tlc.TIMES)
    db.execute(f"""
        create or replace table identified as
        with keyed as (
            select *, concat_ws('|', {key}, salt) as meter from dated
        ), counted as (
            select *, meter || '#' || row_number() over
                (partition by meter order by {", ".join(_REST)}, row) as key from keyed
        ), hashed as (
            select *, md5(key) as hash from counted
        ), named as (
            select *, (epoch_us(pickup_utc) // 1000000) * {1 << HASH_BITS}
                + (('0x' || hash[1:8])::bigint & {(1 << HASH_BITS) - 1}) as trip_id
            from hashed
        )
        select *, row_number() over (partition by trip_id order by key) as nth from named""")
    db.execute("create or replace table taken as select row from identified where nth > 1")
    db.execute(f"""
        create or replace table trip as
        select trip_id, (1 + ('0x' || hash[9:16])::bigint % {int(drivers)})::integer as driver_id,
            pickup_utc as pickup_at, dropoff_utc as dropoff_at, {columns},
            case when payment_type = {_VOIDED} then 'cancelled' else 'completed' end as status,
            refund_amount::{tables.type_of("trip", "refunded_amount")} as refund_amount, row
        from identified where nth = 1 order by trip_id""")
