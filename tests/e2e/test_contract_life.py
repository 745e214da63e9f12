"""A source and its contract that change while the stack is in use: told, applied from source to view, or refused."""

from pathlib import Path

import psycopg
import pytest
import yaml
from conftest import WholePath
from looks import held, served

import contracts.load
from local import engine, source
from local.source.generator import MONTH, ZONES
from local.stack import LocalStack
from local.state import State

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
LARGE = "123456789.01"


@pytest.fixture
def own(tmp_path: Path):
    """A stack of the test's own, since its source and contracts stay changed."""
    state = State(tmp_path / "s")
    engine.up(state)
    stack = LocalStack.open(state)
    source.seed(stack.source, MONTH, ZONES, drivers=10, limit=300)
    yield WholePath(stack, None)
    engine.destroy(state)


def tell(path: WholePath, *statements: str) -> None:
    with psycopg.connect(path.stack.source) as connection:
        for statement in statements:
            connection.execute(statement)


def write_contracts(folder: Path) -> None:
    """The project's contracts, of which `trip` has a wider amount and `zone` one more column."""
    for file in contracts.load.CONTRACTS_DIR.glob("*.yaml"):
        body = yaml.safe_load(file.read_text())
        for column in body["columns"]:
            if (body["table"], column["name"]) == ("trip", "total_amount"):
                column["type"] = "decimal(12,2)"
        if body["table"] == "zone":
            body["columns"].append({"name": "note", "type": "varchar(20)", "description": "A remark"})
        (folder / file.name).write_text(yaml.safe_dump(body))


def test_a_column_that_is_added_widened_and_dropped_at_the_source(own, tmp_path, monkeypatch):
    own.ingest()
    ((key,),) = held(own, "select min(trip_id) from mobility.trip")
    amount = f"select total_amount from mart.fact_trip where trip_id = {key}"
    before = served(own, amount)

    # The source goes first: both are told, what fits is loaded, what does not waits.
    tell(
        own,
        "alter table mobility.zone add column note varchar(20)",
        "update mobility.zone set note = 'by the park', zone_name = 'Renamed' where zone_id = 43",
        "alter table mobility.trip alter column total_amount type numeric(12,2)",
        f"update mobility.trip set total_amount = {LARGE} where trip_id = {key}",
    )
    tables = own.ingest()
    assert "note" in str(tables["zone"]["drift"])
    assert "total_amount" in str(tables["trip"]["drift"])
    assert tables["trip"]["quarantined"] == 1
    assert served(own, amount) == before
    assert served(own, "select zone_name from mart.dim_zone where zone_id = 43") == [("Renamed",)]

    # The contract follows, and with it every table and view.
    changed = tmp_path / "contracts"
    changed.mkdir()
    write_contracts(changed)
    monkeypatch.setattr(contracts.load, "CONTRACTS_DIR", changed)
    engine.up(own.stack.state)
    ((low,),) = held(own, "select min(updated_at) from mobility.trip")
    run, _ = own.run("backfill", tables="trip", **{"from": low.isoformat()})
    assert run.status == "Succeeded", run.error
    tables = own.ingest()
    assert not tables["zone"]["drift"] and not tables["trip"]["drift"]
    assert [str(row[0]) for row in served(own, amount)] == [LARGE]
    assert served(own, "select note from mart.dim_zone where zone_id = 43") == [("by the park",)]
    own.assert_equal()

    # What the contract names and the source has no more stops its own table alone.
    paused = "select count(*) from mart.dim_driver where status = 'paused' and is_current = 1"
    paused_before = served(own, paused)
    tell(
        own,
        "alter table mobility.driver drop column rating",
        "update mobility.driver set status = 'paused', updated_at = clock_timestamp()",
        f"update mobility.trip set total_amount = 1 where trip_id = {key}",
    )
    run, tables = own.run()
    assert run.status == "Failed"
    assert tables["driver"]["status"] == "failed" and "rating" in tables["driver"]["error"]
    assert tables["trip"]["status"] == "succeeded"
    assert [str(row[0]) for row in served(own, amount)] == ["1.00"]
    assert served(own, paused) == paused_before
