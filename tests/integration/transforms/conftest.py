"""One Spark for the session: the laptop's own Spark Connect server, in a state folder of the tests.

Where SPARK_REMOTE names a server, that one is used, and with HIGHWATER_TEST_SPARK=classic Spark's own classic session:
the same tests against another target.
"""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import classic_spark
import pytest
from pyspark.sql import SparkSession
from transform_lake import TestLake

from contracts import Contract
from local.databricks.server import SparkServer
from local.state import State
from local.toolchain import jars

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def spark(laptop: State, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    if os.environ.get("SPARK_REMOTE"):
        yield SparkSession.builder.getOrCreate()
        return
    jars.ensure(print)
    if os.environ.get("HIGHWATER_TEST_SPARK") == "classic":
        yield from _classic(tmp_path_factory.mktemp("classic") / "spark")
        return
    with pytest.MonkeyPatch.context() as patch:
        # As the job's own process finds it: its entry point asks for the session of the runtime.
        patch.setenv("SPARK_REMOTE", SparkServer(laptop).ensure_running())
        session = SparkSession.builder.getOrCreate()
        yield session
        session.stop()


def _classic(work: Path) -> Iterator[SparkSession]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in classic_spark.environment(work).items():
            patch.setenv(name, value)
        session = SparkSession.builder.getOrCreate()
        assert "connect" not in type(session).__module__
        yield session
        session.stop()


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> TestLake:
    """An empty lake in a folder whose name has a blank in it."""
    root = tmp_path / f"lake {next(_numbers)}"
    root.mkdir()
    return TestLake(spark, root)


def _contract(table: str, columns: list[dict], **more) -> Contract:
    common = {"description": "", "owner": "tests", "source": {"schema": "s", "table": table}, "freshness": 60}
    return Contract.model_validate(
        {"table": table, "columns": columns, "gold": {"table": f"dim_{table}", "role": "dimension"}}
        | common
        | more
    )


ID = {"name": "id", "type": "bigint", "nullable": False}
AT = {"name": "at", "type": "timestamp", "nullable": False}


@pytest.fixture(scope="session")
def ride() -> Contract:
    """Rows that change: upsert by a timestamp, a sensitive column, an aggregate by zone."""
    aggregate = {
        "table": "agg_zone",
        "where": "not cancelled",
        "group_by": [{"name": "zone", "type": "integer", "expression": "zone"}],
        "measures": [
            {"name": "rides", "type": "bigint", "expression": "count(*)"},
            {"name": "revenue", "type": "decimal(18,2)", "expression": "sum(cents) / 100"},
        ],
    }
    return _contract(
        "ride",
        [
            ID, {"name": "zone", "type": "integer"}, {"name": "cents", "type": "bigint"},
            {"name": "rider", "type": "varchar(20)", "sensitive": True},
            {"name": "cancelled", "type": "boolean", "nullable": False}, AT,
        ],
        primary_key=["id"], mode="upsert", cursor={"column": "at", "kind": "timestamp"},
        rules=[
            {"name": "not_negative", "condition": "cents >= 0", "severity": "quarantine"},
            {"name": "not_huge", "condition": "cents < 1000000", "severity": "warn"},
            {"name": "zone_known", "condition": "zone is null or zone < 1000", "severity": "fail"},
        ],
        gold={
            "table": "fact_ride", "role": "fact", "aggregates": [aggregate],
            "derived": [{"name": "day", "type": "date", "expression": "to_date(at)"}],
        },
    )  # fmt: skip


@pytest.fixture(scope="session")
def event() -> Contract:
    """Rows that only grow."""
    return _contract(
        "event", [ID, {"name": "what", "type": "varchar(10)"}], primary_key=["id"], mode="append",
        cursor={"column": "id", "kind": "integer"}, gold={"table": "fact_event", "role": "fact"},
    )  # fmt: skip


@pytest.fixture(scope="session")
def person() -> Contract:
    """Rows whose former versions are kept."""
    return _contract(
        "person",
        [ID, {"name": "name", "type": "varchar(20)", "sensitive": True}, {"name": "city", "type": "text"}, AT],
        primary_key=["id"], mode="upsert", cursor={"column": "at", "kind": "timestamp"}, history="scd2",
    )  # fmt: skip


@pytest.fixture(scope="session")
def place() -> Contract:
    """A small table that is read whole."""
    return _contract("place", [ID, {"name": "name", "type": "text"}], primary_key=["id"], mode="snapshot")
