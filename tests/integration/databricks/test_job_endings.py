"""Runs that are ended, and runs that outlive who started them: nothing stays at work, nothing is lost."""

import dataclasses
import os
import signal
import threading
from pathlib import Path

import pytest
from sample_workspace import Workspace

from local.databricks import runs
from local.databricks.jobs import run_job
from local.databricks.process import ProcessId, wait_until
from local.databricks.server import SparkServer

pytestmark = pytest.mark.spark


@pytest.mark.parametrize("how", ["timeout", "cancel"])
def test_a_run_that_is_ended_takes_its_spark_work_with_it(workspace: Workspace, tmp_path: Path, how: str):
    server = SparkServer(workspace.state)
    server.ensure_running()
    started, cancel = tmp_path / "started", threading.Event()

    def cancel_it() -> None:
        wait_until(started.exists, 180)
        cancel.set()

    watcher = threading.Thread(target=cancel_it)
    if how == "cancel":
        watcher.start()
    parameters = {"mode": "slow", "started": str(started)}
    timeout = 10 if how == "timeout" else 300
    done = run_job(workspace.state, workspace.job(), parameters, workspace.lines.append, timeout, cancel)
    expected = {
        "timeout": ("TIMEDOUT", "the run did not end within the time given to it"),
        "cancel": ("CANCELED", "the run was cancelled"),
    }
    assert (done.state, done.message) == expected[how]
    assert started.exists()
    assert server.pid is None
    assert [run for run in runs.every(workspace.state) if run.lives] == []


@pytest.mark.slow
def test_a_run_outlives_its_caller_and_the_next_run_queues_behind_it(workspace: Workspace, tmp_path: Path):
    before = {run.run_id for run in runs.every(workspace.state)}
    caller = workspace.call(table=str(tmp_path / "t"), mode="append", run_id="orphan")

    def begun() -> bool:
        mine = [run for run in runs.every(workspace.state) if run.run_id not in before]
        return bool(mine) and mine[0].log.exists() and "begin" in mine[0].log.read_text()

    assert wait_until(begun, 180)
    caller.send_signal(signal.SIGKILL)
    caller.wait()
    (orphan,) = [run for run in runs.every(workspace.state) if run.run_id not in before]
    assert orphan.lives
    done = workspace.run(table=str(tmp_path / "t"), mode="append", run_id="next")
    assert done.state == "SUCCESS"
    assert workspace.lines[0].startswith("queued: ")
    assert orphan.ended is None
    runs.settle(workspace.state)
    assert orphan.ended == {"state": "SUCCESS", "message": ""}


@pytest.mark.slow
def test_what_a_killed_run_and_its_killed_caller_left_in_spark_ends_before_the_next_run(
    workspace: Workspace, tmp_path: Path
):
    started = tmp_path / "started"
    caller = workspace.call(mode="slow", started=str(started))
    assert wait_until(started.exists, 180)
    caller.send_signal(signal.SIGKILL)
    caller.wait()
    (orphan,) = [run for run in runs.every(workspace.state) if run.lives]
    os.kill(orphan.process.pid, signal.SIGKILL)
    assert wait_until(lambda: not orphan.lives, 10)
    server = SparkServer(workspace.state)
    assert server.pid is not None
    left_at_work = ProcessId.of(server.pid)
    assert left_at_work is not None
    assert workspace.run().state == "SUCCESS"
    assert left_at_work.find() is None
    assert server.pid not in (None, left_at_work.pid)
    assert orphan.ended == {"state": "FAILED", "message": "its process ended before it could say how"}


@pytest.mark.slow
def test_ending_one_run_leaves_the_run_of_another_job_its_spark(workspace: Workspace, tmp_path: Path):
    begun, done = threading.Event(), []
    other = dataclasses.replace(workspace.job(), id="other")
    parameters = {"table": str(tmp_path / "t"), "mode": "append", "run_id": "stays", "seconds": "8"}
    thread = threading.Thread(
        target=lambda: done.append(run_job(workspace.state, other, parameters, lambda line: begun.set(), 300))
    )
    thread.start()
    assert begun.wait(180)
    assert workspace.run(mode="sleep", seconds="60", timeout=2).state == "TIMEDOUT"
    assert SparkServer(workspace.state).is_running
    thread.join()
    assert [run.state for run in done] == ["SUCCESS"]


def test_stop_all_ends_runs_that_nobody_waits_for(workspace: Workspace, tmp_path: Path):
    started = tmp_path / "started"
    caller = workspace.call(mode="slow", started=str(started))
    assert wait_until(started.exists, 180)
    caller.send_signal(signal.SIGKILL)
    caller.wait()
    assert runs.stop_all(workspace.state) == 1
    assert [run for run in runs.every(workspace.state) if run.lives or run.ended is None] == []
    assert SparkServer(workspace.state).pid is None
