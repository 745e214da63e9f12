"""Small green taxi tables, and the mapping of them to trips."""

from datetime import datetime

import duckdb
import pyarrow as pa
import pytest

from local.source import identity, mapping, tlc

ROW = {
    "VendorID": 2,
    "lpep_pickup_datetime": datetime(2023, 1, 1, 0, 26, 10),
    "lpep_dropoff_datetime": datetime(2023, 1, 1, 0, 37, 11),
    "store_and_fwd_flag": "N",
    "RatecodeID": 1.0,
    "PULocationID": 166,
    "DOLocationID": 143,
    "passenger_count": 1.0,
    "trip_distance": 2.58,
    "fare_amount": 14.9,
    "extra": 1.0,
    "mta_tax": 0.5,
    "tip_amount": 4.03,
    "tolls_amount": 0.0,
    "ehail_fee": None,
    "improvement_surcharge": 1.0,
    "total_amount": 24.18,
    "payment_type": 1.0,
    "trip_type": 1.0,
    "congestion_surcharge": 2.75,
}
# The types of 2023-01.
TYPES = {name: pa.float64() for name in ROW} | {
    "VendorID": pa.int64(),
    "lpep_pickup_datetime": pa.timestamp("us"),
    "lpep_dropoff_datetime": pa.timestamp("us"),
    "store_and_fwd_flag": pa.string(),
    "PULocationID": pa.int64(),
    "DOLocationID": pa.int64(),
    "ehail_fee": pa.null(),
}


def green(*changes: dict, **types: pa.DataType) -> pa.Table:
    """Rows like ROW, each with its changes, in the types of 2023-01 or those given."""
    rows = [ROW | change for change in (changes or ({},))]
    return pa.table({n: pa.array([r[n] for r in rows], (TYPES | types)[n]) for n in ROW})


class Mapped:
    """A mapped table: `trips` as dicts by row of the file, `unplaced`, `refunds`, `rounded`, `samples`."""

    def __init__(self, table: pa.Table, drivers: int = 500):
        with duckdb.connect(":memory:") as db:
            mapping.load(db, tlc.select(table, "test"))
            identity.identify(db, drivers)
            found = db.execute("select * from trip")
            names = [d[0] for d in found.description]
            trips = [dict(zip(names, values, strict=True)) for values in found.fetchall()]
            self.trips = {t["row"]: t for t in trips}
            self.in_order = [t["row"] for t in trips]
            self.refunds = db.execute("select count(*) from refund").fetchone()[0]
            self.unplaced = mapping.unplaced(db)
            self.rounded = mapping.rounded(db)
            self.samples = {reason: mapping.samples(db, reason) for reason in self.unplaced}

    @property
    def trip(self) -> dict:
        """The only trip."""
        (trip,) = self.trips.values()
        return trip


@pytest.fixture
def mapped():
    return lambda *changes, **types: Mapped(green(*changes, **types))


@pytest.fixture
def map_table():
    return Mapped


@pytest.fixture
def green_table():
    return green
