"""A trip's identity: stable, ordered by pickup, and never shared."""

import hashlib
from datetime import UTC, datetime

import duckdb
import pytest

from local.source import identity, mapping, tlc
from local.source.generator import MONTH


def by_hand(wall_pickup, wall_dropoff, rest, utc_pickup, nth=1):
    """The rule of `identity`, once more, in plain Python."""
    key = f"2|{wall_pickup}|{wall_dropoff}|{rest}|#{nth}"
    bits = int(hashlib.md5(key.encode()).hexdigest()[:8], 16) & (2**30 - 1)
    return int(utc_pickup.replace(tzinfo=UTC).timestamp()) * 2**30 + bits


def test_the_id_follows_the_written_rule(mapped):
    expected = by_hand(
        "2023-01-01 00:26:10", "2023-01-01 00:37:11", "166|143|2.58", datetime(2023, 1, 1, 5, 26, 10)
    )
    assert (mapped().trip["trip_id"], expected) == (1795887714672994267,) * 2


def test_types_order_and_amounts_do_not_change_the_id(mapped):
    first = {"lpep_pickup_datetime": datetime(2023, 1, 1, 0, 20)}
    alone = mapped().trip["trip_id"]
    assert mapped(first, {"total_amount": 25.0, "passenger_count": 2.0}).trips[2]["trip_id"] == alone


@pytest.mark.parametrize(
    "change", [{"VendorID": 1}, {"DOLocationID": 9}, {"PULocationID": None}, {"trip_distance": 2.59}]
)
def test_what_the_meter_recorded_tells_trips_apart(mapped, change):
    found = mapped({}, change)
    assert found.trips[1]["trip_id"] != found.trips[2]["trip_id"]


def test_rows_equal_in_all_of_it_are_numbered_by_the_rest_not_by_their_place(mapped):
    dear, cheap = {"total_amount": 30.0}, {"total_amount": 20.0}
    one, other = mapped(dear, cheap), mapped(cheap, dear)
    assert one.trips[1]["trip_id"] == other.trips[2]["trip_id"]
    assert one.trips[2]["trip_id"] == other.trips[1]["trip_id"]
    assert len({one.trips[1]["trip_id"], one.trips[2]["trip_id"]}) == 2


def test_ids_rise_with_the_pickup(mapped):
    found = mapped(
        {},
        {"lpep_pickup_datetime": datetime(2022, 12, 31, 23)},
        {"lpep_pickup_datetime": datetime(2023, 1, 1)},
    )
    assert found.in_order == [2, 3, 1]


def test_the_driver_is_one_of_those_there_are_and_always_the_same(map_table, green_table):
    rows = [{"trip_distance": i / 100} for i in range(400)]
    drivers = [t["driver_id"] for t in map_table(green_table(*rows), drivers=7).trips.values()]
    assert set(drivers) == {1, 2, 3, 4, 5, 6, 7}
    assert drivers == [t["driver_id"] for t in map_table(green_table(*rows), drivers=7).trips.values()]


def test_two_trips_with_one_identity_are_not_mixed_up(map_table, green_table, monkeypatch):
    monkeypatch.setattr(identity, "HASH_BITS", 0)  # every trip of a second collides
    with duckdb.connect(":memory:") as db:
        mapping.load(db, tlc.select(green_table({}, {"VendorID": 1}), "test"))
        identity.identify(db, 5)
        assert db.execute("select count(*) from trip").fetchone() == (1,)
        assert db.execute("select count(*) from taken").fetchone() == (1,)


@pytest.fixture(scope="module")
def month():
    with duckdb.connect(":memory:") as db:
        mapping.load(db, tlc.read(MONTH))
        identity.identify(db, 500)
        yield db


def test_the_bundled_month_has_a_unique_id_for_each_trip(month):
    found = month.execute(
        "select count(*), count(distinct trip_id), min(trip_id), max(trip_id) from trip"
    ).fetchone()
    assert found[:2] == (68_032, 68_032)
    # 2009-01-02 01:21:27 UTC and 2023-02-01 08:10:05 UTC
    assert [i >> 30 for i in found[2:]] == [1_230_859_287, 1_675_239_005]


def test_the_bundled_months_money_is_kept_to_the_cent(month):
    exact = month.execute("""
        select count(*) from trip join raw using (row)
        where round(raw.total_amount * 100)::bigint <> (trip.total_amount * 100)::bigint
            or round(raw.trip_distance * 100)::bigint <> (trip.trip_distance * 100)::bigint""").fetchone()
    assert exact == (0,)
    assert mapping.rounded(month) == {}


def test_every_trip_of_the_bundled_month_takes_as_long_as_the_clocks_say(month):
    assert month.execute("""
        select count(*) from trip join raw using (row)
        where trip.dropoff_at - trip.pickup_at <> raw.dropoff_at - raw.pickup_at
           or trip.pickup_at - raw.pickup_at <> interval 5 hours""").fetchone() == (0,)
