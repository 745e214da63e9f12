"""A reload gives what the runs before it gave, repairs what they missed, and loses nothing merged meanwhile."""

from dataclasses import replace

import pytest

pytestmark = pytest.mark.spark

COLUMNS = ("id", "zone", "cents", "_removed")


def ride_row(key: int, zone: int, cents: int, day: int) -> dict:
    return {"id": key, "zone": zone, "cents": cents, "cancelled": False, "at": f"2024-01-{day:02} 00:00:00"}


@pytest.mark.slow
def test_a_reload_equals_the_runs_before_it(lake, ride):
    lake.run(lake.land(ride, [ride_row(1, 1, 100, 1), ride_row(2, 1, 200, 1), ride_row(3, 2, 300, 2)]))
    lake.run(lake.land(ride, [ride_row(1, 2, 110, 3), ride_row(4, 2, 400, 3)]))
    served = lake.rows("gold", "fact_ride", *COLUMNS)
    totals = lake.rows("gold", "agg_zone", "zone", "rides", "revenue")
    now = [ride_row(1, 2, 110, 3), ride_row(2, 1, 200, 1), ride_row(3, 2, 300, 2), ride_row(4, 2, 400, 3)]
    middle = "2024-01-02 00:00:00.000000"
    before = lake.version("silver", "ride"), lake.version("gold", "fact_ride")
    receipt = lake.run(
        lake.land(ride, [r for r in now if r["at"] < middle], "reload", high=middle),
        lake.land(
            ride,
            [r for r in now if r["at"] >= middle],
            "reload",
            low=middle,
            high="2024-01-04 00:00:00.000000",
        ),
    )
    assert (receipt.landed, receipt.unchanged, receipt.inserted, receipt.updated, receipt.deleted) == (
        4,
        4,
        0,
        0,
        0,
    )
    assert lake.rows("gold", "fact_ride", *COLUMNS) == served
    assert lake.rows("gold", "agg_zone", "zone", "rides", "revenue") == totals
    assert lake.version("silver", "ride") == before[0] + 1


@pytest.mark.slow
def test_a_reload_repairs_marks_and_keeps_what_came_meanwhile(lake, ride):
    lake.run(lake.land(ride, [
        ride_row(1, 1, 1, 1), ride_row(2, 1, 2, 1), ride_row(3, 1, 3, 1), ride_row(5, 1, 5, 1), ride_row(6, 1, 6, 1),
    ]))  # fmt: skip
    reload = lake.land(ride, [
        ride_row(1, 1, 11, 1),  # written without its cursor moving
        ride_row(2, 1, 2, 1), ride_row(4, 1, 4, 2),  # 4 was missed
        ride_row(5, 1, -5, 2),  # breaks a rule
    ], "reload", high="2024-01-03 00:00:00.000000")  # 3 is not at the source any more  # fmt: skip
    lake.run(
        lake.land(ride, [ride_row(2, 9, 22, 4), ride_row(6, 9, 66, 5)])
    )  # merged after the reload was read
    receipt = lake.run(reload)
    assert (receipt.landed, receipt.quarantined, receipt.inserted, receipt.updated) == (4, 1, 1, 1)
    assert (receipt.unchanged, receipt.superseded, receipt.deleted) == (0, 1, 1)
    expected = [
        (1, 1, 11, False), (2, 9, 22, False), (3, 1, 3, True), (4, 1, 4, False), (5, 1, 5, False), (6, 9, 66, False),
    ]  # fmt: skip
    assert lake.rows("silver", "ride", *COLUMNS) == expected
    assert lake.rows("gold", "fact_ride", *COLUMNS) == expected
    assert lake.rows("gold", "agg_zone", "zone", "rides") == [(1, 3), (9, 2)]
    # 3 comes back by an ordinary window.
    lake.run(lake.land(ride, [ride_row(3, 1, 33, 6)]))
    assert lake.rows("gold", "fact_ride", *COLUMNS)[2] == (3, 1, 33, False)


@pytest.mark.slow
def test_a_reload_of_a_part_replaces_that_part_alone(lake, event):
    lake.run(lake.land(event, [{"id": i, "what": "old"} for i in (1, 2, 11, 12)]))
    receipt = lake.run(lake.land(event, [{"id": 2, "what": "new"}], "reload", low="0", high="10"))
    assert (receipt.updated, receipt.deleted) == (1, 1)
    assert lake.rows("gold", "fact_event", "id", "what", "_removed") == [
        (1, "old", True), (2, "new", False), (11, "old", False), (12, "old", False),
    ]  # fmt: skip
    keyless = event.model_copy(update={"primary_key": (), "table": "log"})
    lake.run(lake.land(keyless, [{"id": i, "what": "old"} for i in (1, 1, 11)]))
    lake.run(lake.land(keyless, [{"id": 1, "what": "new"}], "reload", low="0", high="10"))
    assert lake.rows("silver", "log", "id", "what") == [(1, "new"), (11, "old")]


@pytest.mark.slow
def test_a_reload_leaves_what_a_window_opened_since_has_merged_in_its_range(lake, ride):
    lake.run(lake.land(ride, [ride_row(1, 1, 1, 1), ride_row(2, 1, 2, 2)]))
    reload = lake.land(
        ride, [ride_row(1, 1, 1, 1), ride_row(2, 1, 2, 2)], "reload", high="2024-01-03 00:00:00.000000"
    )
    # A backfill finds a row that was committed late, and one that was written without its cursor moving.
    lake.run(lake.land(ride, [ride_row(2, 1, 22, 2), ride_row(3, 1, 3, 2)], "backfill"))
    receipt = lake.run(reload)
    assert (receipt.unchanged, receipt.superseded, receipt.updated, receipt.deleted) == (1, 1, 0, 0)
    assert lake.rows("gold", "fact_ride", *COLUMNS) == [(1, 1, 1, False), (2, 1, 22, False), (3, 1, 3, False)]
    # Read again, as what a run that died had landed is, it still marks what is gone among the rows that it wrote.
    path = f"ride/{reload.window_id}/2"
    lake.write(ride, [ride_row(2, 1, 22, 2)], path)
    receipt = lake.run(replace(reload, attempt=2, path=path, rows=1))
    assert (receipt.landed, receipt.deleted) == (1, 1)
    assert lake.rows("gold", "fact_ride", *COLUMNS) == [(1, 1, 1, True), (2, 1, 22, False), (3, 1, 3, False)]
