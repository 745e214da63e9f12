"""Which rules the page on quality shows, and what it says of a row that waits."""

from datetime import UTC, datetime

from contracts import load_all
from local.console import held, timechart
from local.console.pages import quality
from local.quarantine import HeldRow

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CONTRACTS = {c.table: c for c in load_all()}


def seen(table: str, rule: str, rows: int, severity: str = "quarantine") -> dict:
    return {"table_name": table, "rule": rule, "severity": severity, "runs": 1, "rows": rows, "last": NOW,
            "run_id": "r"}  # fmt: skip


def row(*rules: str, unreadable: tuple[str, ...] = (), **values: object) -> HeldRow:
    return HeldRow("1", 1, 1, NOW, rules, values, unreadable)


def test_rules_of_the_contract_stand_beside_what_was_found_and_broken_ones_come_first():
    broken = [seen("trip", "distance_plausible", 5, "warn"), seen("trip", "pickup_at_required", 9),
              seen("trip", "gone_since", 1)]  # fmt: skip
    shown = quality.in_force([CONTRACTS["trip"]], broken)
    assert [(r["rule"], r["rows"]) for r in shown[:3]] == [
        ("pickup_at_required", 9), ("distance_plausible", 5), ("gone_since", 1),
    ]  # fmt: skip
    assert [r["condition"] for r in shown[:3]] == [
        "pickup_at is not null", "trip_distance is null or trip_distance between 0 and 200",
        "a rule of an earlier contract",
    ]  # fmt: skip
    rest = shown[3:]
    assert {r["rule"] for r in rest} == {r.name for r in CONTRACTS["trip"].rules} - {"distance_plausible"}
    assert [(r["runs"], r["rows"], r["last"]) for r in rest] == [(0, 0, None)] * len(rest)


def test_the_columns_that_a_broken_rule_speaks_of_are_told():
    trip = CONTRACTS["trip"]
    assert held.at_fault(trip, row("dropoff_after_pickup")) == ["pickup_at", "dropoff_at"]
    assert held.at_fault(trip, row("status_required")) == ["status"]
    assert held.at_fault(trip, row("value_unreadable", unreadable=("dropoff_at",))) == ["dropoff_at"]


def test_a_restricted_value_is_not_shown_and_any_other_is_escaped():
    driver = CONTRACTS["driver"]
    text = held.values_html(driver, row("driver_id_required", full_name="Ada", status="<b>"))
    assert "Ada" not in text and "restricted" in text
    assert "<b>" not in text and "&lt;b&gt;" in text


def test_bars_that_stand_on_each_other_have_the_same_places():
    later = datetime(2026, 3, 2, tzinfo=UTC)
    made = timechart.options([(NOW, "a", 1), (later, "b", 2)], kind="bar", unit="rows")
    first, second = (at.timestamp() * 1000 for at in (NOW, later))
    assert [s["data"] for s in made["series"]] == [[[first, 1], [second, 0]], [[first, 0], [second, 2]]]
    lines = timechart.options([(later, "a", 1), (NOW, "a", None)], kind="line", unit="s")
    assert lines["series"][0]["data"] == [[first, None], [second, 1]]
