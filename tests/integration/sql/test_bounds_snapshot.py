"""The fingerprint of a table that is read whole."""

import pytest

pytestmark = pytest.mark.postgres


def test_content_that_did_not_change_has_no_new_bound(site, contract_of):
    thing = site.add(contract_of(cursor=None))
    site.insert("thing", 2, 1)
    first = site.bounds(thing)
    assert first["high"].startswith("000000000001-") and len(first["high"]) == 45
    assert (first["rows"], first["cuts"]) == (2, "[]")
    assert site.bounds(thing, first["high"])["high"] is None


@pytest.mark.parametrize("change", [
    "update mobility.thing set body = null where thing_id = 1",
    "update mobility.thing set body = '' where thing_id = 1",
    "insert into mobility.thing values (3, 'x')",
    "delete from mobility.thing where thing_id = 2",
])  # fmt: skip
def test_any_change_is_a_new_bound(site, contract_of, change):
    thing = site.add(contract_of(cursor=None))
    site.insert("thing", 1, 2)
    first = site.bounds(thing)["high"]
    site.control.execute(change)
    assert site.bounds(thing, first)["high"].startswith("000000000002-")


def test_content_that_changed_and_changed_back_is_still_a_change(site, contract_of):
    """A copy that ran in between has landed what is gone again: it must be read once more."""
    thing = site.add(contract_of(cursor=None))
    site.insert("thing", 1)
    first = site.bounds(thing)["high"]
    site.control.execute("update mobility.thing set body = 'y'")
    site.control.execute("update mobility.thing set body = 'x'")
    assert site.bounds(thing, first)["high"] is not None


def test_a_table_that_lost_all_its_rows_is_a_change_without_rows(site, contract_of):
    thing = site.add(contract_of(cursor=None))
    site.insert("thing", 1)
    first = site.bounds(thing)["high"]
    site.control.execute("delete from mobility.thing")
    row = site.bounds(thing, first)
    assert row["high"].startswith("000000000002-") and row["rows"] == 0
