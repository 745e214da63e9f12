"""Job runs on the real Spark server: what a run sees, what it says when it fails, and what it waits for."""

import json
import threading
from pathlib import Path

import pytest
from sample_workspace import Workspace

from local.databricks.jobs import JobRun, run_job
from local.databricks.server import SparkServer

pytestmark = pytest.mark.spark


def test_a_run_writes_a_delta_table_that_spark_reads_back(workspace: Workspace, tmp_path: Path):
    done = workspace.run(table=str(tmp_path / "t"), mode="append", run_id="r1")
    assert (done.state, done.message) == ("SUCCESS", "")
    assert workspace.lines[0].startswith("begin ")
    assert done.log.read_text().splitlines() == workspace.lines
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.remote(SparkServer(workspace.state).ensure_running()).create()
    try:
        read = spark.sql(f"select run, cast(at as string) as at from delta.`{tmp_path / 't'}`").collect()
        assert [tuple(row) for row in read] == [("r1", "2023-01-01 00:30:00")]  # UTC, both ways
        assert spark.conf.get("spark.databricks.delta.snapshotPartitions") == "2"
    finally:
        spark.stop()


def test_a_run_sees_its_wheel_and_its_parameters_and_nothing_of_ours(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    for name in ("AZURE_CLIENT_SECRET", "PULUMI_HOME", "PGPASSWORD", "HIGHWATER_STATE", "PYTHONPATH"):
        monkeypatch.setenv(name, "of the caller")
    assert workspace.run(run_id="r 2").state == "SUCCESS"
    seen = json.loads(workspace.lines[-1])
    assert seen["project"] == []
    assert Path(seen["own"]).is_relative_to(workspace.state.databricks / "libs")
    assert Path(seen["cwd"]).is_relative_to(workspace.state.databricks / "runs")
    assert seen["args"] == ["sample-run", "--table=", "--mode=look", "--run_id=r 2"]
    allowed = {"PATH", "LANG", "LC_ALL", "LC_CTYPE", "HOME", "TMPDIR", "TZ", "SPARK_REMOTE", "PYTHONPATH"}
    allowed |= {"SPARK_CONNECT_AUTHENTICATE_TOKEN", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
    assert set(seen["variables"]) <= allowed


def test_an_entry_point_that_is_no_script_is_a_function_of_the_package(workspace: Workspace):
    assert workspace.run(workspace.job(entry_point="plain")).state == "SUCCESS"
    assert workspace.lines == ["a function and no script"]


@pytest.mark.parametrize(
    ("mode", "message"), [("fail", "ValueError: the plan is torn"), ("exit", "exit status 3")]
)
def test_a_run_that_fails_says_why(workspace: Workspace, mode: str, message: str):
    done = workspace.run(mode=mode)
    assert (done.state, done.message) == ("FAILED", message)


def test_a_wheel_that_is_not_there_fails_the_run_and_names_it(workspace: Workspace):
    job = workspace.job(
        environments=[{"environmentKey": "own", "spec": {"dependencies": ["/Shared/no.whl"]}}]
    )
    done = workspace.run(job)
    assert done.state == "FAILED"
    assert "Shared/no.whl: No such file or directory" in done.message


def test_a_second_run_waits_for_the_first(workspace: Workspace, tmp_path: Path):
    logs: dict[str, list[str]] = {"a": [], "b": []}
    done: list[JobRun] = []

    def start(name: str) -> None:
        parameters = {"table": str(tmp_path / "t"), "mode": "append", "run_id": name}
        done.append(run_job(workspace.state, workspace.job(), parameters, logs[name].append, 300))

    threads = [threading.Thread(target=start, args=(name,)) for name in logs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [run.state for run in done] == ["SUCCESS", "SUCCESS"]
    first, second = sorted(logs.values(), key=len)
    assert second[0] == "queued: 1 run(s) of this job are at work"
    ended, begun = (float(line.split()[1]) for line in (first[-1], second[1]))
    assert begun > ended
