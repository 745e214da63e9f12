"""Windows of kind quarantine: what lies in no window stays out of silver, but for null cursors that are included."""

import pytest

from contracts import Contract

pytestmark = pytest.mark.spark


@pytest.mark.slow
def test_what_lies_in_no_window_is_kept_and_null_cursors_are_the_oldest(lake, ride):
    raw = ride.model_dump(by_alias=True)
    raw["columns"] = [c | {"nullable": True} if c["name"] == "at" else c for c in raw["columns"]]
    raw["cursor"] = raw["cursor"] | {"nulls": "include"}
    table = Contract.model_validate(raw)
    base = {"zone": 1, "cents": 1, "cancelled": False}
    live = lake.land(table, [base | {"id": i, "at": "2024-01-01"} for i in (1, 2)])
    odd = [
        {"id": 1, "at": None, "cents": 2},
        {"id": 3, "at": None},
        {"id": 4, "at": "9999-12-31 23:59:59.999999"},
    ]
    outside = lake.land(
        table, [base | r for r in odd], kind="quarantine", low="000000000000-", high="000000000001-x"
    )
    receipt = lake.run(live, outside)
    assert (receipt.landed, receipt.inserted, receipt.quarantined, receipt.superseded) == (5, 3, 1, 1)
    assert receipt.rules == {"cursor_outside_windows": 1}
    assert lake.rows("silver", "ride", "id", "cents") == [(1, 1), (2, 1), (3, 1)]
    ((rules, row),) = lake.rows("quarantine", "ride", "rules", "row")
    assert rules == ["cursor_outside_windows"] and '"at":"9999-12-31T23:59:59.999999Z"' in row


@pytest.mark.slow
def test_a_new_picture_takes_the_place_of_the_one_before(lake, ride):
    """A row whose cursor was put right is older than the far future that it was held with."""

    def picture(number: int, *keys: int):
        rows = [
            {"id": i, "at": "9999-12-31 23:59:59", "zone": 1, "cents": 1, "cancelled": False} for i in keys
        ]
        return lake.land(
            ride, rows, kind="quarantine", low=f"00000000000{number}-", high=f"00000000000{number + 1}-x"
        )

    bad = {"id": 9, "zone": 1, "cents": -1, "cancelled": False, "at": "2024-01-01 00:00:00"}
    lake.run(picture(0, 1, 2, 3), lake.land(ride, [bad]))
    lake.run(picture(1, 2, 3))
    assert lake.rows("quarantine", "ride", "_window_id") == [(2,), (3,), (3,)]
    lake.run(picture(2))
    assert lake.rows("quarantine", "ride", "_window_id", "rules") == [(2, ["not_negative"])]
