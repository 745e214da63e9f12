"""Whatever dies, the next run finishes it, and what is served is what the source holds."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import psycopg
import pytest
from conftest import MARGIN_SECONDS

from local.databricks import job_main
from local.factory import open_runtime

pytestmark = pytest.mark.e2e
KILLED_RUN = str(Path(__file__).with_name("killed_run.py"))


# In one table alone, so that a run is short: 40 trips change, 60 are new, copies of others.
UPDATE = """
update mobility.trip set tip_amount = coalesce(tip_amount, 0) + 1, updated_at = clock_timestamp()
where trip_id in (select trip_id from mobility.trip order by md5(trip_id::text || %s) limit 40)
"""
INSERT = """
insert into mobility.trip
select (jsonb_populate_record(t, jsonb_build_object(
    'trip_id', newest.id + row_number() over (), 'created_at', clock_timestamp(), 'updated_at', clock_timestamp()
))).*
from mobility.trip t, (select max(trip_id) as id from mobility.trip) newest
where t.trip_id in (select trip_id from mobility.trip order by md5(trip_id::text || %s) limit 60)
"""


def changed(path, seed: int) -> None:
    """Some changes for a run to die over."""
    with psycopg.connect(path.stack.source) as connection:
        counts = [connection.execute(text, [str(seed)]).rowcount for text in (UPDATE, INSERT)]
    assert counts == [40, 60]
    time.sleep(MARGIN_SECONDS)


def windows(path) -> list[tuple]:
    with psycopg.connect(path.stack.control) as connection:
        return connection.execute(
            "select table_name, status from control.window_list where status <> 'merged'"
        ).fetchall()


def start_run(path, step: str, number: int = 1) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, KILLED_RUN, str(path.stack.state.root), step, str(number)])


def next_windows(path) -> range:
    """The numbers that the next windows will have."""
    with psycopg.connect(path.stack.control) as connection:
        newest = connection.execute("select max(window_id) from control.window_list").fetchone()[0]
    return range(newest + 1, newest + 6)


@pytest.mark.slow
def test_a_run_killed_in_the_middle_of_a_copy_beside_half_files_and_strangers(path):
    path.ingest()
    changed(path, seed=100)
    for window in next_windows(path):
        for attempt in (2, 3):
            folder = path.stack.container("landing") / "trip" / str(window) / str(attempt)
            folder.mkdir(parents=True)
            (folder / "trip.parquet").write_bytes(b"PAR1 half a file")
    assert start_run(path, "Copy window:progress").wait() == -signal.SIGKILL
    assert windows(path) != []
    path.ingest()
    assert windows(path) == []
    path.assert_equal()
    assert path.cli("ledger", "check").returncode == 0


@pytest.mark.reliability
@pytest.mark.slow
def test_a_run_killed_between_the_job_and_the_ledger(path):
    """All is merged and nothing settled: the next run merges the same windows again, to no effect."""
    path.ingest()
    changed(path, seed=200)
    assert start_run(path, "Merge:after").wait() == -signal.SIGKILL
    assert {status for _, status in windows(path)} == {"landed"}
    tables = path.ingest()
    assert (tables["trip"]["inserted"], tables["trip"]["updated"]) == (0, 0)
    path.assert_equal()


def job_processes(path) -> list[psutil.Process]:
    """Processes of job runs in this stack."""
    mine = str(path.stack.state.databricks.resolve())
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if job_main.__file__ in line and any(part.startswith(mine) for part in line):
            found.append(process)
    return found


def commits(path, table: str) -> int:
    return len(list((path.stack.container("silver") / table / "_delta_log").glob("*.json")))


@pytest.mark.slow
def test_the_run_and_its_job_killed_in_the_middle_of_the_job(path):
    """Silver has the rows, gold has not."""
    path.ingest()
    changed(path, seed=300)
    before = commits(path, "trip")
    run = start_run(path, "never")
    deadline = time.monotonic() + 120
    while not (jobs := job_processes(path)) or commits(path, "trip") == before:
        assert run.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(run.pid, signal.SIGKILL)
    for job in jobs:
        os.killpg(job.pid, signal.SIGKILL)
    run.wait()
    assert windows(path) != []
    path.ingest()
    path.assert_equal()


@pytest.mark.reliability
@pytest.mark.slow
def test_a_job_that_outlives_its_run_does_no_harm(path):
    """Killing who waits leaves the job at work, as the service would; the next run's job queues behind it."""
    path.ingest()
    changed(path, seed=400)
    run = start_run(path, "never")
    while not job_processes(path):
        assert run.poll() is None
        time.sleep(0.02)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    path.ingest()
    path.assert_equal()
    assert job_processes(path) == []


@pytest.mark.reliability
def test_postgresql_gone_in_the_middle_of_a_copy(path):
    path.ingest()
    changed(path, seed=500)
    server, gone = path.stack.server(), threading.Event()

    def stop(step: str) -> None:
        if step.endswith("Copy window:progress") and not gone.is_set():
            gone.set()
            server.stop("immediate")

    run = open_runtime(path.stack, on_step=stop).run("ingest", {})
    assert gone.is_set()
    assert run.status == "Failed"
    assert "connection" in run.error["message"].lower() or "server" in run.error["message"].lower()
    server.ensure_running()
    path.ingest()
    path.assert_equal()


@pytest.mark.reliability
def test_no_space_left_for_the_lake(path):
    """The file that the copy writes is a device that is always full: what a full disk answers."""
    path.ingest()
    changed(path, seed=600)
    landing = path.stack.container("landing")
    for window in next_windows(path):
        folder = landing / "trip" / str(window) / "1"
        folder.mkdir(parents=True)
        (folder / "trip.parquet").symlink_to("/dev/full")
    run, tables = path.run()
    for trap in (landing / "trip").glob("*/1/trip.parquet"):  # or later windows would fall into them
        if trap.is_symlink():
            trap.unlink()
    assert run.status == "Failed"
    assert "No space left on device" in tables["trip"]["error"]
    assert tables["trip_event"]["status"] == "succeeded"  # one table's failure is not the others'
    continued = path.cli("runs", "rerun", run.run_id, "--from-failed")
    assert (
        continued.returncode == 1 and "was not begun" in continued.stderr
    )  # what it began has ended with it
    again = path.cli("runs", "rerun", run.run_id, "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["rerun_of"] == run.run_id
    path.assert_equal()
