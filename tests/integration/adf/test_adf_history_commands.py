"""`highwater runs`: the list, the tree, and the JSON, over a real PostgreSQL."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

import local.factory
from local.adf import Factory, Runtime
from local.adf.history import History, Recorder
from local.cli import app
from local.errors import HighwaterError
from local.stack import LocalStack

pytestmark = pytest.mark.postgres

NOTE = {"name": "Note", "type": "SetVariable", "variableName": "v", "value": "@item().table_name"}
PIPELINES = {
    "main": {
        "parameters": {"day": {"type": "String"}},
        "activities": [
            {"name": "Call", "type": "ExecutePipeline", "pipeline": {"referenceName": "child"},
             "waitOnCompletion": True},
            {"name": "Never", "type": "Wait", "waitTimeInSeconds": 1,
             "dependsOn": [{"activity": "Call", "dependencyConditions": ["Succeeded"]}]},
        ],
    },
    "child": {
        "variables": {"v": {"type": "String"}},
        "activities": [
            {"name": "Each", "type": "ForEach", "isSequential": True, "activities": [NOTE],
             "items": "@json('[{\"table_name\": \"trip\"}, {\"table_name\": \"zone\"}]')"},
            {"name": "No", "type": "Fail", "message": "no luck", "errorCode": "9",
             "dependsOn": [{"activity": "Each", "dependencyConditions": ["Succeeded"]}]},
        ],
    },
}  # fmt: skip


@dataclass
class Shell:
    """Runs a command of `highwater` on a history of its own."""

    conninfo: str
    folder: Path

    def run(self, *arguments: str) -> str:
        result = CliRunner().invoke(app, ["runs", *arguments])
        if isinstance(result.exception, HighwaterError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output


@pytest.fixture
def shell(database, tmp_path, monkeypatch) -> Shell:
    monkeypatch.setattr(LocalStack, "open", classmethod(lambda cls, state=None: None))
    monkeypatch.setattr(local.factory, "open_history", lambda stack: History(database.conninfo(), tmp_path))
    return Shell(database.conninfo(), tmp_path)


@pytest.fixture
def recorded(shell):
    with Recorder(shell.conninfo) as recorder:
        runtime = Runtime(Factory(PIPELINES), shell.folder, recorded=recorder)
        return runtime.run("main", {"day": "monday"}, trigger={"TriggerName": "nightly"})


def test_the_list_has_the_runs_that_were_started(shell, recorded):
    (line,) = [one for one in shell.run().splitlines() if "main" in one]
    assert line.split()[0] == recorded.run_id[:8] and "Failed" in line and "nightly" in line
    assert "child" not in shell.run() and "child" in shell.run("--pipeline", "child")
    (listed,) = json.loads(shell.run("--json", "--failed", "--limit", "5"))
    assert (listed["run_id"], listed["is_latest"]) == (recorded.run_id, True)
    assert listed["message"] == recorded.message


def test_a_run_is_shown_as_a_tree(shell, recorded):
    lines = [line.strip(" │├└─") for line in shell.run(recorded.run_id[:8]).splitlines()]
    names = [" ".join(line.split()[:2]) for line in lines]
    assert names[:2] == ["✗ main", "day ="]
    start = names.index("✗ Call")
    assert names[start + 2 :] == [
        "✗ child", "✓ Each", "trip", "✓ Note", "zone", "✓ Note", "✗ No", "no luck", "- Never",
    ]  # fmt: skip


def test_the_json_of_a_run_holds_the_runs_that_it_executed(shell, recorded):
    shown = json.loads(shell.run(recorded.run_id, "--json"))
    call = shown["activities"][0]
    assert (call["name"], call["child"]["pipeline"], call["child"]["status"]) == ("Call", "child", "Failed")
    assert [one["path"] for one in call["child"]["activities"]] == [
        "Each[0]/Note", "Each[1]/Note", "Each", "No",
    ]  # fmt: skip


def test_no_run(shell):
    assert "No run is recorded." in shell.run()
    with pytest.raises(HighwaterError, match="There is no run abc"):
        shell.run("abc")
