"""The pipelines that an operator runs, as declared, on a real PostgreSQL and its ledger."""

import time

import pytest

pytestmark = pytest.mark.postgres

TRIPS = (
    "insert into mobility.trip (trip_id, pickup_at, refunded_amount, status, is_deleted, created_at, updated_at)"
    " select n, t, 0, 'open', false, t, t from generate_series(1, 6) n,"
    " lateral (select timestamptz '2024-01-01 12:00+00' + n * interval '1 minute') s (t)"
)


def test_a_backfill_and_a_comparison_of_keys_run_beside_the_live_windows(bench):
    bench.tell(TRIPS)
    assert bench.runtime.run("ingest", {"tables": "trip"}).status == "Succeeded"
    given = {
        "tables": "trip",
        "from": "2024-01-01T12:02:00Z",
        "to": "2024-01-01T12:05:00Z",
        "chunk_rows": "2",
    }
    run = bench.runtime.run("backfill", given)
    assert run.status == "Succeeded", run.error
    assert [(row["kind"], row["rows"]) for row in bench.job.plans[-1]] == [("backfill", 2), ("backfill", 1)]
    bench.tell("delete from mobility.trip where trip_id = 2")
    run = bench.runtime.run("reconcile")
    assert run.status == "Succeeded", run.error
    (planned,) = bench.job.plans[-1]
    assert (planned["table_name"], planned["kind"], planned["rows"]) == ("trip", "reconcile", 5)
    assert (planned["newest"], planned["unmerged"], planned["allow_share"]) == (4, "", 0.1)
    assert bench.ask("select distinct status from control.ledger") == [("merged",)]
    assert bench.ask("select keys from control.reconcile_report") == [(5,)]
    refused = bench.runtime.run("backfill", given | {"from": "2990-01-01", "to": ""})
    assert refused.status == "Failed"
    assert "behind the watermark" in refused.error["message"]


def test_status_and_repair_answer_by_the_return_value(bench):
    bench.tell(TRIPS)
    bench.job.dies = True
    assert bench.runtime.run("ingest", {"tables": "trip"}).status == "Failed"
    (trip,) = [row for row in bench.runtime.run("status").return_value["rows"] if row["table_name"] == "trip"]
    assert (trip["landed_windows"], trip["watermark"], trip["last_run_status"]) == (1, None, "failed")
    assert bench.runtime.run("repair").return_value == {"rows": []}
    proposed = bench.runtime.run("repair", {"windows": "1"}).return_value["rows"]
    assert [(r["action"], r["done"]) for r in proposed] == [("read_again", False)]
    done = bench.runtime.run("repair", {"windows": "1", "apply": "yes"}).return_value["rows"]
    assert [(r["action"], r["done"]) for r in done] == [("read_again", True)]
    bench.job.dies = False
    assert bench.runtime.run("ingest", {"tables": "trip"}).status == "Succeeded"
    assert bench.ask("select status, attempt, rows from control.ledger") == [("merged", 3, 6)]


def test_a_release_plans_the_merged_windows_that_sent_rows_to_quarantine(bench):
    bench.tell(TRIPS)
    assert bench.runtime.run("release", {"tables": "trip"}).status == "Succeeded", "nothing waits"
    assert bench.job.plans == []
    assert bench.runtime.run("ingest", {"tables": "trip"}).status == "Succeeded"
    bench.tell("insert into mobility.trip select trip_id + 10, null, null, now(), null, null, null, null, null, null,"
               " null, null, null, null, null, null, null, null, null, null, null, null, 0, 'open', false, now(), now()"
               " from mobility.trip where trip_id < 3")  # fmt: skip
    time.sleep(0.3)
    assert bench.runtime.run("ingest", {"tables": "trip"}).status == "Succeeded"
    # The job is scripted: it says that the second run sent rows to quarantine.
    bench.tell("update control.run_table set quarantined = 2 where rows = 2", "control")
    keys = '["11", "o\'clock"]'
    run = bench.runtime.run("release", {"tables": "trip", "rules": "a, b", "keys": keys})
    assert run.status == "Succeeded", run.error
    (planned,) = bench.job.plans[-1]
    told = {k: planned[k] for k in ("table_name", "kind", "rows", "rules", "keys")}
    assert told == {
        "table_name": "trip",
        "kind": "live",
        "rows": 2,
        "rules": "a,b",
        "keys": '["11","o\'clock"]',
    }
    assert bench.ask("select distinct status from control.ledger") == [("merged",)]
    assert bench.ask("select status from control.run where kind = 'release' order by batch_id") == [
        ("succeeded",), ("succeeded",)
    ]  # fmt: skip
    for wrong, why in (({"tables": "zone"}, "read whole"), ({"tables": "trip", "keys": "11"}, "no JSON array"),
                       ({"keys": '["1"]'}, "those of one table")):  # fmt: skip
        refused = bench.runtime.run("release", wrong)
        assert refused.status == "Failed"
        assert why in refused.error["message"], refused.error
