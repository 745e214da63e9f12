"""From the source to the served view, on real parts: what arrives is what was written, once."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from looks import assert_groups_are_right, held, served

from local import source
from local.databricks.server import SparkServer

pytestmark = pytest.mark.e2e


def test_the_first_load_serves_the_source_row_by_row(path):
    path.assert_equal()
    count = held(path, "select count(*) from mobility.trip")
    assert served(path, "select count(*) from mart.fact_trip") == count
    assert count[0][0] > 2_900


def test_a_run_with_nothing_new_moves_no_row(path):
    path.ingest()
    tables = path.ingest()
    assert {name: row["rows"] for name, row in tables.items()} == {
        "driver": 0, "trip": 0, "trip_event": 0, "zone": 0,
    }  # fmt: skip
    path.assert_equal()


def test_after_changes_exactly_these_rows_land_and_everything_served_follows(path):
    """Inserts, updates, a driver's new version, a zone renamed, one vanished, trips that move to another hour."""
    path.ingest()
    events, versions = held(path, "select count(*) from mobility.trip_event")[0][0], count_drivers(path)
    inserted = source.insert_trips(path.stack.source, 70, seed=1)
    updated = source.update_trips(path.stack.source, 30, seed=2)
    source.update_drivers(path.stack.source, 5, seed=3)
    with psycopg.connect(path.stack.source) as connection:
        moved = connection.execute(
            "update mobility.trip set pickup_at = pickup_at - interval '3 hours' where trip_id = any(%s) returning 1",
            [updated[:5]],
        ).rowcount
        connection.execute("update mobility.zone set zone_name = 'Renamed' where zone_id = 7")
        connection.execute("delete from mobility.zone where zone_id = 8")
    events = held(path, "select count(*) from mobility.trip_event")[0][0] - events
    assert (len(set(inserted)), len(set(updated)), set(inserted) & set(updated), moved) == (70, 30, set(), 5)
    tables = path.ingest()
    assert {name: row["rows"] for name, row in tables.items()} == {
        "driver": 5, "trip": 100, "trip_event": events, "zone": 264,
    }  # fmt: skip
    assert (tables["trip"]["inserted"], tables["trip"]["updated"]) == (70, 30)
    path.assert_equal()
    assert (count_drivers(path)[0] - versions[0], count_drivers(path)[1]) == (5, 40)
    assert served(path, "select zone_name from mart.dim_zone where zone_id in (7, 8)") == [("Renamed",)]
    assert_groups_are_right(path)


def count_drivers(path) -> tuple[int, int]:
    """Versions of drivers served, and how many of them are current."""
    return served(
        path,
        "select count(*), sum(case when is_current = 1 then 1 else 0 end) from mart.dim_driver where driver_id <> -1",
    )[0]


def test_bad_rows_are_kept_in_quarantine_and_the_others_served(path):
    bad = source.insert_bad_trips(path.stack.source, 4, seed=5)
    tables = path.ingest()
    assert (tables["trip"]["rows"], tables["trip"]["quarantined"], tables["trip"]["inserted"]) == (4, 4, 0)
    verdict = path.verdicts()["trip"]
    assert (verdict.equal, verdict.excluded, len(bad)) == (True, 4, 4)


@pytest.mark.slow
def test_a_reload_reads_everything_and_changes_nothing(path):
    path.ingest()
    before = served(path, "select count(*) from mart.fact_trip")
    run, tables = path.run("reload")
    assert run.status == "Succeeded", run.error
    assert tables["trip"]["rows"] == held(path, "select count(*) from mobility.trip")[0][0]
    assert served(path, "select count(*) from mart.fact_trip") == before
    path.assert_equal()


def test_the_ledger_is_sound_and_status_says_how_far_it_is(path):
    path.ingest()
    assert path.cli("ledger", "check").returncode == 0
    answer = path.cli("status", "--json")
    rows = {row["table_name"]: row for row in json.loads(answer.stdout)}
    assert set(rows) == {"driver", "trip", "trip_event", "zone"}
    assert all(row["fresh"] and row["last_run_status"] == "succeeded" for row in rows.values())
    newest = held(path, "select max(event_id) + 1 from mobility.trip_event")[0][0]
    assert rows["trip_event"]["watermark"] == str(newest)


def test_sql_is_asked_from_the_command_line(path):
    answer = path.cli("sql", "select count(*) as trips from mart.fact_trip", "--json")
    assert json.loads(answer.stdout) == [{"trips": served(path, "select count(*) from mart.fact_trip")[0][0]}]
    refused = path.cli("sql", "select 1 limit 1")
    assert refused.returncode == 1
    assert "LIMIT" in refused.stderr


def test_verify_is_red_with_a_row_doubled_and_with_a_row_lost(path):
    """The comparison that every test here relies on must see a single wrong row, in either direction."""
    path.ingest()
    path.assert_equal()
    trip_id = served(path, "select max(trip_id) from mart.fact_trip")[0][0]
    fact = f"delta.`{path.stack.lake_endpoint}gold/fact_trip`"
    with spark_of(path) as spark:
        good = spark.sql(f"describe history {fact} limit 1").first()["version"]
        try:
            spark.sql(f"insert into {fact} select * from {fact} where trip_id = {trip_id}").collect()
            doubled = path.verdicts()["trip"]
            spark.sql(f"restore table {fact} to version as of {good}").collect()
            spark.sql(f"delete from {fact} where trip_id = {trip_id}").collect()
            lost, told = path.verdicts()["trip"], path.cli("verify", "trip")
        finally:
            spark.sql(f"restore table {fact} to version as of {good}").collect()
    assert (doubled.equal, doubled.missing, doubled.extra, doubled.duplicates) == (False, 0, 1, 1)
    assert doubled.only_in_served[0]["trip_id"] == trip_id
    assert (lost.equal, lost.missing, lost.extra) == (False, 1, 0)
    assert lost.only_in_source[0]["trip_id"] == trip_id
    assert told.returncode == 1 and "differ in trip" in told.stderr
    path.assert_equal()


@contextmanager
def spark_of(path) -> Iterator:
    """A session on the stack's own Spark server, to damage tables with."""
    from pyspark.sql.connect.session import SparkSession

    server, session_id = SparkServer(path.stack.state), str(uuid.uuid4())
    server.ensure_running()
    given = server.client_environment(session_id)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given.items():
            patch.setenv(name, value)
        session = SparkSession.builder.remote(given["SPARK_REMOTE"]).create()
        try:
            yield session
        finally:
            session.stop()  # or the client asks for a server that is gone, when the process ends
