"""The star of the shipped contracts: enrichment, unknown members, dimensions that come late."""

import shutil
from datetime import date
from decimal import Decimal

import pytest
from highwater_transforms import faults
from highwater_transforms.delta import DeltaTable
from highwater_transforms.errors import TransformError
from transform_lake import literal

from contracts import load_all

pytestmark = pytest.mark.spark

SHIPPED = {c.table: c for c in load_all()}
ZONES = [
    {"zone_id": 7, "borough": "Queens", "zone_name": "Astoria", "service_zone": "Boro Zone"},
    {"zone_id": 8, "borough": "Bronx", "zone_name": "Norwood", "service_zone": "Boro Zone"},
]
DRIVER = {"driver_id": 1, "full_name": "A", "home_borough": "Queens", "vehicle_class": "sedan", "status": "active",
          "is_deleted": False, "updated_at": "2024-03-01 00:00:00"}  # fmt: skip


def trip(key: int, **more) -> dict:
    base = {
        "trip_id": key, "driver_id": 1, "pickup_at": "2024-03-10 06:59:00", "dropoff_at": "2024-03-10 07:29:00",
        "pickup_zone_id": 7, "dropoff_zone_id": 8, "trip_distance": Decimal("6.00"), "payment_type": 1,
        "rate_code_id": 1, "total_amount": Decimal("20.00"), "refunded_amount": 0, "status": "completed",
        "is_deleted": False, "created_at": "2024-03-10 08:00:00", "updated_at": "2024-03-10 08:00:00",
    }  # fmt: skip
    return base | more


def event(key: int, of: int, at: str, kind: str = "pickup", zone: int | None = 7) -> dict:
    return {
        "event_id": key,
        "trip_id": of,
        "event_type": kind,
        "occurred_at": at,
        "zone_id": zone,
        "recorded_at": at,
    }


@pytest.mark.slow
def test_a_row_is_served_with_what_it_refers_to(lake):
    trip_, zone, driver, events = (SHIPPED[t] for t in ("trip", "zone", "driver", "trip_event"))
    lake.run(
        lake.land(zone, ZONES),
        lake.land(driver, [
            DRIVER,
            DRIVER | {"home_borough": "Bronx", "vehicle_class": "van", "updated_at": "2024-03-10 07:00:00"},
        ]),
        # In New York the clocks went from 02:00 to 03:00 at 07:00 UTC on that day.
        lake.land(trip_, [
            trip(1), trip(2, pickup_at="2024-03-10 07:01:00", payment_type=None, pickup_zone_id=99),
            trip(3, pickup_at="2024-02-01 12:00:00", dropoff_at=None, driver_id=5, dropoff_zone_id=None,
                 rate_code_id=42),
        ]),
        lake.land(events, [
            event(1, 1, "2024-03-10 06:59:00"), event(2, 1, "2024-03-10 07:29:00", "dropoff", 8),
            event(3, 2, "2024-03-10 07:01:00", zone=99),
        ]),
    )  # fmt: skip
    assert {r.status for r in lake.receipts.values()} == {"merged"}, lake.receipts
    found = lake.rows("gold", "fact_trip", "trip_id", "pickup_zone_key", "pickup_zone", "dropoff_borough",
                      "pickup_service_zone", "driver_vehicle_class", "driver_home_borough", "payment_key",
                      "payment_name", "rate_name")  # fmt: skip
    assert found == [
        (1, 7, "Astoria", "Bronx", "Boro Zone", "sedan", "Queens", 1, "Credit card", "Standard rate"),
        (2, -1, "Unknown", "Bronx", "Unknown", "van", "Bronx", -1, "Unknown", "Standard rate"),
        (3, 7, "Astoria", "Unknown", "Boro Zone", "Unknown", "Unknown", 1, "Credit card", "Unknown"),
    ]
    assert lake.rows("gold", "fact_trip", "trip_id", "pickup_local", "pickup_local_date", "pickup_time_key",
                     "duration_s", "speed_mph")[:2] == [
        (1, "2024-03-10 01:59:00", date(2024, 3, 10), 119, 1800, Decimal("12.00")),
        (2, "2024-03-10 03:01:00", date(2024, 3, 10), 181, 1680, Decimal("12.86")),
    ]  # fmt: skip
    keys = lake.rows("gold", "dim_driver", "driver_key", "driver_id", "valid_from", "is_current")
    assert keys[0] == ("-1", -1, "1900-01-01 00:00:00", True)
    joined = lake.frame("gold", "fact_trip").join(
        lake.frame("gold", "dim_driver").drop("driver_id"), "driver_key"
    )
    assert literal(joined, "trip_id", "valid_from") == [
        (1, "2024-03-01 00:00:00"), (2, "2024-03-10 07:00:00"), (3, "1900-01-01 00:00:00"),
    ]  # fmt: skip
    assert lake.rows("gold", "fact_trip_event", "event_id", "event_number", "zone_key", "borough") == [
        (1, 1, 7, "Queens"), (2, 2, 8, "Bronx"), (3, 1, -1, "Unknown"),
    ]  # fmt: skip
    assert lake.rows("gold", "kpi_quarter_hour", "quarter_hour", "local_quarter_hour", "trips", "drivers") == [
        ("2024-02-01 12:00:00", "2024-02-01 07:00:00", 1, 1), ("2024-03-10 06:45:00", "2024-03-10 01:45:00", 1, 1),
        ("2024-03-10 07:00:00", "2024-03-10 03:00:00", 1, 1),
    ]  # fmt: skip
    assert lake.rows("gold", "agg_zone_flow_day", "pickup_zone_key", "dropoff_zone_key", "trips") == [
        (-1, 8, 1), (7, -1, 1), (7, 8, 1),
    ]  # fmt: skip
    assert lake.rows("gold", "dim_payment", "payment_type", "payment_name")[:3] == [
        (-1, "Unknown"), (0, "Flex fare"), (1, "Credit card"),
    ]  # fmt: skip
    time = lake.frame("gold", "dim_time").where("time_key in (425, 1439)")
    assert literal(time, "clock", "quarter_hour_key", "part_of_day") == [
        ("07:05", 28, "morning"), ("23:59", 95, "evening"),
    ]  # fmt: skip
    day = lake.frame("gold", "dim_date").where("calendar_date = '2024-03-10'")
    assert literal(day, "year", "quarter", "month_name", "weekday", "weekday_name", "is_weekend") == [
        (2024, 1, "March", 7, "Sunday", True),
    ]  # fmt: skip
    # An event that happened before is numbered before, though it comes later.
    lake.run(lake.land(events, [event(4, 1, "2024-03-10 06:50:00"), event(5, 3, "2024-03-10 09:00:00")]))
    assert lake.rows("gold", "fact_trip_event", "event_id", "event_number", "_batch_id") == [
        (1, 2, 2), (2, 3, 2), (3, 1, 1), (4, 1, 2), (5, 1, 2),
    ]  # fmt: skip
    # 1 moves to another hour and zone: the groups that it left and those that it entered are right, the others rest.
    lake.run(lake.land(trip_, [
        trip(1, pickup_at="2024-03-10 07:05:00", pickup_zone_id=8, updated_at="2024-03-10 09:00:00"),
    ]))  # fmt: skip
    hours = (
        "pickup_zone_key",
        "pickup_hour",
        "local_hour",
        "local_time_key",
        "demand",
        "revenue",
        "_batch_id",
    )
    assert lake.rows("gold", "agg_zone_hour", *hours) == [
        (-1, "2024-03-10 07:00:00", "2024-03-10 03:00:00", 180, 1, Decimal("20.00"), 1),
        (7, "2024-02-01 12:00:00", "2024-02-01 07:00:00", 420, 1, Decimal("20.00"), 1),
        (8, "2024-03-10 07:00:00", "2024-03-10 03:00:00", 180, 1, Decimal("20.00"), 3),
    ]
    assert lake.rows("gold", "fact_trip", "trip_id", "driver_vehicle_class") == [
        (1, "van"), (2, "van"), (3, "Unknown"),
    ]  # fmt: skip


@pytest.mark.slow
def test_a_row_waits_for_its_dimension_and_is_completed_when_that_comes_alone(lake):
    trip_, zone, driver, events = (SHIPPED[t] for t in ("trip", "zone", "driver", "trip_event"))
    lake.run(
        lake.land(trip_, [trip(1), trip(2, driver_id=2, pickup_zone_id=9), trip(3, driver_id=None)]),
        lake.land(events, [event(1, 1, "2024-03-10 06:59:00"), event(2, 2, "2024-03-10 06:59:00", zone=9)]),
    )
    waiting = (
        "trip_id",
        "pickup_zone_key",
        "pickup_borough",
        "driver_key",
        "driver_vehicle_class",
        "_batch_id",
    )
    assert lake.rows("gold", "fact_trip", *waiting) == [
        (n, -1, "Unknown", "-1", "Unknown", 1) for n in (1, 2, 3)
    ]  # fmt: skip
    # No fact has a window in this run.
    lake.run(lake.land(zone, ZONES), lake.land(driver, [DRIVER]))
    key = "1@1709251200000000"
    assert lake.rows("gold", "fact_trip", *waiting) == [
        (1, 7, "Queens", key, "sedan", 2), (2, -1, "Unknown", "-1", "Unknown", 2),
        (3, 7, "Queens", "-1", "Unknown", 2),
    ]  # fmt: skip
    assert lake.rows("gold", "fact_trip_event", "event_id", "event_number", "zone_key", "_batch_id") == [
        (1, 1, 7, 2), (2, 1, -1, 1),
    ]  # fmt: skip
    flows = ("pickup_zone_key", "dropoff_zone_key", "trips")
    assert lake.rows("gold", "agg_zone_flow_day", *flows) == [(-1, 8, 1), (7, 8, 2)]
    # A version that takes over before the pickup corrects the row; others of the batch are not touched.
    van = {"vehicle_class": "van", "updated_at": "2024-03-05 00:00:00"}
    second = DRIVER | {"driver_id": 2}
    lake.run(lake.land(driver, [DRIVER | van, second]), lake.land(trip_, [trip(4, driver_id=2)]))
    assert lake.rows("gold", "fact_trip", "trip_id", "driver_vehicle_class", "_batch_id") == [
        (1, "van", 3), (2, "sedan", 3), (3, "Unknown", 2), (4, "sedan", 3),
    ]  # fmt: skip
    # Nothing moved: nothing is looked up again, and the fact's own window is all that is written.
    before = [lake.version("gold", t) for t in ("fact_trip", "kpi_quarter_hour", "fact_trip_event")]
    lake.run(lake.land(trip_, [trip(5)]))
    after = [lake.version("gold", t) for t in ("fact_trip", "kpi_quarter_hour", "fact_trip_event")]
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1, 0]


@pytest.mark.slow
def test_a_fact_that_cannot_follow_its_dimensions_fails_the_job_and_is_completed_with_its_next_window(lake):
    trip_, driver = SHIPPED["trip"], SHIPPED["driver"]
    lake.run(lake.land(trip_, [trip(1)]))
    held = lake.root / "gold" / "fact_trip"
    held.rename(lake.root / "elsewhere")
    held.mkdir()
    (held / "_delta_log").mkdir()
    (held / "_delta_log" / "00000000000000000000.json").write_text("no commit\n")
    with pytest.raises(TransformError, match="the facts without a window do not follow dim_driver"):
        lake.run(lake.land(driver, [DRIVER]))
    assert lake.rows("gold", "dim_driver", "driver_id") == [(-1,), (1,)]
    assert lake.rows("gold", "published_batch", "batch_id")[-1] == (1,)
    shutil.rmtree(held)
    (lake.root / "elsewhere").rename(held)
    lake.run(lake.land(trip_, [trip(2)]))
    assert lake.rows("gold", "fact_trip", "trip_id", "driver_vehicle_class") == [(1, "sedan"), (2, "sedan")]
    assert lake.rows("gold", "published_batch", "batch_id")[-1] == (3,)


@pytest.mark.slow
def test_a_dimension_that_a_dead_run_had_merged_is_followed_by_the_run_that_repeats_it(lake, monkeypatch):
    trip_, zone = SHIPPED["trip"], SHIPPED["zone"]
    lake.run(lake.land(trip_, [trip(1)]))
    landed = lake.land(zone, ZONES)

    def dies(point: str) -> None:
        if point == "gold/dim_zone overwrite:after":
            raise RuntimeError("the job died here")

    monkeypatch.setattr(faults, "listener", dies)
    lake.run(landed)
    assert lake.receipts["zone"].status == "failed"
    assert lake.rows("gold", "fact_trip", "pickup_zone_key") == [(-1,)]
    monkeypatch.setattr(faults, "listener", None)
    lake.run(lake.again(landed))
    assert lake.rows("gold", "fact_trip", "pickup_zone_key") == [(7,)]
    tables = lake.rows("gold", "published_batch", "batch_id", "tables")
    assert [batch for batch, _ in tables] == [1, 3]
    assert (
        "|dim_zone|" in tables[1][1] and "|fact_trip|" in tables[1][1] and "|agg_zone_hour|" in tables[1][1]
    )


@pytest.mark.slow
def test_a_numbered_fact_with_a_sensitive_column_keeps_it_apart_in_every_run(lake):
    events = SHIPPED["trip_event"]
    given = events.model_dump(mode="json", by_alias=True)
    for column in given["columns"]:
        column["sensitive"] = column["name"] == "event_type"
    secret = type(events).model_validate(given)
    for batch in ([event(1, 1, "2024-03-10 07:01:00")], [event(2, 1, "2024-03-10 07:00:00", "payment")]):
        lake.run(lake.land(secret, batch))
        assert lake.receipts["trip_event"].error is None
    assert lake.rows("gold", "fact_trip_event", "event_id", "event_number") == [(1, 2), (2, 1)]
    assert lake.rows("restricted", "fact_trip_event", "event_id", "event_type") == [
        (1, "pickup"),
        (2, "payment"),
    ]


@pytest.mark.slow
def test_a_new_row_of_a_group_writes_only_those_whose_number_it_changes(lake):
    events = SHIPPED["trip_event"]

    def rewritten() -> int:
        last = lake.spark.sql(f"DESCRIBE HISTORY delta.`{lake.endpoint}gold/fact_trip_event` LIMIT 1")
        return int(last.collect()[0]["operationMetrics"]["numTargetRowsUpdated"])

    lake.run(lake.land(events, [event(n, 1, f"2024-03-10 07:0{n}:00") for n in (1, 3, 5)]))
    numbers = ("event_id", "event_number", "_batch_id")
    lake.run(lake.land(events, [event(7, 1, "2024-03-10 07:07:00"), event(8, 2, "2024-03-10 07:07:00")]))
    assert lake.rows("gold", "fact_trip_event", *numbers) == [
        (1, 1, 1), (3, 2, 1), (5, 3, 1), (7, 4, 2), (8, 1, 2),
    ]  # fmt: skip
    assert rewritten() == 0
    lake.run(lake.land(events, [event(4, 1, "2024-03-10 07:04:00")]))
    assert lake.rows("gold", "fact_trip_event", *numbers) == [
        (1, 1, 1), (3, 2, 1), (4, 3, 3), (5, 4, 3), (7, 5, 3), (8, 1, 2),
    ]  # fmt: skip
    assert rewritten() == 2


@pytest.mark.slow
def test_a_merge_of_recent_trips_leaves_the_files_of_other_months_alone(lake):
    trips = SHIPPED["trip"]
    may = {"pickup_at": "2024-05-31 23:59:59.999999", "dropoff_at": "2024-06-01 00:20:00"}
    lake.run(lake.land(trips, [trip(1), trip(2, **may)]))

    def files() -> dict[str, set[str]]:
        folder = lake.root / "gold" / "fact_trip"
        found = {path.name: set() for path in folder.glob("_month=*")}
        for path in DeltaTable(lake.spark, f"{lake.endpoint}gold/fact_trip").frame().inputFiles():
            month, name = path.split("/")[-2:]
            found[month].add(name)
        return found

    before = files()
    assert set(before) == {"_month=2024-03", "_month=2024-05"}
    changed = trip(2, **may, total_amount=Decimal("21.00"), updated_at="2024-06-02 00:00:00")
    lake.run(lake.land(trips, [changed]))
    after = files()
    assert after["_month=2024-03"] == before["_month=2024-03"]
    assert after["_month=2024-05"] != before["_month=2024-05"]
    # A pickup that is corrected moves the row.
    lake.run(
        lake.land(
            trips, [changed | {"pickup_at": "2024-06-01 00:00:00", "updated_at": "2024-06-03 00:00:00"}]
        )
    )
    assert lake.rows("gold", "fact_trip", "trip_id", "_month", "total_amount") == [
        (1, "2024-03", Decimal("20.00")), (2, "2024-06", Decimal("21.00")),
    ]  # fmt: skip
