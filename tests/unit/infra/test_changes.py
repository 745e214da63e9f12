"""A change of one contract or setting changes only what hangs on it."""

import json
from collections.abc import Callable

import pytest

import contracts
from local.declare import resources, stack_config

Declared = dict[str, dict]


def changed(before: Declared, after: Declared) -> set[str]:
    """Logical names of what was added, removed, or declared otherwise."""
    return {
        urn.rpartition("::")[2] for urn in before.keys() | after.keys() if before.get(urn) != after.get(urn)
    }


@pytest.fixture
def declared_with(declared, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Declared]:
    """What `local` declares with other contracts."""
    declared("local")  # with the real ones, before they are replaced

    def declare(tables: list[contracts.Contract]) -> Declared:
        monkeypatch.setattr(contracts, "load_all", lambda: tables)
        return {resource["urn"]: resource for resource in resources("local")}

    return declare


def replaced(table: str, **update: object) -> list[contracts.Contract]:
    return [c.model_copy(update=update) if c.table == table else c for c in contracts.load_all()]


def test_a_new_freshness_changes_the_contract_s_row_and_the_view_that_shows_it(declared, declared_with):
    trip = next(c for c in contracts.load_all() if c.table == "trip")
    after = declared_with(replaced("trip", freshness=trip.freshness * 2))
    assert changed(declared("local"), after) == {"contract-trip", "view-mart.freshness"}


def test_a_new_column_changes_the_row_the_table_and_the_views_of_its_contract(declared, declared_with):
    zone = next(c for c in contracts.load_all() if c.table == "zone")
    column = contracts.Column(name="population", type="integer")
    after = declared_with(replaced("zone", columns=(*zone.columns, column)))
    assert changed(declared("local"), after) == {
        "contract-zone", "source-zone", "view-mart.dim_zone", "view-mart.dim_zone_changes",
    }  # fmt: skip


def test_a_removed_contract_takes_its_scripts_along_and_leaves_the_list(declared, declared_with):
    after = declared_with([c for c in contracts.load_all() if c.table != "driver"])
    assert changed(declared("local"), after) == {
        "contract-driver", "source-driver", "view-mart.dim_driver", "view-mart.dim_driver_changes",
        "view-restricted.dim_driver", "contracts",
        "lifecycle",  # it names the folders of bronze
        # these name every gold table
        "view-mart.batch_status", "view-mart.published_batch", "view-mart.published_batches", "view-mart.freshness",
    }  # fmt: skip


def test_nothing_changes_when_nothing_changed(declared):
    again = {resource["urn"]: resource for resource in resources("local")}
    assert changed(declared("local"), again) == set()


def test_another_schedule_changes_the_trigger_alone(declared):
    config = stack_config("local")
    config["highwater:factory"] = json.dumps(json.loads(config["highwater:factory"]) | {"every_minutes": 7})
    after = {resource["urn"]: resource for resource in resources("local", config)}
    assert changed(declared("local"), after) == {"every_few_minutes"}
    (trigger,) = [
        r
        for r in after.values()
        if r["type"].endswith("datafactory:Trigger") and "every_few_minutes" in r["urn"]
    ]
    assert trigger["inputs"]["properties"]["recurrence"]["interval"] == 7


def test_an_own_source_takes_the_sample_s_place(declared):
    own = {"server": "db.acme.example", "port": 6432, "database": "shop", "username": "reader", "ssl_mode": 3}
    config = stack_config("dev") | {"highwater:source": json.dumps({"sample": False, "external": own})}
    after = {resource["urn"]: resource for resource in resources("dev", config)}
    tables = {c.table for c in contracts.load_all()}
    gone = {"source", "source-roles", *(f"source-{table}" for table in tables)}
    assert changed(declared("dev"), after) == gone | {"source-service"}
    (service,) = [r for r in after.values() if r["inputs"].get("resourceName") == "source"]
    properties = service["inputs"]["properties"]["typeProperties"]
    assert {key: properties[key] for key in ("server", "port", "database", "username", "sslMode")} == {
        "server": "db.acme.example", "port": 6432, "database": "shop", "username": "reader", "sslMode": 3,
    }  # fmt: skip
