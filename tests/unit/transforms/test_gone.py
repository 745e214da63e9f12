"""How many rows may be gone at the source, and how whoever is asked confirms it."""

from dataclasses import replace

import pytest
from highwater_transforms.errors import TooManyGone
from highwater_transforms.gone import refuse_many
from highwater_transforms.plan import TablePlan, Window
from highwater_transforms.receipts import failed


def plan(kind: str = "live") -> TablePlan:
    windows = (
        Window(3, 1, kind, None, None, "zone/3/1", 1, 5),
        Window(4, 1, kind, None, None, "zone/4/1", 1, 5),
    )
    return TablePlan("r", 7, "zone", "{}", windows, 0.1, 10)


@pytest.mark.parametrize(
    ("missing", "compared"), [(0, 0), (10, 10), (10, 99), (11, 110), (100, 1000), (0, 1_000_000)]
)
def test_few_rows_or_a_small_share_go_without_a_question(missing, compared):
    refuse_many(plan(), missing, compared)


@pytest.mark.parametrize(("missing", "compared"), [(11, 11), (11, 109), (101, 1000), (999_999, 1_000_000)])
def test_more_of_both_is_refused(missing, compared):
    with pytest.raises(TooManyGone, match=f"{missing:,} of {compared:,} rows of zone are gone"):
        refuse_many(plan(), missing, compared)


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        ("live", "highwater run ingest --param tables=zone --param allow_share=0.76"),
        ("reload", "highwater run reload --param tables=zone --param allow_share=0.76"),
        ("reconcile", "highwater reconcile zone --allow-share 0.76"),
    ],
)
def test_the_error_names_the_command_that_confirms_it_and_that_is_enough(kind, command):
    with pytest.raises(TooManyGone) as asked:
        refuse_many(plan(kind), 200, 265)
    assert asked.value.next_step.endswith(command)
    refuse_many(replace(plan(kind), allow_share=0.76), 200, 265)


def test_what_landed_is_read_again_by_the_next_run():
    with pytest.raises(TooManyGone) as asked:
        refuse_many(plan(), 200, 265)
    assert failed(plan(), asked.value, 1.0).unread == [3, 4]
