"""The driver: T-SQL scripts make files, once, and refuse what they do not know."""

from pathlib import Path

import pytest

from contracts import load_all
from local.errors import HighwaterError
from local.serving.driver import duckdb
from local.serving.tsql.errors import Refused
from sql import serving

LAKE = "file:///nowhere/lake/acct/"


def execute(server: Path, script: str, database: str = "highwater") -> None:
    with duckdb(str(server), database, "admin") as session:
        session.execute(script)


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """A server with the serving database, its schemas and data sources, and no view."""
    folder = tmp_path / "serving"
    execute(folder, serving.create_database(), "master")
    execute(folder, serving.database_script(LAKE))
    return folder


def files(server: Path) -> dict[str, str]:
    return {str(p.relative_to(server / "highwater")): p.read_text() for p in sorted(server.rglob("*.sql"))}


def test_every_generated_script_runs_and_runs_again_without_a_change(server):
    for contract in load_all():
        execute(server, serving.view_script(contract))
    once = files(server)
    execute(server, serving.create_database(), "master")
    execute(server, serving.database_script(LAKE))
    for contract in load_all():
        execute(server, serving.view_script(contract))
    assert files(server) == once
    assert list(once) == [
        "data_sources/gold.sql",
        "data_sources/restricted.sql",
        "database.sql",
        "schemas/mart.sql",
        "schemas/restricted.sql",
        "views/mart.agg_zone_flow_day.sql",
        "views/mart.agg_zone_hour.sql",
        "views/mart.dim_date.sql",
        "views/mart.dim_driver.sql",
        "views/mart.dim_driver_changes.sql",
        "views/mart.dim_payment.sql",
        "views/mart.dim_rate.sql",
        "views/mart.dim_time.sql",
        "views/mart.dim_zone.sql",
        "views/mart.dim_zone_changes.sql",
        "views/mart.fact_trip.sql",
        "views/mart.fact_trip_changes.sql",
        "views/mart.fact_trip_event.sql",
        "views/mart.fact_trip_event_changes.sql",
        "views/mart.kpi_quarter_hour.sql",
        "views/restricted.dim_driver.sql",
    ]
    assert not list(server.rglob("*.tmp"))


def test_azures_scripts_run_too_and_make_credentials(tmp_path):
    execute(tmp_path, serving.create_database(), "master")
    for _ in range(2):
        execute(tmp_path, serving.database_script("https://acct.dfs.core.windows.net/"))
    assert [p.name for p in sorted((tmp_path / "highwater" / "credentials").iterdir())] == [
        "lake_gold.sql", "lake_restricted.sql",
    ]  # fmt: skip


def test_a_data_source_follows_the_lake_to_another_place(server):
    execute(server, serving.database_script("file:///elsewhere/"))
    assert files(server)["data_sources/gold.sql"] == (
        "CREATE EXTERNAL DATA SOURCE [gold] WITH (LOCATION = 'file:///elsewhere/gold');\n"
    )


def test_a_view_is_replaced_and_dropped(server):
    execute(server, "CREATE VIEW mart.v AS SELECT 1 AS a")
    execute(server, "CREATE OR ALTER VIEW [mart].[v] AS SELECT 2 AS a;")
    assert files(server)["views/mart.v.sql"] == "CREATE OR ALTER VIEW [mart].[v] AS SELECT 2 AS a;\n"
    for _ in range(2):
        execute(server, "DROP VIEW IF EXISTS [mart].[v];")
    assert "views/mart.v.sql" not in files(server)
    with pytest.raises(HighwaterError, match="It is not there"):
        execute(server, "DROP VIEW mart.v")


def test_batches_are_split_at_go_alone_on_its_line(server):
    first = "CREATE VIEW mart.a AS SELECT 'GO' AS x -- GO\nGO\n"
    execute(server, first + "/* \nGO\n */ CREATE VIEW mart.b AS SELECT 1 AS go\n")
    assert [n for n in files(server) if n.startswith("views/")] == ["views/mart.a.sql", "views/mart.b.sql"]


REFUSED = [
    ("CREATE TABLE mart.t (a INT)", "TABLE"),
    ("GRANT SELECT ON SCHEMA::mart TO someone", "GRANT SELECT ON SCHEMA"),
    ("SELECT 1", "SELECT 1"),
    ("CREATE VIEW mart.v AS SELECT DATETRUNC(day, '2023-01-01') AS d", "DATETRUNC"),
    ("CREATE VIEW mart.v AS SELECT 1", "mart.v"),
    ("CREATE VIEW mart.v AS SELECT x FROM mart.nothing", "mart.nothing"),
    ("CREATE VIEW other.v AS SELECT 1 AS a", "CREATE VIEW other.v"),
    ("CREATE SCHEMA s; CREATE VIEW mart.v AS SELECT 1 AS a", "CREATE VIEW"),
    ("CREATE DATABASE d", "CREATE DATABASE d"),
    ("CREATE EXTERNAL DATA SOURCE d WITH (LOCATION = 'x', TYPE = 'HADOOP')", "EXTERNAL DATA SOURCE"),
    ("CREATE EXTERNAL DATA SOURCE d WITH (LOCATION = 'x', CREDENTIAL = nobody)", "CREDENTIAL = nobody"),
    (
        "CREATE VIEW mart.v AS SELECT a FROM OPENROWSET(BULK 't', DATA_SOURCE='gold', FORMAT='CSV') AS r",
        "CSV",
    ),
    (
        "CREATE VIEW mart.v AS SELECT a FROM OPENROWSET(BULK 't/*', DATA_SOURCE='gold', FORMAT='DELTA') "
        "WITH (a INT) AS r",
        "t/*",
    ),
    (
        "CREATE VIEW mart.v AS SELECT a FROM OPENROWSET(BULK 't', DATA_SOURCE='bronze', FORMAT='DELTA') "
        "WITH (a INT) AS r",
        "bronze",
    ),
]


@pytest.mark.parametrize(("script", "named"), REFUSED)
def test_a_statement_is_refused_by_name_and_leaves_nothing(server, script, named):
    before = files(server)
    with pytest.raises(Refused) as caught:
        execute(server, script)
    assert named in caught.value.construct
    assert {k: v for k, v in files(server).items() if k.startswith("views/")} == {}
    assert {k for k in files(server) if k not in before} <= {"schemas/s.sql"}


def test_a_script_with_one_bad_statement_runs_nothing(server):
    with pytest.raises(Refused):
        execute(server, "CREATE VIEW mart.ok AS SELECT 1 AS a\nGO\nMERGE INTO x")
    assert "views/mart.ok.sql" not in files(server)


def test_a_database_that_is_not_there_is_told(tmp_path):
    with pytest.raises(HighwaterError, match="Can't open the serving database highwater"):
        execute(tmp_path, "CREATE SCHEMA s")


def test_an_object_is_not_made_twice_in_silence(server):
    with pytest.raises(HighwaterError, match="schema mart"):
        execute(server, "CREATE SCHEMA mart")


def test_the_driver_is_the_one_that_the_program_finds():
    from importlib.metadata import entry_points

    found = {e.name: e.load() for e in entry_points(group="highwater.sql_driver") if e.name == "duckdb"}
    assert found == {"duckdb": duckdb}
