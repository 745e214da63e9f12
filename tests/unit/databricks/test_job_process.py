"""The process of a run, without Spark: what it calls, how it ends, and what its end is taken for."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from local.databricks import job_main
from local.databricks.jobs import _outcome
from local.databricks.runs import Run

PROGRAM = """
import os, signal, sys, time
def show(): print(sys.argv)
def number(): sys.exit(3)
def text(): sys.exit("no plan there")
def zero(): sys.exit(0)
def broken(): raise ValueError("the plan is torn\\nsecond line")
def long(): time.sleep(60)
def killed(): os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "libs").mkdir()
    (tmp_path / "libs" / "program.py").write_text(PROGRAM)
    (tmp_path / "run").mkdir()
    return Run(tmp_path / "run")


def start(run: Run, function: str, **spec: Any) -> subprocess.Popen:
    alive = run.lock()
    assert alive is not None
    told = {"entry_point": "go", "module": "program", "function": function, "arguments": ["--a=1"]}
    told |= {"turns": str(run.folder.parent / "turns"), "max_concurrent": 1, "queue": False, "timeout": None}
    run.tell({**told, "alive": alive, **spec})
    with run.log.open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-S", "-P", job_main.__file__, str(run.folder)],
            env={"PYTHONPATH": str(run.folder.parent / "libs")},
            stdout=log,
            stderr=subprocess.STDOUT,
            pass_fds=[alive],
        )
    os.close(alive)
    return child


@pytest.mark.parametrize(
    ("function", "outcome"),
    [
        ("show", ("SUCCESS", "")),
        ("zero", ("SUCCESS", "")),
        ("number", ("FAILED", "exit status 3")),
        ("text", ("FAILED", "no plan there")),
        ("broken", ("FAILED", "ValueError: the plan is torn")),
        ("absent", ("FAILED", "AttributeError: module 'program' has no attribute 'absent'")),
        ("killed", ("FAILED", "the run's process was ended by SIGKILL")),
    ],
)
def test_how_a_run_ended(run: Run, function: str, outcome: tuple[str, str]):
    child = start(run, function)
    assert _outcome(child.wait(30), run.result) == outcome
    assert (child.returncode == 0) == (outcome[0] == "SUCCESS")
    if function == "show":
        assert run.log.read_text() == "['go', '--a=1']\n"
    if function == "broken":
        assert "Traceback" in run.log.read_text()


def test_the_jobs_own_timeout_ends_the_run(run: Run):
    begun = time.monotonic()
    child = start(run, "long", timeout=0.5)
    assert _outcome(child.wait(30), run.result) == (
        "TIMEDOUT",
        "the run took longer than the job's own timeout",
    )
    assert time.monotonic() - begun < 20


def test_a_run_lives_until_its_process_ends_whoever_started_it(run: Run):
    child = start(run, "long")
    assert run.lives
    deadline = time.monotonic() + 20
    while run.process is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert run.process is not None
    assert run.process.pid == child.pid
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not run.lives


def test_a_run_without_a_turn_and_without_a_queue_is_skipped(run: Run, tmp_path: Path):
    assert job_main.take_turn(tmp_path / "turns", 1, queue=False)
    child = start(run, "show")
    expected = ("FAILED", "skipped: the job has as many runs as it may, and no queue")
    assert _outcome(child.wait(30), run.result) == expected
    assert json.loads((run.folder / "result.json").read_text())["state"] == "FAILED"
    assert run.log.read_text() == ""
