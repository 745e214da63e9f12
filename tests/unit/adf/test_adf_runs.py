"""Records, events, hooks, concurrency across processes, and what is shown."""

import io
import json
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
from rich.console import Console

from local.adf import Factory, JobResult, RunRefused, Runtime, read_run, read_runs
from local.adf.console import RunConsole
from local.adf.runtime.queue import slot
from local.adf.runtime.records import read_lines
from local.adf.runtime.stop import Stop

PROJECT = Path(__file__).parents[3]
WAIT = {"name": "Wait", "type": "Wait", "waitTimeInSeconds": 1}
LOOP = {
    "name": "Loop",
    "type": "ForEach",
    "items": "@createArray('a', 'b')",
    "isSequential": True,
    "activities": [WAIT],
}
FAIL = {
    "name": "Fail",
    "type": "Fail",
    "message": "no luck",
    "errorCode": "9",
    "dependsOn": [{"activity": "Loop", "dependencyConditions": ["Succeeded"]}],
}


class Jobs:
    """A job runner for tests: it says a line and ends as it was told to."""

    def __init__(self, state: str = "SUCCESS"):
        self.state, self.asked = state, []

    def run(self, job_id, parameters, on_line, *, timeout, cancel):
        self.asked.append((job_id, dict(parameters)))
        on_line("merging trip")
        return JobResult(
            "77", "http://localhost/77", self.state, "" if self.state == "SUCCESS" else "trip broke"
        )


def pipeline(*activities: dict, **more: object) -> Factory:
    return Factory({"main": {"activities": list(activities), **more}})


def test_a_run_can_be_read_back_from_its_record(tmp_path):
    result = Runtime(pipeline(LOOP, FAIL), tmp_path, sleep=lambda *_: None).run("main")
    assert read_run(tmp_path, result.run_id) == result
    assert [one.run_id for one in read_runs(tmp_path)] == [result.run_id]
    assert result.error["message"] == "Operation on target Fail failed: no luck"
    assert [one.path for one in result.activities] == ["Loop[0]/Wait", "Loop[1]/Wait", "Loop", "Fail"]
    assert result.activities[0].item == "a"


def test_a_torn_last_line_is_left_out(tmp_path):
    result = Runtime(pipeline(LOOP), tmp_path, sleep=lambda *_: None).run("main")
    path = tmp_path / f"{result.run_id}.jsonl"
    path.write_bytes(path.read_bytes()[:-30])
    again = read_run(tmp_path, result.run_id)
    assert again.status == "InProgress" and len(again.activities) == 3


def test_the_hook_is_called_at_every_step_by_name(tmp_path):
    steps = []
    Runtime(pipeline(LOOP), tmp_path, sleep=lambda *_: None, on_step=steps.append).run("main")
    assert steps == [
        "main/Loop:before",
        "main/Loop[0]/Wait:before",
        "main/Loop[0]/Wait:after",
        "main/Loop[1]/Wait:before",
        "main/Loop[1]/Wait:after",
        "main/Loop:after",
    ]


def test_what_the_hook_raises_ends_the_run_as_a_crash_would(tmp_path):
    class Crash(Exception):
        pass

    def step(name: str) -> None:
        if name == "main/Loop[1]/Wait:before":
            raise Crash(name)

    handler = {
        **WAIT,
        "name": "Handle",
        "dependsOn": [{"activity": "Loop", "dependencyConditions": ["Failed"]}],
    }
    with pytest.raises(Crash):
        Runtime(pipeline(LOOP, handler), tmp_path, sleep=lambda *_: None, on_step=step).run("main")
    (run,) = read_runs(tmp_path)
    assert run.status == "InProgress" and [one.name for one in run.activities] == ["Wait"]


def test_a_killed_process_leaves_what_happened_before(tmp_path):
    program = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from local.adf import Factory, Runtime
        wait = {"name": "Wait", "type": "Wait", "waitTimeInSeconds": 1}
        loop = {"name": "Loop", "type": "ForEach", "items": "@range(0, 9)", "isSequential": True}
        loop["activities"] = [wait]
        def step(name):
            if name == "main/Loop[4]/Wait:before":
                os.kill(os.getpid(), signal.SIGKILL)
        factory = Factory({"main": {"activities": [loop], "concurrency": 1}})
        Runtime(factory, Path(sys.argv[1]), sleep=lambda *_: None, on_step=step).run("main")
        """
    )
    killed = subprocess.run([sys.executable, "-c", program, str(tmp_path)], cwd=PROJECT, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    (run,) = read_runs(tmp_path)
    assert run.status == "InProgress" and [one.item for one in run.activities] == [0, 1, 2, 3]
    # The slot died with its holder: the next run does not wait.
    again = Runtime(pipeline(LOOP, concurrency=1), tmp_path, sleep=lambda *_: None).run("main")
    assert again.status == "Succeeded"


def test_a_second_run_waits_for_the_first_in_another_process(tmp_path):
    """https://learn.microsoft.com/azure/data-factory/concepts-pipelines-activities#pipeline-json"""
    program = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from local.adf import Factory, Runtime
        wait = {"name": "Wait", "type": "Wait", "waitTimeInSeconds": 1}
        factory = Factory({"main": {"activities": [wait], "concurrency": 1}})
        result = Runtime(factory, Path(sys.argv[1])).run("main")
        wait = result.activity("Wait")
        print(wait.start, wait.end)
        """
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    running = [subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    spans = sorted(process.communicate(timeout=60)[0].split() for process in running)
    assert [len(span) for span in spans] == [2, 2, 2]
    assert spans[0][1] <= spans[1][0] and spans[1][1] <= spans[2][0]


def test_the_queue_takes_a_hundred(tmp_path):
    """https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits"""
    holding, release = threading.Event(), threading.Event()

    def hold() -> None:
        with slot(tmp_path, "p", 1, Stop(), lambda: None):
            holding.set()
            release.wait(60)

    threads = [threading.Thread(target=hold)]
    threads[0].start()
    assert holding.wait(10)
    stop, waiting = Stop(), []

    def queue() -> None:
        try:
            with slot(tmp_path, "p", 1, stop, lambda: waiting.append(1)):
                pass
        except RunRefused:
            pass

    threads += [threading.Thread(target=queue) for _ in range(100)]
    for thread in threads[1:]:
        thread.start()
    deadline = time.monotonic() + 60
    while len(waiting) < 100 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(waiting) == 100
    with pytest.raises(RunRefused, match="is full"), slot(tmp_path, "p", 1, Stop(), lambda: None):
        pass
    stop.set("cancelled")
    release.set()
    for thread in threads:
        thread.join()
    with slot(tmp_path, "p", 1, Stop(), lambda: waiting.append("again")):
        assert waiting[-1] == 1  # nothing was left behind to wait for


def test_cancelling_ends_what_runs_and_starts_nothing_more(tmp_path):
    long = {**WAIT, "waitTimeInSeconds": 600}
    after = {
        **WAIT,
        "name": "After",
        "dependsOn": [{"activity": "Wait", "dependencyConditions": ["Completed"]}],
    }
    runtime = Runtime(pipeline(long, after), tmp_path)
    threading.Timer(0.3, runtime.cancel).start()
    result = runtime.run("main")
    assert result.status == "Cancelled" and result.seconds < 30
    assert [(one.name, one.status) for one in result.activities] == [("Wait", "Cancelled")]


JOB = {
    "name": "Merge",
    "type": "DatabricksJob",
    "jobId": "/jobs/1",
    "jobParameters": {"run_id": "@pipeline().RunId", "n": 5},
}


def test_a_job_gets_strings_and_its_run_is_the_output(tmp_path):
    jobs = Jobs()
    result = Runtime(pipeline(JOB), tmp_path, jobs).run("main")
    assert jobs.asked == [("/jobs/1", {"run_id": result.run_id, "n": "5"})]
    assert result.activity("Merge").output == {"runId": "77", "runPageUrl": "http://localhost/77"}


def test_a_failed_job_fails_the_activity_with_its_message(tmp_path):
    result = Runtime(pipeline(JOB), tmp_path, Jobs("FAILED")).run("main")
    merge = result.activity("Merge")
    assert merge.error["message"] == (
        "The Databricks job /jobs/1 ended as FAILED, run 77 (http://localhost/77). trip broke"
    )
    assert merge.output["runId"] == "77"


def shown(factory: Factory, tmp_path: Path, **console: object) -> str:
    output = io.StringIO()
    with RunConsole(Console(file=output, width=200, **console)) as listener:
        Runtime(factory, tmp_path, Jobs("FAILED"), listener, sleep=lambda *_: None).run("main")
    return output.getvalue()


def test_the_console_prints_a_line_for_each_activity_that_ended(tmp_path):
    lines = shown(pipeline(LOOP, {**JOB, "dependsOn": FAIL["dependsOn"]}), tmp_path).splitlines()
    assert lines[0].startswith("main  run ")
    assert [line.strip().split("  ")[:3] for line in lines[1:3]] == [
        ["✓ Wait", "Wait", "a"],
        ["✓ Wait", "Wait", "b"],
    ]
    assert lines[1].startswith("    ✓") and lines[3].startswith("  ✓ Loop")
    assert lines[4].startswith("  ✗ Merge  DatabricksJob") and "trip broke" in lines[5]
    assert lines[6].startswith("✗ main") and lines[6].endswith("Failed")


def test_the_console_keeps_its_lines_on_a_terminal(tmp_path):
    text = shown(pipeline(LOOP), tmp_path, force_terminal=True, color_system=None)
    assert text.count("✓ Wait") == 2 and "✓ main" in text


def test_the_record_says_what_was_asked(tmp_path):
    activity = {
        "name": "V",
        "type": "SetVariable",
        "variableName": "v",
        "value": "@pipeline().parameters.secret",
    }
    factory = pipeline(
        {**activity, "policy": {"secureInput": True, "secureOutput": True}},
        parameters={"secret": {"type": "SecureString"}},
        variables={"v": {"type": "String"}},
    )
    result = Runtime(factory, tmp_path).run("main", {"secret": "hunter2"})
    path = tmp_path / f"{result.run_id}.jsonl"
    assert "hunter2" not in path.read_text()
    started, *_, ended = read_lines(path)
    assert started["parameters"] == {"secret": "***"} and ended["status"] == "Succeeded"
    assert json.loads(path.read_text().splitlines()[0])["event"] == "pipeline_started"
    assert oct(path.stat().st_mode & 0o777) == "0o600"
