"""The life of the local stack: nothing changes twice, a contract changes its own, and nothing is left."""

import subprocess
import time

import psutil
import pytest
import yaml
from conftest import environment, highwater

import contracts.load
from local import engine
from local.databricks.server import SparkServer
from local.stack import LocalStack
from local.state import State

pytestmark = [pytest.mark.e2e, pytest.mark.engine]


def test_a_second_up_changes_nothing_and_is_quick(path):
    summary = engine.up(path.stack.state)
    assert (summary.changes, summary.unchanged > 60) == (0, True)
    assert summary.seconds < 45  # 15 s on an idle machine; tests share it


def test_a_preview_after_up_is_empty(path):
    assert engine.preview(path.stack.state).changes == 0


@pytest.mark.slow
def test_changing_one_contract_changes_only_what_hangs_on_it(path, tmp_path, monkeypatch):
    for file in contracts.load.CONTRACTS_DIR.glob("*.yaml"):
        body = yaml.safe_load(file.read_text())
        if body["table"] == "zone":
            body["columns"].append({"name": "note", "type": "varchar(20)", "description": "A remark"})
        (tmp_path / file.name).write_text(yaml.safe_dump(body))
    monkeypatch.setattr(contracts.load, "CONTRACTS_DIR", tmp_path)
    summary = engine.preview(path.stack.state)
    changed = {(step.op, step.name) for step in summary.steps if step.op != "same"}
    assert {op for op, _ in changed} == {"update"}
    assert all("zone" in name for _, name in changed), changed
    assert len(changed) >= 2  # its control row and its view at the least


@pytest.mark.slow
def test_destroy_leaves_no_file_no_process_and_no_stack(tmp_path_factory):
    state = State(tmp_path_factory.mktemp("gone") / "s")
    made = subprocess.run([*highwater(), "up"], capture_output=True, text=True, env=environment(state))
    assert made.returncode == 0, made.stdout + made.stderr
    stack = LocalStack.open(state)
    server = stack.server()
    root = str(state.root)
    assert server.socket_dir.exists()
    assert SparkServer(state).pid is not None  # it starts with the stack
    engine.destroy(state)
    assert not state.root.exists() and not server.home.exists() and not server.socket_dir.exists()
    time.sleep(0.5)
    left = [
        p.info
        for p in psutil.process_iter(["pid", "cmdline"])
        if any(root in a for a in p.info["cmdline"] or [])
    ]
    assert left == []
    assert engine.destroy(state).changes == 0
