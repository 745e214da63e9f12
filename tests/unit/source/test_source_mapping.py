"""TLC rows in, the contract's trips out."""

from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from local.source.mapping import NO_TWIN


def test_a_row_becomes_a_trip_with_exact_money_and_utc_times(mapped):
    trip = mapped().trip
    assert {k: v for k, v in trip.items() if k not in ("trip_id", "driver_id", "row")} == {
        "vendor_id": 2,
        "pickup_at": datetime(2023, 1, 1, 5, 26, 10),
        "dropoff_at": datetime(2023, 1, 1, 5, 37, 11),
        "pickup_zone_id": 166,
        "dropoff_zone_id": 143,
        "passenger_count": 1,
        "trip_distance": Decimal("2.58"),
        "rate_code_id": 1,
        "store_and_fwd": False,
        "payment_type": 1,
        "trip_type": 1,
        "fare_amount": Decimal("14.90"),
        "extra": Decimal("1.00"),
        "mta_tax": Decimal("0.50"),
        "tip_amount": Decimal("4.03"),
        "tolls_amount": Decimal("0.00"),
        "ehail_fee": None,
        "improvement_surcharge": Decimal("1.00"),
        "congestion_surcharge": Decimal("2.75"),
        "total_amount": Decimal("24.18"),
        "status": "completed",
        "refund_amount": None,
    }


DRIFTS = {
    "2023-02": {"VendorID": pa.int32(), "PULocationID": pa.int32(), "ehail_fee": pa.float64()},
    "2023-12": {
        "RatecodeID": pa.int64(),
        "passenger_count": pa.int64(),
        "payment_type": pa.int64(),
        "trip_type": pa.int64(),
        "store_and_fwd_flag": pa.large_string(),
    },
    "a column without any value": {"ehail_fee": pa.null()},
    "nanoseconds": {"lpep_pickup_datetime": pa.timestamp("ns"), "lpep_dropoff_datetime": pa.timestamp("s")},
    "single precision": {"fare_amount": pa.float32(), "trip_distance": pa.float32()},
    "a dictionary": {"store_and_fwd_flag": pa.dictionary(pa.int8(), pa.string())},
}


@pytest.mark.parametrize("types", DRIFTS.values(), ids=DRIFTS)
def test_drifting_types_give_the_same_trip(mapped, types):
    assert mapped({}, **types).trip == mapped().trip


def test_decimals_and_text_give_the_same_trip(map_table, green_table):
    table = green_table()
    as_text = pa.table(
        {
            n: pa.array([None if v[0] is None else f" {v[0]} "], pa.string())
            for n, v in table.to_pydict().items()
        }
    )
    cents = table.set_column(9, "fare_amount", pa.array([Decimal("14.90")], pa.decimal128(8, 2)))
    assert map_table(as_text).trip == map_table(cents).trip == map_table(table).trip


def test_names_are_found_in_any_case_and_order_and_absent_columns_are_null(map_table, green_table):
    table = green_table().drop_columns(["congestion_surcharge", "ehail_fee"])
    renamed = table.rename_columns([f"{n.upper()} " for n in table.column_names])
    shuffled = renamed.select(sorted(renamed.column_names))
    expected = map_table(green_table()).trip | {"congestion_surcharge": None}
    assert map_table(shuffled).trip == expected


def test_nulls_stay_null_and_nan_and_blank_text_are_null(mapped):
    none = {
        "passenger_count": None,
        "payment_type": float("nan"),
        "store_and_fwd_flag": " ",
        "tip_amount": None,
    }
    trip = mapped(none).trip
    assert [trip[c] for c in ("passenger_count", "payment_type", "store_and_fwd", "tip_amount")] == [None] * 4


@pytest.mark.parametrize(("flag", "value"), [("Y", True), ("n", False), (None, None)])
def test_the_flag_is_a_boolean(mapped, flag, value):
    assert mapped({"store_and_fwd_flag": flag}).trip["store_and_fwd"] is value


def test_a_voided_trip_is_cancelled(mapped):
    assert mapped({"payment_type": 6.0}).trip["status"] == "cancelled"


NEGATIVE = {"fare_amount": -14.9, "total_amount": -24.18, "payment_type": 3.0}


def test_a_negative_row_with_a_twin_is_the_refund_of_its_trip(mapped):
    found = mapped({}, NEGATIVE, {"PULocationID": 74})
    assert {r: t["refund_amount"] for r, t in found.trips.items()} == {1: Decimal("24.18"), 3: None}
    assert (found.refunds, found.unplaced) == (1, {})


def test_a_refund_may_differ_in_its_dropoff_zone(mapped):
    found = mapped({}, NEGATIVE | {"DOLocationID": 7})
    assert found.trip["refund_amount"] == Decimal("24.18")


def test_of_two_twins_the_dropoff_zone_decides(mapped):
    found = mapped({"DOLocationID": 9}, {"DOLocationID": 7}, NEGATIVE | {"DOLocationID": 9},
                   NEGATIVE | {"DOLocationID": 7})  # fmt: skip
    assert {r: t["refund_amount"] for r, t in found.trips.items()} == {
        1: Decimal("24.18"),
        2: Decimal("24.18"),
    }
    assert (found.refunds, found.unplaced) == (2, {})


UNLIKE = {
    "another vendor": {"VendorID": 1},
    "another pickup": {"lpep_pickup_datetime": datetime(2023, 1, 1, 0, 26, 11)},
    "another dropoff": {"lpep_dropoff_datetime": datetime(2023, 1, 1, 0, 37, 12)},
    "another pickup zone": {"PULocationID": 167},
    "another total": {"total_amount": -24.17},
    "another fare": {"fare_amount": -14.8},
    "a total that is not negative": {"total_amount": 24.18},
}


@pytest.mark.parametrize("change", UNLIKE.values(), ids=UNLIKE)
def test_a_negative_row_without_a_twin_is_counted_and_shown(mapped, change):
    found = mapped({}, NEGATIVE | change)
    assert list(found.trips) == [1]
    assert found.trip["refund_amount"] is None
    assert (found.refunds, found.unplaced) == (0, {NO_TWIN: 1})
    (sample,) = found.samples[NO_TWIN]
    assert (sample["row"], sample["fare_amount"]) == (2, (NEGATIVE | change)["fare_amount"])


def test_one_trip_is_refunded_once(mapped):
    found = mapped({}, NEGATIVE, NEGATIVE)
    assert (len(found.trips), found.refunds, found.unplaced) == (1, 1, {NO_TWIN: 1})


IMPOSSIBLE = {
    "lpep_pickup_datetime is missing": {"lpep_pickup_datetime": None},
    "lpep_pickup_datetime is not between 1970 and 2099": {"lpep_pickup_datetime": datetime(1969, 12, 31)},
    "lpep_dropoff_datetime is not between 1970 and 2099": {"lpep_dropoff_datetime": datetime(2100, 1, 1)},
    "passenger_count does not fit smallint": {"passenger_count": 1.5},
    "RatecodeID does not fit smallint": {"RatecodeID": 32768.0},
    "PULocationID does not fit integer": {"PULocationID": 2**31},
    "fare_amount does not fit decimal(10,2)": {"fare_amount": 100_000_000.0},
    "tip_amount does not fit decimal(10,2)": {"tip_amount": float("inf")},
    "store_and_fwd_flag is neither Y nor N": {"store_and_fwd_flag": "maybe"},
}


@pytest.mark.parametrize(("reason", "change"), IMPOSSIBLE.items(), ids=IMPOSSIBLE)
def test_a_row_that_can_not_be_placed_is_counted_by_its_reason(mapped, reason, change):
    found = mapped(change, {})
    assert list(found.trips) == [2]
    assert found.unplaced == {reason: 1}


def test_a_time_in_text_that_is_none_is_named(mapped):
    found = mapped({"lpep_pickup_datetime": "soon"}, lpep_pickup_datetime=pa.string())
    assert found.unplaced == {"lpep_pickup_datetime is not a time": 1}


def test_the_edges_of_the_types_are_placed(mapped):
    edges = {"RatecodeID": 32767.0, "PULocationID": 2**31 - 1, "trip_distance": 201421.68}
    trip = mapped(edges | {"total_amount": 99_999_999.99}).trip
    assert (trip["rate_code_id"], trip["pickup_zone_id"]) == (32767, 2**31 - 1)
    assert (trip["trip_distance"], trip["total_amount"]) == (Decimal("201421.68"), Decimal("99999999.99"))


def test_amounts_with_more_decimals_are_rounded_and_counted(mapped):
    found = mapped({"trip_distance": 1.237}, {"trip_distance": 1.23}, {"trip_distance": 1.231})
    assert [found.trips[r]["trip_distance"] for r in (1, 2, 3)] == [Decimal("1.24"), *[Decimal("1.23")] * 2]
    assert found.rounded == {"trip_distance": 2}


def test_no_more_than_three_samples_are_kept_of_a_reason(mapped):
    found = mapped(*[NEGATIVE] * 5)
    assert found.unplaced == {NO_TWIN: 5}
    assert [s["row"] for s in found.samples[NO_TWIN]] == [1, 2, 3]


def test_a_file_without_rows_maps_to_nothing(map_table, green_table):
    found = map_table(green_table().slice(0, 0))
    assert (found.trips, found.unplaced, found.refunds) == ({}, {}, 0)
