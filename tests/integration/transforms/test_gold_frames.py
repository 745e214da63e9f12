"""Frames in, frames out, from silver to gold: what is looked up, served, kept apart, counted, and looked up again."""

from datetime import date
from decimal import Decimal

import pytest
from highwater_transforms import gold_aggregate, gold_late, gold_static, gold_table, lookup
from literal_frames import RIDE, TAGS, day, frame, parsed, tags
from transform_lake import literal

from contracts import load_all

pytestmark = pytest.mark.spark

SHIPPED = {c.table: c for c in load_all()}
DRIVER = """driver_id int, driver_key string, home_borough string, vehicle_class string, valid_from timestamp, \
valid_to timestamp"""


def zones(spark):
    columns = "zone_id int, zone_name string, borough string, service_zone string"
    return frame(spark, columns, (7, "Astoria", "Queens", "Boro Zone"), (8, None, "Bronx", None))


def drivers(spark):
    return frame(
        spark, DRIVER,
        (1, "1@a", "Queens", "sedan", day(5), day(9)), (1, "1@b", None, "van", day(9), None),
    )  # fmt: skip


def test_a_row_gets_the_columns_of_what_it_refers_to_and_stand_ins_for_what_is_not_there(spark):
    columns = """trip_id bigint, pickup_zone_id int, dropoff_zone_id int, driver_id int, pickup_at timestamp, \
payment_type smallint, rate_code_id smallint"""
    rows = frame(
        spark, columns,
        (1, 7, 8, 1, day(1), 1, 1),  # before its driver's first version, which counts from the beginning
        (2, 9, None, 1, day(9), None, 42), (3, 7, 7, 2, day(9), 2, 99), (4, None, 8, None, day(8), 0, 2),
    )  # fmt: skip
    there = {"dim_zone": zones(spark), "dim_driver": drivers(spark)}
    found = rows.transform(lookup.looked_up(parsed(SHIPPED["trip"]), there))
    told = ("pickup_zone_key", "pickup_zone", "dropoff_zone_key", "dropoff_zone", "dropoff_borough", "driver_key",
            "driver_home_borough", "payment_key", "payment_name", "rate_key", "rate_name")  # fmt: skip
    assert literal(found, "trip_id", *told) == [
        (1, 7, "Astoria", 8, None, "Bronx", "1@a", "Queens", 1, "Credit card", 1, "Standard rate"),
        (2, -1, "Unknown", -1, "Unknown", "Unknown", "1@b", None, -1, "Unknown", -1, "Unknown"),
        (3, 7, "Astoria", 7, "Astoria", "Queens", "-1", "Unknown", 2, "Cash", 99, "Null or unknown"),
        (4, -1, "Unknown", 8, None, "Bronx", "-1", "Unknown", 0, "Flex fare", 2, "JFK"),
    ]  # fmt: skip
    nowhere = rows.transform(lookup.looked_up(parsed(SHIPPED["trip"]), {}))
    assert literal(nowhere, "trip_id", "pickup_zone_key", "driver_key", "payment_name")[0] == (
        1, -1, "-1", "Credit card",
    )  # fmt: skip
    assert nowhere.columns == found.columns


def test_a_row_is_served_without_its_sensitive_columns_which_are_kept_apart(spark, ride, person):
    silver = frame(
        spark, f"{RIDE}, {TAGS}, _removed boolean",
        (1, 5, 100, "ann", False, "2024-01-01 23:59:59.999999", *tags(1), False),
        (2, None, None, None, True, day(2), *tags(1), True),
    )  # fmt: skip
    served = silver.transform(gold_table.served(parsed(ride), 9, {}))
    assert served.columns == ["id", "zone", "cents", "cancelled", "at", "day", "_batch_id", "_removed"]
    assert literal(served, "id", "zone", "day", "_batch_id", "_removed") == [
        (1, 5, date(2024, 1, 1), 9, False), (2, None, date(2024, 1, 2), 9, True),
    ]  # fmt: skip
    apart = silver.transform(gold_table.restricted(parsed(ride), 9))
    assert literal(apart, *apart.columns) == [(1, "ann", 9, False), (2, None, 9, True)]
    history = frame(
        spark, f"id bigint, name string, valid_from timestamp, {TAGS}, _removed boolean",
        (1, "n", day(1), *tags(1), False),
    )  # fmt: skip
    apart = history.transform(gold_table.restricted(parsed(person), 9))
    assert literal(apart, *apart.columns) == [(1, day(1), "n", 9, False)]


def test_events_are_numbered_within_their_trip_and_those_gone_by_themselves(spark):
    columns = """event_id bigint, trip_id bigint, event_type string, occurred_at timestamp, zone_id int, \
amount decimal(10,2), recorded_at timestamp"""
    silver = frame(
        spark, f"{columns}, {TAGS}, _removed boolean",
        *((key, trip, "pickup", day(on), 7, None, day(on), *tags(1), gone) for key, trip, on, gone in (
            (1, 1, 3, False), (2, 1, 2, False), (3, 1, 2, False), (4, 1, 1, True), (5, 2, 1, False))),
    )  # fmt: skip
    served = silver.transform(gold_table.served(parsed(SHIPPED["trip_event"]), 9, {"dim_zone": zones(spark)}))
    assert literal(served, "event_id", "event_number", "zone_name", "_removed", "_month") == [
        (1, 3, "Astoria", False, "2024-01"), (2, 1, "Astoria", False, "2024-01"), (3, 2, "Astoria", False, "2024-01"),
        (4, 1, "Astoria", True, "2024-01"), (5, 1, "Astoria", False, "2024-01"),
    ]  # fmt: skip


def test_the_unknown_member_has_what_the_contract_gives_and_counts_always(spark):
    member = gold_table.unknown_member(parsed(SHIPPED["driver"]), spark, 9)
    told = (
        "driver_id",
        "driver_key",
        "home_borough",
        "rating",
        "valid_from",
        "valid_to",
        "is_current",
        "_removed",
    )
    assert literal(member, *told) == [(-1, "-1", "Unknown", None, "1900-01-01 00:00:00", None, True, False)]


def test_what_stands_still_comes_from_the_contract(spark):
    gold = parsed(SHIPPED["trip"]).gold
    rates = gold_static.rows(spark, gold.static_of("dim_rate"), 9)
    assert literal(rates, *rates.columns)[-2:] == [(6, "Group ride", 9), (99, "Null or unknown", 9)]
    times = gold_static.rows(spark, gold.static_of("dim_time"), 9)
    assert literal(times, "time_key", "hour", "minute", "quarter_hour_key", "clock", "part_of_day")[::719] == [
        (0, 0, 0, 0, "00:00", "night"), (719, 11, 59, 47, "11:59", "morning"), (1438, 23, 58, 95, "23:58", "evening"),
    ]  # fmt: skip


def test_a_change_of_a_dimension_is_what_a_lookup_may_find_otherwise(spark):
    _, _, driver, *_ = parsed(SHIPPED["trip"]).gold.lookups
    closed = (1, "1@a", "Queens", "sedan", day(1))
    feed = frame(
        spark, f"{DRIVER}, _change_type string",
        (*closed, None, "update_preimage"), (*closed, day(9), "update_postimage"),  # only closed
        (1, "1@b", "Queens", "van", day(9), None, "insert"),
        (2, "2@a", "Queens", "van", day(1), None, "update_preimage"),
        (2, "2@a", None, "van", day(1), None, "update_postimage"),
        (3, "3@a", "Bronx", "van", day(1), None, "delete"),
    )  # fmt: skip
    found = gold_late.touched(driver, feed)
    assert literal(found, "_key_0", "_version", "_gone") == [
        (1, day(9), False),
        (2, day(1), False),
        (3, day(1), True),
    ]


FACT = """trip_id bigint, pickup_zone_id int, pickup_zone_key int, dropoff_zone_key int, driver_id int, \
pickup_at timestamp, pickup_hour timestamp, pickup_local timestamp, pickup_local_date date, \
trip_distance decimal(12,2), duration_s bigint, net_amount decimal(12,2), refunded_amount decimal(10,2), \
status string, is_deleted boolean, _removed boolean"""


def fact_row(key: int, status: str = "completed", withdrawn: bool = False, removed: bool = False) -> tuple:
    at, hour, local = "2024-01-05 03:20:00", "2024-01-05 03:00:00", "2024-01-04 22:20:00"
    amounts = (Decimal("6.00"), 1800, Decimal("20.00"), Decimal("1.25"))
    return (key, 7, 7, 8, key, at, hour, local, date(2024, 1, 4), *amounts, status, withdrawn, removed)


def test_withdrawn_and_removed_rows_count_in_no_aggregate(spark):
    fact = frame(
        spark, FACT,
        fact_row(1), fact_row(2, "cancelled"), fact_row(3, "open"), fact_row(4, withdrawn=True),
        fact_row(5, removed=True), fact_row(6, "cancelled", withdrawn=True),
    )  # fmt: skip
    hours, flows, quarters = parsed(SHIPPED["trip"]).gold.aggregates
    found = gold_aggregate.measured(hours, fact)
    assert literal(found, *found.columns) == [
        (7, 7, "2024-01-05 03:00:00", "2024-01-04 22:00:00", date(2024, 1, 4), 1320, 3, 2, 1, Decimal("60.00"),
         Decimal("18.00"), 5400, Decimal("12.00")),
    ]  # fmt: skip
    found = gold_aggregate.measured(flows, fact)
    assert literal(found, *found.columns) == [
        (7, 8, date(2024, 1, 4), 2, Decimal("40.00"), Decimal("12.00"), 3600),
    ]  # fmt: skip
    found = gold_aggregate.measured(quarters, fact)
    assert literal(found, *found.columns) == [
        ("2024-01-05 03:15:00", "2024-01-04 22:15:00", 3, 2, 1, 1, 3, Decimal("60.00"), Decimal("3.75"),
         Decimal("18.00"), 5400, Decimal("12.00")),
    ]  # fmt: skip
    assert [
        gold_aggregate.measured(a, fact.where("trip_id > 3")).count() for a in (hours, flows, quarters)
    ] == [0] * 3


def test_only_the_groups_asked_for_are_measured_null_among_them(spark, ride):
    (zones_,) = parsed(ride).gold.aggregates
    columns = "id bigint, zone int, cents bigint, cancelled boolean, _removed boolean"
    fact = frame(
        spark, columns, (1, 5, 100, False, False), (2, None, 50, False, False), (3, 6, 10, False, False)
    )
    changes = frame(spark, "zone int", (None,), (5,), (5,), (8,))
    (groups,) = gold_aggregate.affected([zones_], changes)
    assert literal(groups, "_group_zone") == [(None,), (5,), (8,)]
    found = gold_aggregate.measured(zones_, fact, groups)
    assert literal(found, "zone", "rides", "revenue") == [(None, 1, Decimal("0.50")), (5, 1, Decimal("1.00"))]
