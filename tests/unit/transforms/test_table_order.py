"""The order of a run's tables."""

import threading
from types import SimpleNamespace

import pytest
from highwater_transforms import order
from highwater_transforms.errors import TransformError


def planned(table: str, role: str | None):
    def contract():
        if role is None:
            raise TransformError("not readable")
        return SimpleNamespace(gold=SimpleNamespace(role=role))

    return SimpleNamespace(table=table, contract=contract)


@pytest.mark.parametrize("at_once", [1, 4])
def test_facts_are_served_after_all_dimensions_however_few_tables_run_at_once(at_once):
    roles = {"trips": "fact", "drivers": "dimension", "odd": None, "zones": "dimension"}
    plans = [planned(table, role) for table, role in roles.items()]
    done, lock = [], threading.Lock()

    def work(plan, ready) -> str:
        known = ready()
        with lock:
            done.append((plan.table, sorted(answer for _, answer in known)))
        return plan.table.upper()

    assert sorted(order.dimensions_first(plans, work, at_once)) == ["DRIVERS", "ODD", "TRIPS", "ZONES"]
    both = ["DRIVERS", "ZONES"]
    assert dict(done) == {"drivers": [], "zones": [], "trips": both, "odd": both}
    assert {table for table, _ in done[:2]} == {"drivers", "zones"}


def test_work_side_by_side_is_all_done_when_one_of_it_fails():
    meet, done = threading.Barrier(3, timeout=10), []

    def work(name: str) -> None:
        meet.wait()  # passed by nobody unless all three are at work
        if name != "c":
            raise TransformError(name)
        done.append(name)

    with pytest.raises(TransformError, match="a"):
        order.side_by_side(work, ["a", "b", "c"])
    assert done == ["c"]
    order.side_by_side(work, [])
