"""What the status view says."""

import time

import pytest

pytestmark = pytest.mark.postgres
COLUMNS = (
    "watermark",
    "lag_seconds",
    "fresh",
    "held_by",
    "last_run",
    "last_run_status",
    "last_run_rows",
    "last_error",
)


def status(site, table: str = "thing") -> dict:
    row = site.all(f"select {', '.join(COLUMNS)} from control.status where table_name = %s", table)[0]
    return dict(zip(COLUMNS, row, strict=True))


def test_a_table_that_was_never_read_is_not_fresh(site, contract_of):
    site.add(contract_of())
    row = status(site)
    assert (row["watermark"], row["lag_seconds"], row["fresh"], row["last_run"]) == (None, None, False, None)


@pytest.mark.parametrize("cursor", ["timestamp", "integer", None])
def test_a_table_just_read_is_fresh_and_ages(site, contract_of, pipeline, cursor):
    site.add(contract_of(cursor=cursor, freshness=2))
    site.insert("thing", 1, 2)
    site.settle_clock()
    pipeline.run()
    row = status(site)
    assert (row["fresh"], row["last_run_status"], row["last_run_rows"], row["last_error"]) == (
        True,
        "succeeded",
        2,
        None,
    )
    assert 0 <= row["lag_seconds"] < 2
    assert row["watermark"] == site.watermark()
    time.sleep(2)
    assert status(site)["fresh"] is False
    pipeline.run()
    assert status(site)["fresh"] is True, "nothing new is as fresh as can be"


def test_a_watermark_held_back_shows_by_whom(site, contract_of, pipeline):
    site.add(contract_of(freshness=1))
    site.insert("thing", 1)
    holder = site.connect(autocommit=False, name="nightly report")
    holder.execute("select 1")
    time.sleep(1.2)
    pipeline.run()
    row = status(site)
    assert "nightly report" in row["held_by"] and row["fresh"] is False


def test_a_failure_stays_named_while_the_data_ages(site, contract_of, pipeline, crash):
    site.add(contract_of())
    site.insert("thing", 1, at="2024-01-01 00:00:00+00")
    pipeline.run()
    first = status(site)
    site.control.execute("select control.begin_run('bad', 'ingest', 'live', '*')")
    site.control.execute("select control.table_failed('bad', 'thing', 'no route to source')")
    assert site.all("select * from control.finish_run('bad')") == [(1, "thing: no route to source")]
    row = status(site)
    assert (row["last_run"], row["last_run_status"], row["last_error"]) == (
        "bad",
        "failed",
        "no route to source",
    )
    assert row["lag_seconds"] >= first["lag_seconds"]
    pipeline.run()
    assert status(site)["last_run_status"] == "succeeded"
