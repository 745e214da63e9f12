"""A run broken at every step of the declared pipelines, by an exception and by kill -9: the next run heals it.

The steps are those that are declared, also the ones that only a failure leads to, so a new activity is tried without
anyone adding it. The job here needs no Spark; what the wheel's own commits is broken in test_fault_points.
"""

import os
import random
import threading
import time

import psycopg
import pytest
from broken_runs import run_broken
from fault_points import Fault, declared, enumerate_faults
from healing import assert_settled
from plain_job import PlainJob

from local.adf import Runtime

pytestmark = pytest.mark.postgres
SHORT = 12
MARGIN = 0.02

CHANGE = """
insert into mobility.thing (thing_id, body, updated_at)
select (select coalesce(max(thing_id), 0) from mobility.thing) + n, 'new', clock_timestamp()
from generate_series(1, 3) n;
update mobility.thing set body = 'changed ' || thing_id, updated_at = clock_timestamp()
where thing_id % 4 = (select count(*) from mobility.thing) % 4;
insert into mobility.event (body) select n::text from generate_series(1, 3) n;
"""


def change(made) -> None:
    with psycopg.connect(made.conninfo()) as connection:
        connection.execute(CHANGE)
    time.sleep(MARGIN + 0.02)


def assert_healed(made, fault: object) -> None:
    """What the job holds is what the source holds, each row once; nothing is left in the ledger."""
    for table in ("thing", "event"):
        source = made.source(f"select thing_id::text, body from mobility.{table} order by 1")
        held = sorted((key, row["body"]) for key, row in made.job.held(table).items())
        assert held == source, f"after {fault}: {table}"
    assert_settled(made, fault)


@pytest.fixture
def made(plain):
    """A stack after a first load, with a short margin."""
    with psycopg.connect(plain.conninfo()) as connection:
        connection.execute(f"update control.setting set value = {MARGIN} where name = 'margin_seconds'")
    change(plain)
    plain.run()
    assert_healed(plain, "the first load")
    return plain


def found_faults(made) -> list[Fault]:
    steps: list[str] = []
    change(made)
    made.run(on_step=steps.append)
    return list(enumerate_faults(declared(made.factory, "ingest"), steps, [], []))


def play(made, chosen: list[Fault]) -> None:
    for number, fault in enumerate(chosen, 1):
        change(made)
        came = run_broken(fault, made.factory, made.lake, made.job, PlainJob(made.lake))
        assert came, f"{fault}: the run did not come there"
        time.sleep(MARGIN)
        made.run()
        assert_healed(made, fault)
        print(f"{number} of {len(chosen)}: {fault}: healed", flush=True)


def test_a_sample_of_the_pipelines_points(made, report):
    number = int(os.environ.get("HIGHWATER_SEED", random.SystemRandom().randrange(10**6)))
    print(f"seed {number}")
    play(made, random.Random(number).sample(found_faults(made), SHORT))


@pytest.mark.reliability
@pytest.mark.timeout(2400)
def test_every_point_of_the_pipelines(made, report):
    faults = found_faults(made)
    assert len({f.point.rsplit(":", 1)[0] for f in faults}) == len(declared(made.factory, "ingest"))
    play(made, faults)
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
    assert_healed(made, "a job that died among its receipts")


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
        kinds = connection.execute("select count(*) from control.ledger where kind = 'backfill'").fetchone()[
            0
        ]
    (second, _), (_, first_ended) = spans
    assert second > first_ended, "the second waited for the first"
    assert kinds == 1
    made.run()
    assert_healed(made, "runs at once")
