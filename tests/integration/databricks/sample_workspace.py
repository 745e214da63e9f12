"""A small wheel that can be told to do what a test needs, in the workspace of a state of its own."""

import json
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hatchling.builders.wheel import WheelBuilder

from local.databricks.jobs import JobRun, run_job
from local.state import State

PROJECT = """
[project]
name = "sample-job"
version = "1.0"
requires-python = ">=3.11"
[project.scripts]
sample-run = "sample_job.main:main"
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""

PROGRAM = """
import argparse, importlib.util, json, os, sys, time
from pyspark.sql import SparkSession


def main():
    parser = argparse.ArgumentParser()
    for name in ("table", "run_id", "mode", "started", "seconds"):
        parser.add_argument("--" + name, default="")
    given = parser.parse_args()
    if given.mode == "look":
        names = [name for name in ("local", "infra", "contracts", "highwater_transforms")
                 if importlib.util.find_spec(name)]
        print(json.dumps({"project": names, "variables": sorted(os.environ), "cwd": os.getcwd(),
                          "own": importlib.util.find_spec("sample_job").origin, "args": sys.argv}))
        return
    if given.mode == "fail":
        raise ValueError("the plan is torn")
    if given.mode == "exit":
        sys.exit(3)
    spark = SparkSession.builder.getOrCreate()
    if given.mode == "append":
        print("begin", time.time(), flush=True)
        row = spark.createDataFrame([(given.run_id, "2023-01-01 00:30:00")], "run string, at string")
        row.selectExpr("run", "timestamp(at) as at").write.format("delta").mode("append").save(given.table)
        time.sleep(float(given.seconds or 1.5))
        print("end", time.time())
        return
    if given.mode == "sleep":
        time.sleep(float(given.seconds))
        return
    open(given.started, "w").write("started")
    slow = "select sum((a.id * b.id) % 7) from range(3000000) a cross join range(100000) b"
    spark.sql(slow).collect()


def plain():
    print("a function and no script")
"""


CALLER = """
    import sys
    from pathlib import Path
    from local.databricks.jobs import run_job
    from local.state import State
    from types import SimpleNamespace
    import json
    inputs, state, parameters = json.loads(sys.stdin.read())
    run_job(State(Path(state)), SimpleNamespace(id="811", name="sample", inputs=inputs), parameters, print)
"""


@dataclass(frozen=True)
class Job:
    """A job's record as the registry has it, as far as a run needs it."""

    inputs: dict[str, Any]
    id: str = "811"
    name: str = "sample"


@dataclass
class Workspace:
    """One state with a server and the sample wheel in its workspace."""

    state: State
    lines: list[str] = field(default_factory=list)

    def job(self, entry_point: str = "sample-run", **overrides: Any) -> Job:
        dependencies = ["/Workspace/Shared/jobs/sample_job-1.0-py3-none-any.whl"]
        wheel_task = {
            "packageName": "sample_job",
            "entryPoint": entry_point,
            "namedParameters": {"table": "", "mode": "look"},
        }
        return Job(
            {
                "name": "sample",
                "tasks": [{"taskKey": "a", "environmentKey": "own", "pythonWheelTask": wheel_task}],
                "environments": [{"environmentKey": "own", "spec": {"dependencies": dependencies}}],
                "maxConcurrentRuns": 1,
                "queue": {"enabled": True},
                **overrides,
            }
        )

    def run(self, job: Job | None = None, timeout: float | None = 300, **parameters: str) -> JobRun:
        return run_job(self.state, job or self.job(), parameters, self.lines.append, timeout)

    def call(self, **parameters: str) -> subprocess.Popen:
        """Starts a process that runs the sample job and waits for it."""
        told = json.dumps([self.job().inputs, str(self.state.root), parameters])
        caller = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(CALLER)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        assert caller.stdin is not None
        caller.stdin.write(told.encode())
        caller.stdin.close()
        return caller


def make_workspace(root: Path) -> Workspace:
    """A state under `root` with the sample wheel, built by hatchling, among its workspace files."""
    source = root / "source"
    (source / "sample_job").mkdir(parents=True)
    (source / "pyproject.toml").write_text(PROJECT)
    (source / "sample_job" / "main.py").write_text(PROGRAM)
    (source / "sample_job" / "__init__.py").write_text("from .main import plain\n")
    state = State(root / "state")
    shared = state.databricks / "workspace" / "Shared" / "jobs"
    list(WheelBuilder(str(source)).build(directory=str(shared), versions=["standard"]))
    return Workspace(state)
