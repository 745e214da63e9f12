"""A group's stack: a source, a control database and a lake, the declared pipelines over them, and the real job."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import psycopg
import pytest
import scenes
from job_here import Job
from plain_job import PlainJob
from pyspark.sql import SparkSession

from contracts import Contract
from local.adf import Factory, Runtime
from local.databricks.server import SparkServer
from local.declare import resources
from local.serving import delta
from local.toolchain import jars
from sql import ddl, ledger

ADF = "azure-native:datafactory:"
MARGIN = 0.5


@pytest.fixture(scope="session")
def spark(laptop) -> Iterator[SparkSession]:
    jars.ensure(print)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_REMOTE", SparkServer(laptop).ensure_running())
        session = SparkSession.builder.getOrCreate()
        yield session
        session.stop()


@dataclass
class Group:
    """One source table of each cursor kind, with all that reads it."""

    conninfo: Callable[..., str]
    lake: Path
    factory: Factory
    job: Job
    contracts: tuple[Contract, ...]

    def run(
        self,
        on_step: Callable[[str], None] | None = None,
        pipeline: str = "ingest",
        given: dict[str, str] | None = None,
    ) -> None:
        """A run that must succeed; `on_step` hears of its steps."""
        run = Runtime(self.factory, self.lake / "runs", self.job, on_step=on_step).run(pipeline, given)
        assert run.status == "Succeeded", f"{pipeline}: {run.error}"

    def source(self, query: str) -> list[tuple]:
        with psycopg.connect(self.conninfo(), options="-c TimeZone=UTC") as connection:
            return connection.execute(query).fetchall()

    def silver(self, table: str, query: str) -> list[tuple]:
        """`query` over {silver}, the Delta table as it is."""
        return self.lake_rows("silver", table, query.replace("{silver}", "{table}"))

    def lake_rows(self, container: str, table: str, query: str) -> list[tuple]:
        """`query` over {table}, a Delta table of any container as it is."""
        with duckdb.connect() as db:
            db.execute(f"load '{delta.extension('duckdb_extension_delta', 'delta')}'")
            db.execute("set timezone = 'UTC'")
            scan = f"delta_scan('{(self.lake / container / table).as_uri()}')"
            return db.execute(query.replace("{table}", scan)).fetchall()


def _contract(table: str, columns: list[dict], **more) -> Contract:
    return Contract.model_validate({
        "table": table, "description": "", "owner": "tests", "freshness": 900, "primary_key": ["thing_id"],
        "columns": [{"name": "thing_id", "type": "bigint", "nullable": False}, {"name": "body", "type": "text"},
                    *columns],
        "gold": {"table": f"fact_{table}", "role": "fact"}, **more,
    })  # fmt: skip


def contracts() -> tuple[Contract, ...]:
    flag = {"name": "is_deleted", "type": "boolean", "nullable": False}
    return (
        _contract(
            "thing", [flag, {"name": "updated_at", "type": "timestamp", "nullable": False}], mode="upsert",
            cursor={"column": "updated_at", "kind": "timestamp"}, deletes={"kind": "keys", "column": "is_deleted"},
            source={"schema": "mobility", "table": "thing", "defaults": {"is_deleted": "false"}},
        ),
        _contract(
            "event", [], mode="append", cursor={"column": "thing_id", "kind": "integer"}, deletes={"kind": "keys"},
            source={"schema": "mobility", "table": "event", "identity": "thing_id"},
        ),
    )  # fmt: skip


@pytest.fixture(scope="session")
def definitions() -> list[dict]:
    return resources("local")


@contextmanager
def stack(server, definitions: list[dict], folder: Path, job_of: Callable, tables: tuple) -> Iterator[Group]:
    """A source, a control database and a lake in `folder`, and the job that `job_of` makes for it."""
    mark = uuid.uuid4().hex[:8]
    name, lake = f"group_{mark}", folder / mark
    (lake / "landing").mkdir(parents=True)
    server.create_database(name)
    with psycopg.connect(server.conninfo(name), autocommit=True) as connection:
        texts = [ledger.factory_role(), *(text for _, text in ledger.scripts()), ddl.roles()]
        texts += [
            text for c in tables for text in (ddl.create_table(c), ddl.grants(c), ledger.contract_row(c))
        ]
        texts.append(f"update control.setting set value = {MARGIN} where name = 'margin_seconds'")
        for text in texts:
            connection.execute(text)
    factory = _factory(definitions, str(server.socket_dir), name, lake)
    try:
        yield Group(lambda: server.conninfo(name), lake, factory, job_of(lake), tables)
    finally:
        server.drop_database(name)


@pytest.fixture
def group(postgres_server, spark, definitions, tmp_path: Path) -> Callable:
    """Makes a group's stack, which is gone afterwards."""

    def make(tables: tuple[Contract, ...] | None = None):
        return stack(
            postgres_server, definitions, tmp_path, lambda lake: Job(spark, lake), tables or contracts()
        )

    return make


@pytest.fixture
def plain(postgres_server, definitions, tmp_path: Path) -> Iterator[Group]:
    """The same with a job that needs no Spark."""
    with stack(postgres_server, definitions, tmp_path, PlainJob, contracts()) as made:
        yield made


@pytest.fixture
def made(plain) -> Group:
    """The same after a first load, with a short margin."""
    scenes.tell(
        plain,
        f"update control.setting set value = {scenes.MARGIN} where name = 'margin_seconds'",
        "insert into mobility.thing (thing_id, body, updated_at)"
        f" select n, 'first', now() from generate_series(1, {scenes.FIRST_LOAD}) n",
        f"insert into mobility.event (body) select n::text from generate_series(1, {scenes.FIRST_LOAD}) n",
    )
    scenes.change(plain)
    plain.run()
    scenes.assert_equal(plain, "the first load")
    return plain


def _factory(definitions: list[dict], host: str, database: str, lake: Path) -> Factory:
    """The declared factory, with both databases and the lake where this group's are."""

    def inputs(kind: str) -> list[dict]:
        return [r["inputs"] for r in definitions if r["type"] == kind]

    services = {s["linkedServiceName"]: s["properties"] for s in inputs(f"{ADF}LinkedService")}
    services["lake"] = services["lake"] | {"url": f"file://{lake}/"}
    for generic in inputs("azure-native:resources:Resource"):
        given = generic["properties"]
        reached = given["typeProperties"] | {"server": host, "database": database}
        services[generic["resourceName"]] = given | {"typeProperties": reached}
    return Factory(
        pipelines={p["pipelineName"]: p for p in inputs(f"{ADF}Pipeline")},
        datasets={d["datasetName"]: d["properties"] for d in inputs(f"{ADF}Dataset")},
        linked_services=services,
    )


@pytest.fixture
def report() -> Callable[[str, int], None]:
    """Tells how many of a kind were tried: a JSON line in the file that HIGHWATER_RELIABILITY_REPORT names."""
    import json

    def tell(kind: str, count: int, **more: object) -> None:
        file = os.environ.get("HIGHWATER_RELIABILITY_REPORT")
        if file:
            with Path(file).open("a", encoding="utf-8") as lines:
                lines.write(json.dumps({"kind": kind, "count": count, **more}) + "\n")

    return tell
