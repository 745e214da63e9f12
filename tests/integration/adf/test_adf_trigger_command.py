"""`highwater watch` as a process of its own, over the records of a stack and a real PostgreSQL."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from local.azure.registry import Record, Registry
from local.azure.trigger_states import TriggerStates
from local.state import State
from local.watching import alone

pytestmark = pytest.mark.postgres

PROJECT = Path(__file__).parents[3]


class Stack:
    """The records of a stack with one pipeline, and one trigger with one window, which is due at once."""

    def __init__(self, root: Path, server, seconds: int):
        self.state, self.control = State(root), server.conninfo("control")
        (root / "postgres").mkdir(parents=True)
        (root / "postgres/server").symlink_to(server.root)
        now = datetime.now(UTC).replace(microsecond=0)
        self.due = now - timedelta(minutes=5)
        trigger = {
            "type": "TumblingWindowTrigger", "frequency": "Minute", "interval": 5, "maxConcurrency": 1,
            "startTime": self.due.isoformat(), "endTime": now.isoformat(),
            "pipeline": {"pipelineReference": {"referenceName": "p"}},
        }  # fmt: skip
        self._put("azure-native:dbforpostgresql:Server", "server", {})
        self._put("azure-native:dbforpostgresql:Database", "control", {})
        wait = {"name": "Wait", "type": "Wait", "waitTimeInSeconds": seconds}
        self._put("azure-native:datafactory:Pipeline", "p", {"activities": [wait], "concurrency": 1})
        self._put("azure-native:datafactory:Trigger", "soon", {"properties": trigger})
        TriggerStates(self.state).set("soon", "Started")

    def _put(self, kind: str, name: str, inputs: dict) -> None:
        Registry(self.state).put(Record(f"/{kind}/{name}", f"urn:{name}", kind, name, inputs, {}))

    def command(self, *arguments: str) -> subprocess.Popen:
        # As from a terminal: what a script starts in the background has interrupts ignored, and its children too.
        heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
        program = f"{heard}; from local.cli import main; main()"
        return subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"HIGHWATER_STATE": str(self.state.root)},
        )  # fmt: skip

    def window(self) -> tuple[str, str]:
        """The run and the status of the window."""
        with psycopg.connect(self.control) as connection:
            return connection.execute("select run_id, status from adf.trigger_windows").fetchone()

    def wait_for_a_run(self) -> None:
        deadline = time.monotonic() + 120
        while not list(self.state.factory.glob("*.jsonl")):
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.fixture
def stack(tmp_path, postgres_server, request):
    postgres_server.create_database("control")
    yield Stack(tmp_path / "state", postgres_server, getattr(request, "param", 2))
    postgres_server.drop_database("control")


def test_an_interrupt_waits_for_the_run_under_way(stack):
    watch = stack.command("watch", "--json")
    stack.wait_for_a_run()
    watch.send_signal(signal.SIGINT)
    output, errors = watch.communicate(timeout=120)
    assert watch.returncode == 0, errors
    (line,) = [json.loads(text) for text in output.splitlines()]
    assert (line["trigger"], line["pipeline"], line["status"]) == ("soon", "p", "Succeeded")
    assert datetime.fromisoformat(line["due"]) == stack.due
    listed = json.loads(stack.command("runs", "--json").communicate(timeout=120)[0])
    assert [(one["run_id"], one["trigger"], one["status"]) for one in listed] == [
        (line["run_id"], "soon", "Succeeded")
    ]
    assert list(stack.state.factory.glob("*.jsonl")) == []
    again, errors = stack.command("runs", "rerun", line["run_id"][:12], "--json").communicate(timeout=120)
    rerun = json.loads(again)
    assert (rerun["status"], rerun["rerun_of"], rerun["group"]) == (
        "Succeeded",
        line["run_id"],
        line["run_id"],
    )
    assert stack.window() == (rerun["run_id"], "Succeeded")
    _, errors = stack.command("runs", "rerun", line["run_id"], "--from-failed").communicate(timeout=120)
    assert "Nothing failed" in errors and "from its start" in errors


@pytest.mark.parametrize("stack", [600], indirect=True)
def test_a_second_interrupt_cancels_and_leaves_the_window_to_the_next_watch(stack):
    watch = stack.command("watch", "--json")
    stack.wait_for_a_run()
    for _ in range(2):
        time.sleep(2)
        watch.send_signal(signal.SIGINT)
    output, errors = watch.communicate(timeout=120)
    assert watch.returncode == 0, errors
    (line,) = [json.loads(text) for text in output.splitlines()]
    assert line["status"] == "Cancelled" and stack.window() == (line["run_id"], "Running")


def test_one_watch_is_enough(stack):
    with alone(stack.state.factory):
        watch = stack.command("watch")
        _, refusal = watch.communicate(timeout=120)
    assert watch.returncode == 1 and "being fired already" in refusal and str(os.getpid()) in refusal


def test_it_ends_by_itself_and_a_stopped_trigger_does_not_fire(stack):
    TriggerStates(stack.state).set("soon", "Stopped")
    output, errors = stack.command("watch", "--for", "2").communicate(timeout=120)
    assert "soon: stopped" in output and "p  run" not in output, errors
    assert json.loads(stack.command("runs", "--json").communicate(timeout=120)[0]) == []
