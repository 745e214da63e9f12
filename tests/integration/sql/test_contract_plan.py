"""The control database keeps each contract as it was deployed, for the next deployment to compare with."""

import pytest

from local.contract_plan import deployed, planned
from local.state import State

pytestmark = pytest.mark.postgres


def test_what_was_deployed_is_read_back_and_compared(site, contract_of, site_database, tmp_path):
    here = site.add(contract_of())
    there = deployed(State(tmp_path), site_database("highwater_factory"))
    assert [row["table_name"] for row in there] == ["thing"]
    assert planned(there, [here]) == []
    keyed = contract_of(deletes={"kind": "keys"})
    assert [(c.key, c.destructive) for c in planned(there, [keyed])] == [("deletes", False)]
    assert [(c.key, c.destructive) for c in planned(there, [contract_of(table="event")])] == [
        ("table", False), ("table", True)
    ]  # fmt: skip
    assert deployed(State(tmp_path)) == [], "no stack, nothing deployed"
