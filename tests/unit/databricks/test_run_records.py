"""Run folders and process identity: a lock tells what lives, and a number that came back is not believed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from local.databricks import job_main, runs, spark_options
from local.databricks.process import ProcessId, end_tree
from local.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


def test_a_run_lives_as_long_as_its_lock_is_held(state: State):
    run, handle = runs.create(state)
    assert run.lives
    assert [one.run_id for one in runs.every(state)] == [run.run_id]
    os.close(handle)
    assert not run.lives
    assert run.process is None


def test_a_run_that_nobody_saw_end_is_settled_with_what_it_left(state: State):
    first, handle = runs.create(state)
    os.close(handle)
    job_main.leave(first.folder, "SUCCESS", "")
    second, handle = runs.create(state)
    os.close(handle)
    living, held = runs.create(state)
    assert [run.run_id for run in runs.settle(state)] == sorted([first.run_id, second.run_id])
    assert first.ended == {"state": "SUCCESS", "message": ""}
    assert second.ended == {"state": "FAILED", "message": "its process ended before it could say how"}
    assert living.ended is None
    assert runs.settle(state) == []
    os.close(held)


def test_old_runs_go_and_the_newest_stay(state: State, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(runs, "KEPT", 2)
    made = []
    for _ in range(4):
        run, handle = runs.create(state)
        os.close(handle)
        run.end("SUCCESS", "")
        made.append(run.run_id)
        time.sleep(0.002)  # the number begins with the millisecond
    runs.settle(state)
    assert [run.run_id for run in runs.every(state)] == made[-2:]


def test_turns_are_as_many_as_the_job_may_have_runs(tmp_path: Path):
    assert job_main.take_turn(tmp_path, 2, queue=False)
    assert job_main.take_turn(tmp_path, 2, queue=False)
    assert not job_main.take_turn(tmp_path, 2, queue=False)


def test_a_process_is_known_by_number_and_start():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    identity = ProcessId.of(child.pid)
    assert identity is not None
    found = identity.find()
    assert found is not None
    assert found.pid == child.pid
    assert ProcessId(child.pid, identity.created - 100).find() is None
    child.kill()
    while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    assert identity.find() is None  # it only waits to be collected
    child.wait()
    assert identity.find() is None
    assert ProcessId.of(child.pid) is None


def test_ending_a_process_ends_its_children_even_deaf_ones(tmp_path: Path):
    script = (
        f"trap '' TERM; sh -c \"trap '' TERM; echo \\$\\$ > {tmp_path}/child; sleep 60; sleep 60\"; sleep 60"
    )
    parent = subprocess.Popen(["sh", "-c", script], start_new_session=True)
    while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
        time.sleep(0.01)
    child = psutil.Process(int((tmp_path / "child").read_text()))
    family = psutil.Process(parent.pid).children(recursive=True)
    end_tree(psutil.Process(parent.pid), patience=0.2)
    parent.wait()
    assert [
        one for one in [child, *family] if one.is_running() and one.status() != psutil.STATUS_ZOMBIE
    ] == []


def test_the_server_listens_on_loopback_and_keeps_its_files_in_its_folder(tmp_path: Path):
    options = spark_options.options(tmp_path, 15002, [Path("/c/a.jar"), Path("/c/b.jar")])
    assert options["spark.connect.grpc.binding.address"] == "127.0.0.1"
    assert options["spark.driver.bindAddress"] == "127.0.0.1"
    assert options["spark.ui.enabled"] == "false"
    assert options["spark.jars"] == "/c/a.jar,/c/b.jar"
    assert options["spark.sql.session.timeZone"] == "UTC"
    assert f"-Djava.io.tmpdir={tmp_path / 'tmp'}" in options["spark.driver.extraJavaOptions"].split()
    assert options["spark.sql.warehouse.dir"] == (tmp_path / "warehouse").as_uri()
    assert not [key for key in options if "token" in key]


@pytest.mark.parametrize(("gibibytes", "taken"), [(4, 2), (18, 3), (24, 4), (256, 4)])
def test_memory_is_a_sixth_between_two_and_four(monkeypatch: pytest.MonkeyPatch, gibibytes: int, taken: int):
    memory = psutil.virtual_memory()._replace(total=gibibytes * 2**30)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    assert spark_options.memory_gigabytes() == taken


@pytest.mark.parametrize(("asked", "whole_stage"), [("small", "false"), ("", None)])
def test_a_server_for_few_rows_compiles_no_code(tmp_path, monkeypatch, asked, whole_stage):
    monkeypatch.setenv("HIGHWATER_SPARK", asked)
    options = spark_options.options(tmp_path, 15002, [])
    assert options.get("spark.sql.codegen.wholeStage") == whole_stage
    assert "TieredStopAtLevel=1" in options["spark.driver.extraJavaOptions"]
