"""One job, two kinds of Spark: classic, as on a job cluster, and Connect, as on serverless, leave equal tables."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import classic_spark
import pytest
from pyspark.sql import SparkSession
from test_star_histories import CONTRACTS, histories
from transform_lake import TestLake

from local.state import PROJECT

pytestmark = [pytest.mark.spark, pytest.mark.slow]

# When a row was loaded or a batch published is the one thing that two runs may tell in two ways.
MOMENTS = ("_loaded_at", "published_at")
JOB = """
import sys
from highwater_transforms import job
from pyspark.sql import SparkSession
for run in sys.argv[2:]:
    job.main([f"--lake={sys.argv[1]}", f"--run_id={run}", f"--plan_path=_plans/{run}/plan.parquet"])
print("session:", type(SparkSession.active()).__module__)
"""


def run_classic(lake: Path, work: Path, runs: list[str]) -> str:
    """The job's entry point for each run, in a process whose Spark is in its own JVM; what it prints."""
    environment = classic_spark.environment(work) | {"PYTHONPATH": str(PROJECT / "transforms")}
    done = subprocess.run(
        [sys.executable, "-c", JOB, f"file://{lake}/", *runs],
        cwd=work, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def tables(root: Path) -> list[str]:
    return sorted(str(log.parent.relative_to(root)) for log in root.glob("*/*/_delta_log"))


def content(spark: SparkSession, root: Path, table: str) -> tuple[list, list]:
    """The table's columns with their types, and its rows as text, in order."""
    frame = spark.read.format("delta").load(f"file://{root}/{table}").drop(*MOMENTS)
    return frame.dtypes, sorted(map(str, frame.collect()))


@pytest.mark.skipif(os.environ.get("HIGHWATER_TEST_SPARK") == "classic", reason="it runs on both by itself")
def test_every_table_is_equal_after_the_same_runs(spark, tmp_path):
    connect = TestLake(spark, tmp_path / "connect", allow_share=1.0)  # few rows, most of which may vanish
    connect.root.mkdir()
    for run in histories(11)[:3]:  # a run costs either Spark half a minute
        connect.run(*(connect.land(CONTRACTS[table], rows) for table, rows in run.items()))
        assert {r.status for r in connect.receipts.values()} == {"merged"}, connect.receipts
    classic, runs = tmp_path / "classic", [f"run-{n}" for n in range(1, connect.runs + 1)]
    shutil.copytree(connect.root / "landing", classic / "landing", ignore=shutil.ignore_patterns("_receipts"))
    said = run_classic(classic, tmp_path / "work", runs)
    assert re.search(r"session: pyspark\.sql\.(classic\.)?session", said), said
    assert "connect" in type(spark).__module__
    there = tables(connect.root)
    assert tables(classic) == there
    assert {t.split("/")[0] for t in there} == {"bronze", "quarantine", "silver", "restricted", "gold"}
    for table in there:
        theirs, ours = content(spark, classic, table), content(spark, connect.root, table)
        assert theirs == ours, table
        print(f"{table}: {len(ours[1])} rows")


@pytest.mark.skipif(os.environ.get("HIGHWATER_TEST_SPARK") == "classic", reason="it is one of those tests")
def test_what_cannot_be_read_is_told_alike(tmp_path):
    """The change feed after VACUUM, a landed file that is cut off: what catches them on Connect does on classic."""
    tests = [f"{Path(__file__).parent}/{name}" for name in (
        "test_few.py", "test_gold_groups.py::test_a_run_that_dies_before_the_aggregate_is_caught_up_with",
        "test_lake_faults.py::test_a_truncated_file_stops_its_table_and_a_new_attempt_heals")]  # fmt: skip
    environment = os.environ | {"HIGHWATER_TEST_SPARK": "classic"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:]
    assert " passed" in done.stdout and "skipped" not in done.stdout
