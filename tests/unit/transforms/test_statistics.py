"""Of which columns Delta keeps statistics: what merges and people look for by range."""

import pytest
from highwater_transforms import bronze, contract, silver, statistics

from contracts import load_all

PLANNED = {c.table: contract.parse(c.plan_json()) for c in load_all()}


def names(table: str, columns) -> list[str]:
    (found,) = statistics.searched(PLANNED[table], columns).items()
    assert found[0] == "delta.dataSkippingStatsColumns"
    return found[1].split(",")


def test_keys_groups_times_and_tags_are_searched_and_texts_and_amounts_are_not():
    found = names("trip_event", silver.columns(PLANNED["trip_event"]))
    assert found == [
        "event_id", "trip_id", "occurred_at", "recorded_at", "_window_id", "_attempt", "_batch_id", "_loaded_at",
    ]  # fmt: skip
    assert {"valid_from", "valid_to"} <= set(names("driver", silver.columns(PLANNED["driver"])))


@pytest.mark.parametrize("table", sorted(PLANNED))
def test_what_a_merge_prunes_by_is_always_among_them(table):
    of = PLANNED[table]
    for columns in (silver.columns(of), bronze.columns(of)):
        assert {*of.primary_key, *([of.cursor] if of.cursor else ()), "_window_id"} <= set(
            names(table, columns)
        )


def test_delta_refuses_some_types_so_they_are_never_named():
    columns = (
        ("trip_id", "array<string>"),
        ("updated_at", "timestamp"),
        ("_removed", "boolean"),
        ("note", "string"),
    )
    assert names("trip", columns) == ["updated_at"]
