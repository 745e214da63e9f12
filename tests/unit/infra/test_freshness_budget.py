"""A stack that could not keep its contracts' freshness is refused before anything is declared."""

import json
from datetime import timedelta

import pytest

import contracts
from infra import freshness
from infra.errors import InfraError
from infra.settings import Settings, from_config, stack_file
from local.declare import resources, stack_config
from local.errors import HighwaterError

MINUTE = timedelta(minutes=1)


def settings(stack: str, **sections: dict) -> Settings:
    laid = {f"highwater:{key}": json.dumps(value) for key, value in sections.items()}
    return from_config(stack, stack_file(stack) | laid)


@pytest.mark.parametrize(
    ("stack", "steps"), [("dev", (5, 0, 1, 3)), ("staging", (5, 0, 5, 3)), ("prod", (5, 0, 5, 3))]
)
def test_each_mode_has_the_start_of_its_own_compute(stack: str, steps: tuple[int, ...]):
    assert tuple(took // MINUTE for took in freshness.budget(settings(stack)).values()) == steps
    freshness.check(settings(stack), contracts.load_all())


def test_a_managed_network_that_goes_cold_between_runs_counts():
    cold = settings("staging", factory={"every_minutes": 10})
    assert [took // MINUTE for took in freshness.budget(cold).values()] == [10, 2, 5, 3]


def test_a_contract_that_asks_for_more_is_named_with_key_rule_value_and_every_step():
    with pytest.raises(InfraError) as caught:
        freshness.check(settings("staging", factory={"every_minutes": 10}), contracts.load_all())
    assert (
        caught.value.what == "Stack staging can't keep the freshness of trip (15 min), trip_event (15 min)."
    )
    assert caught.value.why == (
        "highwater:factory.every_minutes: must be at most 5 (found: 10).\n"
        "A row waits 20 min at worst: the schedule 10 min, the managed network's start 2 min, "
        "the start of job cluster compute 5 min, a run's own work 3 min."
    )


@pytest.mark.parametrize("stack", ["dev", "staging", "prod", "pr-7"])
def test_no_stack_s_runs_outlast_its_schedule(stack: str):
    found = settings(stack)
    assert sum(freshness.busy(found).values(), timedelta()) <= found.factory.every_minutes * MINUTE


def test_machines_made_anew_for_each_run_do_not_keep_up_with_five_minutes():
    # Data Factory runs one at a time: the others would queue, and the hundred-and-first of them fails.
    with pytest.raises(InfraError) as caught:
        freshness.check(settings("prod", databricks={"cluster": {"idle_minutes": 5}}), contracts.load_all())
    assert caught.value.what == "Stack prod can't keep up with its own schedule."
    assert caught.value.why == (
        "highwater:factory.every_minutes: must be at least 8, what a run takes: "
        "the start of job cluster compute 5 min, a run's own work 3 min (found: 5)"
    )


def test_the_bound_itself_is_kept():
    need = sum(freshness.budget(settings("staging")).values(), timedelta())
    trip = next(c for c in contracts.load_all() if c.table == "trip")
    freshness.check(settings("staging"), [trip.model_copy(update={"freshness": need})])
    with pytest.raises(InfraError, match="trip"):
        freshness.check(settings("staging"), [trip.model_copy(update={"freshness": need - MINUTE})])


def test_the_program_asks_before_it_declares_anything():
    slow = stack_config("dev") | {"highwater:factory": json.dumps({"every_minutes": 60})}
    with pytest.raises(
        HighwaterError, match=r"Stack dev can't keep the freshness of driver \(60 min\), trip"
    ):
        resources("dev", slow)


def test_the_laptop_runs_when_it_is_told_to():
    freshness.check(settings("local", factory={"every_minutes": 600}), contracts.load_all())
