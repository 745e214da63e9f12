"""The job needs Spark and the lake, and nobody else: with every other address refused it runs whole."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import sealed_job
from test_job_run import written_receipt

pytestmark = [
    pytest.mark.spark,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        os.environ.get("HIGHWATER_TEST_SPARK") == "classic",
        reason="a classic session is in the job's own process",
    ),
]

# As the laptop's workspace and Databricks start it: nothing in its environment names the control database.
KEPT = ("PATH", "LANG", "LC_ALL", "HOME", "SPARK_REMOTE")


def run_sealed(lake, run_id: str, work: str = "merge") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            sealed_job.__file__,
            f"--lake={lake.endpoint}",
            f"--run_id={run_id}",
            f"--plan_path=_plans/{run_id}/plan.parquet",
            f"--work={work}",
        ],
        env={name: os.environ[name] for name in KEPT if name in os.environ},
        cwd=Path(lake.root),
        capture_output=True,
        text=True,
        timeout=500,
    )


def test_the_job_runs_whole_while_the_control_databases_address_is_refused(lake, ride, event, person, place):
    at = "2024-01-01 10:00:00"
    rides = [{"id": 1, "zone": 5, "cents": 100, "cancelled": False, "at": at}]
    rides.append(rides[0] | {"id": 2, "cents": -1})
    landed = [
        lake.land(ride, rides),
        lake.land(event, [{"id": 1, "what": "a"}, {"id": 1, "what": "a"}]),
        lake.land(person, [{"id": 1, "name": "n", "city": "A", "at": at}]),
        lake.land(place, [{"id": 1, "name": "a"}]),
    ]
    run_id = lake.plan(*landed)
    done = run_sealed(lake, run_id)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    counts = ("status", "batch_id", "landed", "inserted", "quarantined", "duplicates", "error")
    told = {t: written_receipt(lake, run_id, t) for t in ("ride", "event", "person", "place")}
    assert {table: tuple(receipt[c] for c in counts) for table, receipt in told.items()} == {
        "ride": ("merged", 1, 2, 1, 1, 0, None),
        "event": ("merged", 1, 2, 1, 0, 1, None),
        "person": ("merged", 1, 1, 1, 0, 0, None),
        "place": ("merged", 1, 1, 1, 0, 0, None),
    }
    assert lake.rows("gold", "agg_zone", "zone", "rides") == [(5, 1)]
    assert lake.rows("gold", "published_batch", "batch_id", "run_id") == [(1, run_id)]
