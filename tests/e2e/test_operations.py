"""What an operator asks for, by the command line: deletes are found, a range is read again, a file is mended."""

import json
import signal
import subprocess

import psycopg
import pytest
from conftest import environment, highwater
from looks import assert_groups_are_right, held, served
from test_faults import changed, start_run

from local import source

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_rows_that_are_gone_at_the_source_are_marked_everywhere_and_come_back(path):
    path.ingest()
    with psycopg.connect(path.stack.source) as connection:
        connection.execute("create table public.kept as select * from mobility.trip order by trip_id limit 6")
        gone = "delete from mobility.trip where trip_id in (select trip_id from public.kept)"
        assert connection.execute(gone).rowcount == 6
    assert path.verdicts()["trip"].extra == 6
    answer = path.cli("reconcile", "trip", "--json")
    assert answer.returncode == 0, answer.stderr
    (found,) = json.loads(answer.stdout)["reconcile"]
    assert (found["gone"], found["marked"], found["revived"]) == (6, 6, 0)
    path.assert_equal()
    assert_groups_are_right(path)
    removed = "select count(*) from mart.fact_trip_changes where is_removed = 1"
    assert served(path, removed) == [(6,)]
    with psycopg.connect(path.stack.source) as connection:
        connection.execute("insert into mobility.trip select * from public.kept")
        connection.execute(
            "update mobility.trip set tip_amount = 1 where trip_id in (select trip_id from public.kept)"
        )
        connection.execute("drop table public.kept")
    path.ingest()
    path.assert_equal()
    assert_groups_are_right(path)
    assert served(path, removed) == [(0,)]


def test_a_backfill_beside_live_runs_brings_what_no_window_saw(path):
    path.ingest()
    with psycopg.connect(path.stack.source) as connection:
        connection.execute(
            "set session_replication_role = replica"
        )  # the rows change, and their cursor does not
        silent = connection.execute(
            "update mobility.trip set total_amount = total_amount + 7, pickup_at = pickup_at - interval '2 hours'"
            " where trip_id in (select trip_id from mobility.trip where total_amount > 0 order by trip_id desc limit 9)"
        ).rowcount
    verdict = path.verdicts()["trip"]
    assert (silent, verdict.missing, verdict.extra) == (9, 9, 9)
    command = [*highwater(), "backfill", "trip", "--from", "2000-01-01", "--chunk", "900"]
    backfill = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(path.stack.state),
    )
    source.insert_trips(path.stack.source, 20, seed=77)
    path.ingest()
    told, _ = backfill.communicate(timeout=300)
    assert backfill.returncode == 0, told
    path.ingest()
    path.assert_equal()
    assert_groups_are_right(path)
    assert path.cli("ledger", "check").returncode == 0
    with psycopg.connect(path.stack.control) as connection:
        windows = connection.execute(
            "select count(*) from control.window_list where kind = 'backfill'"
        ).fetchone()[0]
    assert windows > 0  # rows of one transaction share a cursor, and such are never split


def test_a_landed_file_that_is_no_whole_parquet_stops_its_table_once(path):
    path.ingest()
    changed(path, seed=600)
    assert start_run(path, "Merge:before").wait() == -signal.SIGKILL
    with psycopg.connect(path.stack.control) as connection:
        ((landed,),) = connection.execute(
            "select path from control.window_list where status = 'landed'"
        ).fetchall()
    (file,) = (path.stack.container("landing") / landed).glob("*.parquet")
    file.write_bytes(file.read_bytes()[:-100])
    run, tables = path.run()
    assert run.status == "Failed"
    assert landed in tables["trip"]["error"]
    path.ingest()
    path.assert_equal()
    assert held(path, "select count(*) from mobility.trip") == served(
        path, "select count(*) from mart.fact_trip"
    )
