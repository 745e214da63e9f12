"""The history of runs in a real PostgreSQL: what is recorded, and what a death leaves.

https://learn.microsoft.com/azure/data-factory/monitor-visually
"""

import json
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import asdict
from pathlib import Path

import psycopg
import pytest
from historylab import FACTORY, run, set_variable

from local.adf import Factory, Runtime
from local.adf.history import History, Recorder
from local.errors import HighwaterError

pytestmark = pytest.mark.postgres

PROJECT = Path(__file__).parents[3]


def test_a_run_is_read_back_as_it_was(database, tmp_path):
    trigger = {"TriggerName": "nightly", "TriggerType": "ScheduleTrigger"}
    result = run(database, tmp_path, trigger=trigger)
    assert list(tmp_path.glob("*.jsonl")) == []  # all of it is stored
    with History(database.conninfo(), tmp_path) as history:
        assert asdict(history.load(result.run_id)) == asdict(result)
        node = history.tree(result.run_id)
        (child,) = node.children.values()
        (listed,) = history.runs()
    assert (child.run.pipeline, child.run.error["errorCode"], child.run.group) == (
        "child",
        "9",
        result.run_id,
    )
    assert [(one.path, one.status, one.item) for one in node.run.activities] == [
        ("Each[0]/Note", "Succeeded", "a"),
        ("Each[1]/Note", "Succeeded", "b"),
        ("Each", "Succeeded", None),
        ("Call", "Failed", None),
    ]
    assert node.run.activities[1].output == {"name": "v", "value": "b me"}
    assert (listed["status"], listed["trigger"], listed["is_latest"]) == ("Failed", "nightly", True)
    assert "no luck" in listed["message"]


def test_what_is_secure_is_in_no_column(database, tmp_path):
    secure = set_variable(
        "Hide", "@pipeline().parameters.key", policy={"secureInput": True, "secureOutput": True}
    )
    factory = Factory(
        {
            "main": {
                "parameters": {"key": {"type": "SecureString"}},
                "variables": {"v": {"type": "String"}},
                "activities": [secure],
            }
        }
    )
    run(database, tmp_path, factory, parameters={"key": "hunter2"})
    with psycopg.connect(database.conninfo()) as connection:
        rows = connection.execute("select to_json(r)::text from adf.pipeline_runs r").fetchall()
        rows += connection.execute("select to_json(a)::text from adf.activity_runs a").fetchall()
    assert len(rows) == 2 and "hunter2" not in json.dumps(rows) and "***" in rows[1][0]


def test_values_that_a_database_does_not_take_as_they_are(database, tmp_path):
    name = "v\ud83d\x00"
    factory = Factory(
        {"main": {"variables": {"v": {"type": "String"}}, "activities": [set_variable("Odd", name)]}}
    )
    result = run(database, tmp_path, factory)
    with History(database.conninfo(), tmp_path) as history:
        assert history.load(result.run_id).activities[0].output["value"] == name


def test_a_database_that_is_away_fails_no_run_and_loses_nothing(database, tmp_path):
    said: list[str] = []
    away = database.conninfo().replace(database.name, "no_such_database")
    with Recorder(away, said.append) as recorder:
        started = time.monotonic()
        result = Runtime(FACTORY, tmp_path, recorded=recorder).run("main", {"who": "me"})
        assert time.monotonic() - started < 2
    assert result.status == "Failed" and "no luck" in result.message
    assert len(said) == 1 and "no_such_database" in said[0] and str(tmp_path) in said[0]
    assert len(list(tmp_path.glob("*.jsonl"))) == 2
    with History(database.conninfo(), tmp_path) as history:
        assert asdict(history.load(result.run_id)) == asdict(result)
    assert list(tmp_path.glob("*.jsonl")) == []


def test_a_database_that_goes_away_in_the_middle_of_a_run(database, tmp_path):
    said: list[str] = []

    def step(name: str) -> None:
        if name == "main/Each[1]/Note:before":
            time.sleep(0.5)  # the first lines are stored by now
            with psycopg.connect(database.server.conninfo("postgres"), autocommit=True) as admin:
                admin.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'adf history'"
                )

    with Recorder(database.conninfo(), said.append) as recorder:
        runtime = Runtime(FACTORY, tmp_path, recorded=recorder, on_step=step)
        result = runtime.run("main", {"who": "me"})
    assert "terminating connection" in said[0]
    with History(database.conninfo(), tmp_path) as history:
        assert asdict(history.load(result.run_id)) == asdict(result)


KILLED = textwrap.dedent(
    """
    import os, signal, sys, time
    from pathlib import Path
    from local.adf import Factory, Runtime
    from local.adf.history import Recorder
    note = {"name": "Note", "type": "SetVariable", "variableName": "v", "value": "@string(item())"}
    loop = {"name": "Loop", "type": "ForEach", "items": "@range(0, 9)", "isSequential": True, "activities": [note]}
    def step(name):
        if name == "main/Loop[4]/Note:before":
            time.sleep(float(sys.argv[3]))
            os.kill(os.getpid(), signal.SIGKILL)
    factory = Factory({"main": {"variables": {"v": {"type": "String"}}, "activities": [loop]}})
    with Recorder(sys.argv[2]) as recorder:
        Runtime(factory, Path(sys.argv[1]), on_step=step, recorded=recorder).run("main")
    """
)


@pytest.mark.parametrize("pause", [0, 1.0], ids=["before anything was stored", "after some was stored"])
def test_a_run_whose_process_died_is_shown_as_such(database, tmp_path, pause):
    command = [sys.executable, "-c", KILLED, str(tmp_path), database.conninfo(), str(pause)]
    assert subprocess.run(command, cwd=PROJECT, timeout=60).returncode == -signal.SIGKILL
    with History(database.conninfo(), tmp_path) as history:
        (listed,) = history.runs(failed=True)
        found = history.load(listed["run_id"])
    assert (listed["status"], found.error["errorCode"]) == ("Interrupted", "Interrupted")
    assert [(one.path, one.status, one.item) for one in found.activities] == [
        ("Loop", "Interrupted", None),
        *((f"Loop[{number}]/Note", "Succeeded", number) for number in range(4)),
    ]
    assert found.end > found.start and list(tmp_path.glob("*.jsonl")) == []


def test_a_run_under_way_is_left_alone(database, tmp_path):
    seen: list[str] = []

    def step(name: str) -> None:
        if name == "main/Each[1]/Note:before":
            with History(database.conninfo(), tmp_path) as history:
                seen.extend(one["status"] for one in history.runs())

    with Recorder(database.conninfo()) as recorder:
        result = Runtime(FACTORY, tmp_path, recorded=recorder, on_step=step).run("main", {"who": "me"})
    with History(database.conninfo(), tmp_path) as history:
        assert seen == ["InProgress"] and history.load(result.run_id).status == "Failed"


def test_a_run_goes_by_any_unique_beginning_of_its_id(database, tmp_path):
    result = run(database, tmp_path)
    with History(database.conninfo(), tmp_path) as history:
        assert history.find(result.run_id[:12]) == result.run_id == history.find(result.run_id)
        with pytest.raises(HighwaterError, match="no run zzz"):
            history.find("zzz")
        with pytest.raises(HighwaterError, match="not the id of one run"):
            history.find("")


def test_recording_is_a_small_part_of_a_run(database, tmp_path):
    """Two thousand activities: as quick, within a second, as with nobody recording."""
    loop = {
        "name": "Each",
        "type": "ForEach",
        "items": "@range(0, 2000)",
        "isSequential": True,
        "activities": [set_variable("Note", "@string(item())")],
    }
    factory = Factory({"main": {"variables": {"v": {"type": "String"}}, "activities": [loop]}})
    started = time.monotonic()
    Runtime(factory, tmp_path / "alone").run("main")
    alone = time.monotonic() - started
    started = time.monotonic()
    with Recorder(database.conninfo()) as recorder:
        Runtime(factory, tmp_path / "recorded", recorded=recorder).run("main")
        busy = time.monotonic() - started
    with psycopg.connect(database.conninfo()) as connection:
        assert connection.execute("select count(*) from adf.activity_runs").fetchone() == (2001,)
    assert busy < 2 * alone + 1


def test_a_damaged_record_keeps_nobody_from_the_others(database, tmp_path):
    result = Runtime(FACTORY, tmp_path).run("main", {"who": "me"})
    path = tmp_path / f"{result.run_id}.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    cut = lines[0] + lines[1][:20] + b"\n" + b"".join(lines[2:])  # as a full disk leaves it
    path.write_bytes(cut)
    (tmp_path / "headless.jsonl").write_bytes(
        lines[2].replace(b'"activity_run_id": "', b'"activity_run_id": "x')
    )
    with History(database.conninfo(), tmp_path) as history:
        assert history.load(result.run_id).status == "Failed"
        assert history.damaged == [tmp_path / "headless.jsonl"]
    assert [one.name for one in tmp_path.glob("*.jsonl")] == ["headless.jsonl"]
