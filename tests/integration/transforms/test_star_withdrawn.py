"""A trip that the source withdrew stays a row of the fact, and counts in no aggregate any more."""

from decimal import Decimal

import pytest
from test_star import SHIPPED, trip

pytestmark = [pytest.mark.spark, pytest.mark.slow]

AMOUNTS = ("revenue", "distance", "duration_s")


def counted(lake) -> dict[str, list[tuple]]:
    hours = ("pickup_zone_id", "pickup_hour", "demand", "trips", "cancellations", *AMOUNTS)
    quarters = ("quarter_hour", "demand", "trips", "cancellations", "drivers", *AMOUNTS)
    return {
        "agg_zone_hour": lake.rows("gold", "agg_zone_hour", *hours),
        "agg_zone_flow_day": lake.rows("gold", "agg_zone_flow_day", "pickup_zone_key", "trips", *AMOUNTS),
        "kpi_quarter_hour": lake.rows("gold", "kpi_quarter_hour", *quarters),
    }


def test_a_withdrawn_trip_leaves_every_aggregate_and_comes_back_to_it(lake):
    six, seven = "2024-03-10 06:00:00", "2024-03-10 07:00:00"
    quarter, half_hour = "2024-03-10 06:45:00", 1800
    one = (Decimal("20.00"), Decimal("6.00"), half_hour)
    withdrawn = {"is_deleted": True, "updated_at": "2024-03-11 00:00:00"}
    last = {"pickup_zone_id": 8, "pickup_at": seven, "driver_id": 2, "dropoff_at": "2024-03-10 07:30:00"}
    lake.run(lake.land(SHIPPED["trip"], [
        trip(1), trip(2, status="cancelled", driver_id=3), trip(3, **last), trip(4),
    ]))  # fmt: skip
    three = (Decimal(60), Decimal(18), half_hour * 3)
    assert counted(lake) == {
        "agg_zone_hour": [(7, six, 3, 2, 1, *three), (8, seven, 1, 1, 0, *one)],
        "agg_zone_flow_day": [(-1, 3, *three)],
        "kpi_quarter_hour": [(quarter, 3, 2, 1, 2, *three), (seven, 1, 1, 0, 1, *one)],
    }
    # One of a group's trips, its cancelled one, and the only trip of another group.
    lake.run(lake.land(SHIPPED["trip"], [
        trip(1, **withdrawn), trip(2, status="cancelled", driver_id=3, **withdrawn), trip(3, **last, **withdrawn),
    ]))  # fmt: skip
    assert counted(lake) == {
        "agg_zone_hour": [(7, six, 1, 1, 0, *one)],
        "agg_zone_flow_day": [(-1, 1, *one)],
        "kpi_quarter_hour": [(quarter, 1, 1, 0, 1, *one)],
    }
    assert lake.rows("gold", "fact_trip", "trip_id", "is_deleted", "_removed") == [
        (1, True, False), (2, True, False), (3, True, False), (4, False, False),
    ]  # fmt: skip
    lake.run(lake.land(SHIPPED["trip"], [
        trip(n, **more, updated_at="2024-03-12 00:00:00")
        for n, more in ((1, {}), (2, {"status": "cancelled", "driver_id": 3}), (3, last))
    ]))  # fmt: skip
    assert counted(lake)["agg_zone_hour"] == [(7, six, 3, 2, 1, *three), (8, seven, 1, 1, 0, *one)]
    assert counted(lake)["kpi_quarter_hour"] == [(quarter, 3, 2, 1, 2, *three), (seven, 1, 1, 0, 1, *one)]
    assert counted(lake)["agg_zone_flow_day"] == [(-1, 3, *three)]
