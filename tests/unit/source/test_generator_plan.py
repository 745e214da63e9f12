"""What is decided before anything is written: generated trips and the steps of a simulation."""

import random

import duckdb
import pytest

from local.source import generator, identity, mapping, tlc
from local.source.simulation import plan


def generated(table, trips, seed):
    with duckdb.connect(":memory:") as db:
        mapping.load(db, tlc.select(table, "test"))
        generator.repeat(db, trips, seed)
        identity.identify(db, 500)
        return db.execute(
            "select trip_id, pickup_at, dropoff_at, total_amount, refund_amount from trip"
        ).fetchall()


@pytest.fixture
def month(green_table):
    refund = {"fare_amount": -14.9, "total_amount": -24.18}
    return green_table({}, {"total_amount": 10.0}, refund, {"PULocationID": 7})


def test_the_same_seed_gives_the_same_trips_and_another_seed_others(month):
    one, again, other = (generated(month, 10, seed) for seed in (1, 1, 2))
    assert one == again
    assert not {r[0] for r in one} & {r[0] for r in other}


def test_more_trips_hold_the_fewer_ones(month):
    assert {r[0] for r in generated(month, 4, 1)} < {r[0] for r in generated(month, 10, 1)}


def test_real_rows_are_repeated_five_weeks_apart(month):
    rows = generated(month, 9, 1)
    assert len({r[0] for r in rows}) == 9
    assert sorted({r[1].date().isoformat() for r in rows}) == ["2022-09-18", "2022-10-23", "2022-11-27"]
    # 661 s each; all in New York's winter or summer time on their day
    assert {(r[2] - r[1]).total_seconds() for r in rows} == {661.0}
    assert sorted(r[4] is not None for r in rows) == [False] * 6 + [True] * 3


AVAILABLE = {"update": 900, "delete": 100, "end": 10, "driver": 50}


def rows_by_kind(steps):
    found = dict.fromkeys(("insert", "bad", "update", "end", "delete", "driver"), 0)
    for step in steps:
        found[step.kind] += step.rows
    return found


def test_steps_add_up_to_the_changes_asked_for():
    steps = plan(1000, 20, AVAILABLE, random.Random(3))
    assert rows_by_kind(steps) == {
        "insert": 520, "bad": 20, "update": 380, "end": 10, "delete": 30, "driver": 40,
    }  # fmt: skip
    assert steps == plan(1000, 20, AVAILABLE, random.Random(3))
    assert {s.kind for s in steps if s.late} <= {"insert", "update"}
    assert sum(s.late for s in steps) >= 1


def test_no_kind_gets_more_rows_than_there_are():
    found = rows_by_kind(plan(1000, 0, {"update": 5}, random.Random(0)))
    assert found == {"insert": 995, "bad": 0, "update": 5, "end": 0, "delete": 0, "driver": 0}


def test_bad_rows_leave_less_for_the_others():
    found = rows_by_kind(plan(100, 90, AVAILABLE, random.Random(0)))
    assert (found["bad"], sum(found.values()), found["insert"]) == (90, 100, 0)
    assert rows_by_kind(plan(7, 7, AVAILABLE, random.Random(0)))["bad"] == 7


def test_nothing_asked_nothing_done():
    assert plan(0, 0, AVAILABLE, random.Random(0)) == []
