"""Held rows judged again by a corrected contract: they pass once, newer versions win, a death in between heals."""

from dataclasses import replace

import pytest
from highwater_transforms import faults

from contracts import Contract
from local.quarantine import counts as counted
from local.quarantine import rows

pytestmark = pytest.mark.spark


def row(number: int, at: str, cents: int | None = 1, **more) -> dict:
    return {"id": number, "zone": 5, "cents": cents, "cancelled": False, "at": f"2024-01-01 {at}", **more}


def changed(contract: Contract, **more) -> Contract:
    return Contract.model_validate(contract.model_dump(by_alias=True) | more)


def counts(receipt) -> tuple:
    assert receipt.status == "merged", receipt.error
    return receipt.landed, receipt.quarantined, receipt.inserted, receipt.updated, receipt.superseded


@pytest.mark.slow
def test_rows_that_pass_today_are_served_and_others_stay_with_their_reason(lake, ride, monkeypatch):
    first = lake.land(
        ride,
        [row(1, "10:00:00"), row(2, "10:00:00", -1), row(3, "10:00:00", -2), row(4, "10:00:00", 7),
         row(4, "11:00:00", -3), row(5, "12:00:00", 9), row(8, "10:00:00", -4)],
    )  # fmt: skip
    lake.run(first)
    late = lake.land(ride, [row(5, "09:00:00", -3), row(6, "10:00:00", -50), row(8, "11:00:00", 80)])
    lake.run(late)
    (told,) = counted(lake.root / "quarantine", (ride,))
    assert (told.table, told.rule, told.rows) == ("ride", "not_negative", 5)
    newest, total = rows(lake.root / "quarantine", ride, "not_negative", limit=2)
    assert (total, [r.window_id for r in newest]) == (5, [2, 2])
    assert {(r.key, r.values["cents"], r.values["at"]) for r in newest} == {
        ("5", -3, "2024-01-01T09:00:00.000000Z"), ("6", -50, "2024-01-01T10:00:00.000000Z")
    }  # fmt: skip
    assert rows(lake.root / "quarantine", ride, "another_rule") == ([], 0)
    fixed = changed(
        ride, rules=[{"name": "above_debt", "condition": "cents >= -10", "severity": "quarantine"}]
    )
    windows = replace(first, contract=fixed), replace(late, contract=fixed)

    assert counts(lake.release(*windows, rules="not_negative", keys=("2", "1"))) == (1, 0, 1, 0, 0)
    assert lake.rows("quarantine", "ride", "_window_id", "rules") == [
        (1, ["not_negative"]), (1, ["not_negative"]), (2, ["not_negative"]), (2, ["not_negative"])
    ]  # fmt: skip

    # A death between silver and gold: the quarantine still names the windows.
    def dies(name: str) -> None:
        if name == "silver/ride merge:after":
            raise RuntimeError("injected")

    monkeypatch.setattr(faults, "listener", dies)
    assert lake.release(*windows).status == "failed"
    monkeypatch.setattr(faults, "listener", None)
    assert len(lake.rows("quarantine", "ride", "row")) == 4
    lake.release(*windows)
    # 4 became newer, of 5 a newer version is served, 8 left when it was corrected, 6 is as bad as it was.
    served = [(1, 1), (2, -1), (3, -2), (4, -3), (5, 9), (8, 80)]
    assert lake.rows("silver", "ride", "id", "cents") == served
    assert lake.rows("gold", "fact_ride", "id", "cents") == served
    assert lake.rows("restricted", "fact_ride", "id") == [(n,) for n, _ in served]
    assert [r[1] for r in lake.rows("gold", "agg_zone", "zone", "rides")] == [6]
    assert lake.rows("quarantine", "ride", "_window_id", "rules") == [(2, ["above_debt"])]


@pytest.mark.slow
def test_rows_without_a_key_are_released_once(lake, event):
    rules = [{"name": "known", "condition": "what <> 'odd'", "severity": "quarantine"}]
    log = changed(event, primary_key=[], rules=rules)
    first = lake.land(log, [{"id": 1, "what": "a"}, {"id": 1, "what": "a"}, {"id": 2, "what": "odd"},
                            {"id": 2, "what": "odd"}, {"id": 3, "what": None}])  # fmt: skip
    lake.run(first, lake.land(log, [{"id": 4, "what": "b"}]))
    fixed = replace(first, contract=changed(log, rules=[rules[0] | {"condition": "what is not null"}]))
    assert counts(lake.release(fixed)) == (3, 1, 2, 0, 0)
    assert counts(lake.release(fixed)) == (1, 1, 0, 0, 0)
    for container, table in (("silver", "event"), ("gold", "fact_event")):
        assert lake.rows(container, table, "id") == [(1,), (1,), (2,), (2,), (4,)]
