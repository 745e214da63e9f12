"""What is wrong with a row is kept with it; what is put right leaves; a rule that fails does so at its threshold."""

import json

import pytest

from contracts import Contract

pytestmark = pytest.mark.spark


def row(number: int, at: str, cents: int | None = 1, **more) -> dict:
    return {"id": number, "zone": 5, "cents": cents, "cancelled": False, "at": f"2024-01-01 {at}", **more}


def held(lake) -> list[tuple]:
    found = lake.rows("quarantine", "ride", "_window_id", "rules", "row")
    return [(window, rules, json.loads(text)) for window, rules, text in found]


@pytest.mark.slow
def test_a_value_without_a_place_is_held_as_the_source_has_it_until_a_newer_version_comes(lake, ride):
    raw = '{"cents": "NaN", "cancelled": "?"}'
    bad = {"id": 1, "zone": 5, "at": "2024-01-01 10:00:00", "_poison": raw}
    receipt = lake.run(
        lake.land(ride, [bad, row(2, "10:00:00", -1), row(3, "10:00:00", -1), row(4, "10:00:00")])
    )
    assert (receipt.status, receipt.landed, receipt.inserted, receipt.quarantined) == ("merged", 4, 1, 3)
    # Neither that `cancelled` may not be null, nor what the contract says of `cents`, is known of the first row.
    assert receipt.rules == {"value_unreadable": 1, "not_negative": 2}
    kept = {r["id"]: (window, rules, r) for window, rules, r in held(lake)}
    assert kept[1][:2] == (1, ["value_unreadable"]) and kept[1][2]["_poison"] == raw
    assert kept[2][:2] == (1, ["not_negative"]) and "_poison" not in kept[2][2]

    # 1 is corrected, 2 comes again as bad as it was, of 3 an older version comes.
    lake.run(lake.land(ride, [row(1, "11:00:00"), row(2, "11:00:00", -2), row(3, "09:00:00")]))
    assert sorted((window, r["id"]) for window, _, r in held(lake)) == [(1, 2), (1, 3), (2, 2)]
    lake.run(lake.land(ride, [row(2, "12:00:00"), row(3, "12:00:00")]))
    assert held(lake) == []
    assert [r[0] for r in lake.rows("silver", "ride", "id")] == [1, 2, 3, 4]


@pytest.mark.slow
def test_a_rule_fails_beyond_its_threshold_and_keeps_rows_out_below_it(lake, ride):
    rules = [
        {"name": "zone_known", "condition": "zone < 1000", "severity": "fail", "threshold": 0.25},
        {"name": "not_negative", "condition": "cents >= 0", "severity": "fail", "threshold": 1},
    ]
    given = ride.model_dump(by_alias=True) | {"rules": rules}
    strict = Contract.model_validate(given)
    rows = [row(1, "10:00:00"), row(2, "10:00:00"), row(3, "10:00:00", -1), row(4, "10:00:00", zone=2000)]
    receipt = lake.run(lake.land(strict, rows))
    assert (receipt.status, receipt.inserted, receipt.quarantined) == ("merged", 2, 2)
    receipt = lake.run(lake.land(strict, [*rows, row(5, "10:00:00", -1)]))
    assert (receipt.status, receipt.rules) == ("failed", {"not_negative": 2, "zone_known": 1})
    assert "breaks rule not_negative" in receipt.error and "more than 1 of 5" in receipt.error
    assert [r[0] for r in lake.rows("silver", "ride", "id")] == [1, 2]


@pytest.mark.slow
def test_a_held_version_of_a_history_is_corrected_by_itself_alone(lake, person):
    rules = [{"name": "named", "condition": "city <> ''", "severity": "quarantine"}]
    strict = Contract.model_validate(person.model_dump(by_alias=True) | {"rules": rules})

    def version(day: int, city: str) -> dict:
        return {"id": 1, "name": "a", "city": city, "at": f"2024-01-0{day} 00:00:00"}

    lake.run(lake.land(strict, [version(1, "A"), version(2, "")]))
    lake.run(lake.land(strict, [version(3, "C")]))
    assert lake.rows("quarantine", "person", "_window_id") == [(1,)]
    lake.run(lake.land(strict, [version(2, "B")]))
    assert lake.rows("quarantine", "person", "_window_id") == []
    assert lake.rows("silver", "person", "city", "is_current") == [("A", False), ("B", False), ("C", True)]
