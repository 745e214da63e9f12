"""The pipelines that an operator runs, as declared, on a real PostgreSQL and its ledger."""

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
