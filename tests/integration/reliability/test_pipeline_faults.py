"""A run broken at every step of the declared pipelines, by an exception and by kill -9: the next run heals it.

The steps are those that are declared, also the ones that only a failure leads to, so a new activity is tried without
anyone adding it. The job here needs no Spark; what the wheel's own commits is broken in test_fault_points.
"""

import os
import random
import threading
import time
from dataclasses import replace

import psycopg
import pytest
from broken_runs import run_broken
from fault_points import Fault, declared, enumerate_faults
from plain_job import PlainJob
from scenes import MARGIN, SCENES, assert_equal, change

from local.adf import Runtime

pytestmark = pytest.mark.postgres
SHORT = {"ingest": 8}  # of the others two each


def found_faults(made, pipeline: str) -> list[Fault]:
    """Every activity of a good run, and those that only a failure leads to."""
    steps: list[str] = []
    given = SCENES[pipeline].begin(made)
    made.run(steps.append, pipeline, given)
    SCENES[pipeline].healed(made, f"a good run of {pipeline}")
    return list(enumerate_faults(declared(made.factory, pipeline), steps, [], []))


def play(made, pipeline: str, chosen: list[Fault]) -> None:
    scene = SCENES[pipeline]
    for number, fault in enumerate(chosen, 1):
        given = scene.begin(made)
        dying = replace(made.job)
        came = run_broken(fault, made.factory, made.lake, made.job, dying, pipeline, given)
        assert came, f"{pipeline}, {fault}: the run did not come there"
        time.sleep(MARGIN)
        made.run(pipeline=pipeline, given=given)
        scene.healed(made, f"{pipeline}, {fault}")
        print(f"{number} of {len(chosen)}: {pipeline}, {fault}: healed", flush=True)


def test_every_declared_pipeline_has_a_scene(plain):
    """One that others execute is broken in theirs."""
    executed = {
        path.split("/")[0]
        for pipeline in SCENES
        for path in declared(plain.factory, pipeline)
        if path.split("/")[0] != pipeline
    }
    assert set(SCENES) | executed == set(plain.factory.pipelines)


def test_a_sample_of_the_pipelines_points(made, report):
    number = int(os.environ.get("HIGHWATER_SEED", random.SystemRandom().randrange(10**6)))
    print(f"seed {number}")
    chance = random.Random(number)
    for pipeline in SCENES:
        play(made, pipeline, chance.sample(found_faults(made, pipeline), SHORT.get(pipeline, 2)))


@pytest.mark.reliability
@pytest.mark.timeout(2400)
@pytest.mark.parametrize("pipeline", SCENES)
def test_every_point_of_the_pipelines(made, report, pipeline):
    faults = found_faults(made, pipeline)
    assert len({f.point.rsplit(":", 1)[0] for f in faults}) == len(declared(made.factory, pipeline))
    play(made, pipeline, faults)
    report("fault point of the pipelines", len(faults), enumerated=len(faults))


def test_a_job_that_dies_among_its_receipts(made):
    """One table's receipt is there, of the other only what it merged: that one is merged again, and nothing doubles."""
    change(made)
    made.job.without_receipt = ("thing",)
    broken = Runtime(made.factory, made.lake / "runs", made.job).run("ingest")
    assert (broken.status, "the cluster is gone" in broken.error["message"]) == ("Failed", True)
    with psycopg.connect(made.conninfo()) as connection:
        newest = "select table_name, status from control.window_list where status <> 'merged'"
        assert connection.execute(newest).fetchall() == [("thing", "landed")]
    made.job.without_receipt = ()
    made.run()
    assert_equal(made, "a job that died among its receipts")


def test_two_runs_of_one_pipeline_are_queued_and_two_pipelines_run_side_by_side(made):
    change(made)
    backfill = {"tables": "thing", "from": "2000-01-01", "to": "", "chunk_rows": "2"}
    asked = [("ingest", {}), ("ingest", {}), ("backfill", backfill)]
    runs: list = []

    def start(pipeline: str, given: dict) -> None:
        runs.append(
            (pipeline, Runtime(made.factory, made.lake / "runs", PlainJob(made.lake)).run(pipeline, given))
        )

    threads = [threading.Thread(target=start, args=one) for one in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(name, run.status) for name, run in runs if run.status != "Succeeded"] == []
    with psycopg.connect(made.conninfo()) as connection:
        spans = connection.execute(
            "select started, ended from control.run where pipeline = 'ingest' order by started desc limit 2"
        ).fetchall()
        backfills = "select distinct status from control.ledger where kind = 'backfill'"
        found = connection.execute(backfills).fetchall()
    (second, _), (_, first_ended) = spans
    assert second > first_ended, "the second waited for the first"
    assert found == [("merged",)]
    made.run()
    assert_equal(made, "runs at once")
