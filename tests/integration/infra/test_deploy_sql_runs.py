"""The declared `deploy_sql`, run by the laptop's Data Factory on a real PostgreSQL.

The management interface alone is stood in for: it starts the run in the runtime instead of in Azure. T-SQL is
not run here, as the laptop's factory has no connector to a serverless pool.
"""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from contracts import load_all
from infra.deploy_sql_run import SqlRun
from infra.errors import InfraError
from local.adf import Factory, PipelineRun, Runtime
from local.declare import resources, stack_config
from sql import ddl, ledger

pytestmark = pytest.mark.postgres
PIPELINE = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.DataFactory/factories/f/pipelines/deploy_sql"
)


@pytest.fixture(scope="module")
def declared() -> list[dict]:
    config = stack_config("dev") | {"highwater:sql": json.dumps({"apply": "factory"})}
    return resources("dev", config)


class Management:
    """Azure's management interface over the laptop's runtime, for the calls that a run of a pipeline makes."""

    def __init__(self, runtime: Runtime):
        self.runtime, self.runs = runtime, {}

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        parts = path.partition("?")[0].split("/")
        if parts[-1] == "createRun":
            run = self.runtime.run(parts[-2], json.loads(json.dumps(body)))
            self.runs[run.run_id] = run
            return {"runId": run.run_id}
        if parts[-1] == "queryActivityruns":
            return {"value": [self._activity(a) for a in self.runs[parts[-2]].activities]}
        run: PipelineRun = self.runs[parts[-1]]
        return {"status": run.status, "message": run.message}

    def _activity(self, ended) -> dict[str, Any]:
        return {
            "activityName": ended.name,
            "activityType": ended.type,
            "status": ended.status,
            "error": ended.error,
        }


@pytest.fixture
def deploy(declared, database, tmp_path: Path):
    """A run of the pipeline as it is declared, with the laptop's server and without the case of the pool."""
    pipeline = next(r["inputs"] for r in declared if r["inputs"].get("pipelineName") == "deploy_sql")
    service = next(
        r["inputs"]["properties"] for r in declared if r["inputs"].get("resourceName") == "sql_postgresql"
    )
    (each,) = pipeline["activities"]
    (switch,) = each["activities"]
    cases = [case for case in switch["cases"] if case["value"] == "postgresql"]
    assert len(cases) == 1
    pipeline = pipeline | {"activities": [each | {"activities": [switch | {"cases": cases}]}]}
    assert service["typeProperties"]["database"] == "@{linkedService().database}"
    reached = service["typeProperties"] | {"server": database.host, "username": "postgres", "sslMode": 0}
    services = {"sql_postgresql": service | {"typeProperties": reached}}
    factory = Factory(pipelines={"deploy_sql": pipeline}, datasets={}, linked_services=services)
    management = Management(Runtime(factory, tmp_path / "runs"))
    return SqlRun(PIPELINE, management, pause=0.0)


def rows(database, query: str) -> list[tuple]:
    with psycopg.connect(database.conninfo()) as connection:
        return connection.execute(query).fetchall()


def test_the_whole_control_schema_is_applied_twice_from_inside(deploy, database):
    tables = load_all()
    texts = [ledger.factory_role(), *(text for _, text in ledger.scripts())]
    texts += [ledger.contract_row(c) for c in tables] + [ledger.contract_list(tables)]
    texts += [ddl.roles(), *(ddl.create_table(c) + ddl.grants(c) for c in tables)]
    for _ in range(2):
        for number, text in enumerate(texts):
            deploy.apply("postgresql", database.name, f"script-{number}", text)
    found = rows(database, "select table_name, enabled from control.contract order by table_name")
    assert found == [(c.table, True) for c in tables]


def test_what_the_factory_applied_is_what_is_applied_straight(deploy, database, postgres_server):
    """The definitions of all functions, views and tables are the same by both ways."""
    postgres_server.create_database("straight")
    straight = psycopg.connect(postgres_server.conninfo("straight"), autocommit=True)
    texts = [ledger.factory_role(), *(text for _, text in ledger.scripts())]
    for text in texts:
        straight.execute(text)
        deploy.apply("postgresql", database.name, "x", text)
    query = """
        select p.oid::regprocedure::text, pg_get_functiondef(p.oid) from pg_proc p
        join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'control'
        union all
        select table_name, string_agg(column_name || ' ' || data_type, ',' order by ordinal_position)
        from information_schema.columns where table_schema = 'control' group by 1 order by 1, 2"""
    expected = straight.execute(query).fetchall()
    straight.close()
    postgres_server.drop_database("straight")
    assert rows(database, query) == expected
    assert len(expected) > 20


def test_a_script_takes_effect_whole_or_not_at_all(deploy, database):
    with pytest.raises(InfraError) as caught:
        deploy.apply(
            "postgresql",
            database.name,
            "things",
            "create table thing (n int); insert into nowhere values (1);",
        )
    assert caught.value.what == f"Script things on database {database.name} failed."
    assert 'relation "nowhere" does not exist' in caught.value.why
    assert caught.value.why.startswith("Run on postgresql: ")
    assert rows(database, "select to_regclass('thing')") == [(None,)]


def test_quotes_dollars_and_expressions_in_a_script_are_text(deploy, database):
    awkward = "it's @{concat('a')} $highwater$ %s \\n @pipeline().RunId"
    quoted = awkward.replace("'", "''")
    deploy.apply(
        "postgresql",
        database.name,
        "awkward",
        f"create table said (t text); insert into said values ('{quoted}');",
    )
    assert rows(database, "select t from said") == [(awkward,)]


def test_a_store_that_is_not_known_is_refused_by_name(deploy, database):
    run = deploy._rest.runtime.run(
        "deploy_sql",
        {"store": "oracle", "database": "x", "name": "x", "version": "x", "batches": ["select 1"]},
    )
    assert run.status == "Failed"
    assert "no database of this kind is known: oracle" in run.message
