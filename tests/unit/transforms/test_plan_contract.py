"""The contract as the plan carries it."""

import json

import pytest
from highwater_transforms import contract
from highwater_transforms.errors import TransformError

from contracts import load_all

PLANS = {c.table: c for c in load_all()}
TRIP = PLANS["trip"]


def test_each_shipped_contract_is_read_back_as_it_was_written():
    for shipped in load_all():
        parsed = contract.parse(shipped.plan_json())
        assert parsed.names == shipped.column_names
        assert [c.type for c in parsed.columns] == [c.parsed.spark for c in shipped.columns]
        assert (parsed.table, parsed.mode, parsed.history) == (shipped.table, shipped.mode, shipped.history)
        assert parsed.primary_key == shipped.primary_key
        assert parsed.cursor == (shipped.cursor.column if shipped.cursor else None)
        assert [c.name for c in parsed.sensitive] == list(shipped.sensitive)
        assert [(r.name, r.condition, r.severity) for r in parsed.rules] == [
            (r.name, r.condition, r.severity) for r in shipped.rules
        ]


def test_the_gold_part_is_read_whole():
    gold = contract.parse(TRIP.plan_json()).gold
    assert (gold.table, gold.role) == ("fact_trip", "fact")
    assert [(d.name, d.type) for d in gold.derived][:2] == [
        ("pickup_date", "date"),
        ("pickup_hour", "timestamp"),
    ]
    aggregate = gold.aggregates[0]
    assert (aggregate.table, aggregate.where) == ("agg_zone_hour", "not is_deleted")
    assert [g.name for g in aggregate.group_by] == ["pickup_zone_id", "pickup_zone_key", "pickup_hour"]
    assert {m.name: m.expression for m in aggregate.measures}["demand"] == "count(*)"
    driver = next(k for k in gold.lookups if k.dimension == "dim_driver")
    assert (driver.key, driver.valid_at) == ((("driver_id", "driver_id"),), "pickup_at")
    assert (driver.columns[0].column, driver.columns[0].unknown) == ("driver_key", "-1")
    payment = gold.static_of("dim_payment")
    assert (payment.columns[0], payment.rows[0]) == (("payment_type", "smallint"), ("-1", "Unknown"))
    assert gold.static_of("dim_time").sequence == ("0", "1439", "1")
    numbered = contract.parse(PLANS["trip_event"].plan_json()).gold.numbered
    assert (numbered.within, numbered.order) == (("trip_id",), ("occurred_at", "event_id"))


def changed(**keys) -> str:
    return json.dumps(json.loads(TRIP.plan_json()) | keys)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{", "is not JSON"),
        ("[]", "an object is expected, found []"),
        (changed(partition="day"), "unknown: ['partition']"),
        (changed(mode="stream"), "'stream' is none of"),
        (changed(history="scd3"), "'scd3' is none of"),
        (
            changed(rules=[{"name": "r", "condition": "true", "severity": "ignore", "threshold": None}]),
            "rules.r.severity",
        ),
        (changed(rules=[{"name": "r", "condition": "true"}]), "missing: ['severity', 'threshold']"),
        (changed(primary_key=[]), "trip has no primary key"),
        (changed(cursor=None), "trip has no cursor"),
    ],
)
def test_what_the_job_cannot_honour_is_refused_by_name(text, found):
    with pytest.raises(TransformError) as refused:
        contract.parse(text)
    assert found in str(refused.value)


def test_gold_is_defined_by_what_it_is_made_of_and_not_by_rules():
    before = contract.parse(TRIP.plan_json()).definition
    assert contract.parse(changed(rules=[])).definition == before
    raw = json.loads(TRIP.plan_json())
    raw["gold"]["derived"][0]["expression"] = "to_date(dropoff_at)"
    assert contract.parse(json.dumps(raw)).definition != before
    raw = json.loads(TRIP.plan_json())
    raw["gold"]["aggregates"][0]["where"] = None
    assert contract.parse(json.dumps(raw)).definition != before
