"""A lake with a serving server over it, as `highwater up` leaves them, and rows put in by hand."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from delta_writer import gold_schema
from served_line import CONTRACTS, Lake, Line

from contracts import Contract
from local.serving.driver import duckdb
from sql import serving


@pytest.fixture
def contracts() -> dict[str, Contract]:
    return CONTRACTS


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server with every view, over a lake that is nowhere."""
    server = tmp_path_factory.mktemp("template") / "serving"
    with duckdb(str(server), "master") as session:
        session.execute(serving.create_database())
    with duckdb(str(server), "highwater") as session:
        session.execute(serving.database_script("file:///nowhere/"))
        for contract in CONTRACTS.values():
            session.execute(serving.view_script(contract))
        for _, text in serving.batch_scripts(list(CONTRACTS.values())):
            session.execute(text)
    return server


@pytest.fixture
def lake(tmp_path: Path, template: Path) -> Lake:
    """A lake of this test's own under a server with every view."""
    lake = Lake(tmp_path / "serving", tmp_path / "lake" / "acct")
    shutil.copytree(template, lake.server)
    lake.run(serving.database_script(lake.folder.as_uri() + "/"))
    return lake


@pytest.fixture
def line(lake: Lake, database, contracts: dict[str, Contract]) -> Line:
    return Line(lake, database, contracts)


@pytest.fixture
def big(lake: Lake) -> Callable[[int], None]:
    """Fill the trip events with that many rows, without a loop over them."""

    def fill(count: int) -> None:
        ids = pa.array(range(count), pa.int64())
        kinds = pa.array(["pickup", "dropoff", "payment", "refund"] * (count // 4), pa.string())
        schema = gold_schema(CONTRACTS["trip_event"])
        columns = {"event_id": ids, "trip_id": ids, "event_type": kinds, "_batch_id": ids}
        columns["_removed"] = pa.array([False] * count)
        nulls = {f.name: pa.nulls(count, f.type) for f in schema}
        lake.put("gold", "fact_trip_event", pa.table(nulls | columns, schema=schema), files=4)

    return fill
