"""Maintenance in the control database: its runs, its plan, and what of landing it lets go."""

import json
from datetime import UTC, datetime

import psycopg
import pytest

pytestmark = pytest.mark.postgres


def begin(site, run: str, tables: str = "*") -> int:
    return site.one("select tables from control.begin_maintenance(%s, 'maintain', %s)", run, tables)


def receipt(run: str, table: str, container: str = "gold", status: str = "done", **more: object) -> dict:
    return {"run_id": run, "table_name": table, "container": container, "delta_table": f"fact_{table}",
            "status": status, "optimized": True, "files_before": 40, "files_after": 2, "bytes_before": 900,
            "bytes_after": 800, "seconds": 1.5, **more}  # fmt: skip


def record(site, run: str, *receipts: dict) -> int:
    return site.one("select control.maintained(%s, %s)", run, json.dumps(receipts))


def finish(site, run: str) -> tuple:
    return site.all("select failed, message from control.finish_maintenance(%s)", run)[0]


def sweepable(site, run: str, days: int = 1) -> list[str]:
    return [path for (path,) in site.all("select path from control.sweepable(%s, %s)", run, days)]


def test_a_run_frees_no_window_and_takes_no_batch(site, pipeline, contract_of):
    site.add(contract_of())
    site.insert("thing", 1, at="2024-05-01 10:00:00")
    site.one("select table_name from control.begin_run('r1', 'ingest', 'live', '*')")
    pipeline.open("r1", "thing")
    before = site.all("select window_id, status, attempt, claimed_by, lease_until from control.ledger")
    assert (begin(site, "m1"), begin(site, "m1")) == (1, 1)
    assert record(site, "m1", receipt("m1", "thing")) == 1
    assert finish(site, "m1") == (0, "")
    assert (
        site.all("select window_id, status, attempt, claimed_by, lease_until from control.ledger") == before
    )
    assert site.all("select run_id, batch_id, status from control.run") == [("r1", 1, "running")]
    assert site.one("select status from control.maintenance where run_id = 'm1'") == "succeeded"


def test_the_plan_has_who_waited_longest_first(site, contract_of):
    for name in ("alpha", "beta", "gamma"):
        site.add(contract_of(name))
    begin(site, "m1")
    record(site, "m1", receipt("m1", "beta"), receipt("m1", "alpha", status="postponed"))
    assert finish(site, "m1") == (1, "gamma: the job left no receipt")
    begin(site, "m2")
    plan = site.all("select run_id, table_name, place, retention_hours, minutes, contract::json->>'table'"
                    " from control.maintenance_plan('m2', 168, 30)")  # fmt: skip
    assert plan == [("m2", "alpha", 1, 168, 30, "alpha"), ("m2", "gamma", 2, 168, 30, "gamma"),
                    ("m2", "beta", 3, 168, 30, "beta")]  # fmt: skip


def test_a_failure_is_told_and_stays_with_its_table(site, contract_of):
    site.add(contract_of())
    begin(site, "m1", "thing")
    failed = receipt("m1", "thing", "silver", "failed", error="a writer was there")
    assert record(site, "m1", receipt("m1", "thing"), failed, receipt("other", "thing", "bronze")) == 2
    assert finish(site, "m1") == finish(site, "m1") == (1, "silver/fact_thing: a writer was there")
    assert site.all("select container, status, files_before, files_after, seconds from control.maintenance_report"
                    ) == [("gold", "done", 40, 2, 1.5), ("silver", "failed", 40, 2, 1.5)]  # fmt: skip


def test_a_later_run_ends_an_earlier_one_and_unknown_tables_are_refused(site, contract_of):
    site.add(contract_of())
    begin(site, "m1")
    begin(site, "m2")
    assert finish(site, "m1") == (1, "maintenance run m1 was abandoned: run m2 began")
    with pytest.raises(psycopg.Error, match="maintenance run m1 is over: abandoned"):
        record(site, "m1")
    with pytest.raises(psycopg.Error, match="no such table: nothing"):
        begin(site, "m3", "thing, nothing")
    assert finish(site, "m3") == (1, "maintenance run m3 was not begun")


def test_only_superseded_attempts_of_windows_merged_a_day_ago_go(site, pipeline, contract_of, crash):
    site.add(contract_of())
    site.insert("thing", 1, at="2024-05-01 10:00:00")
    with pytest.raises(crash):
        pipeline.run(crash_at=5)  # claimed, and not copied: its attempt may have left a file
    pipeline.run()
    ((window, attempt, status, path),) = site.all(
        "select window_id, attempt, status, path from control.ledger"
    )
    assert (attempt, status, path) == (2, "merged", f"thing/{window}/2")
    begin(site, "m1")
    assert sweepable(site, "m1") == []
    site.control.execute("update control.ledger set merged_at = merged_at - interval '25 hours'")
    assert sweepable(site, "m1") == [f"thing/{window}/1"]
    site.one("select control.sweep_done('m1', %s)", f"thing/{window}/1")
    assert sweepable(site, "m1") == []


def test_nothing_of_an_unfinished_window_goes(site, pipeline, contract_of):
    site.add(contract_of())
    site.insert("thing", 1, at="2024-05-01 10:00:00")
    site.one("select table_name from control.begin_run('r1', 'ingest', 'live', '*')")
    pipeline.open("r1", "thing")
    for window in pipeline.open("r1", "thing"):
        pipeline.copy("r1", window)
    aged = "opened_at = opened_at - interval '9 days', landed_at = landed_at - interval '9 days'"
    site.control.execute(f"update control.ledger set {aged}")
    assert site.all("select attempt, status from control.ledger") == [(2, "landed")]
    begin(site, "m1")
    assert sweepable(site, "m1", 1) == sweepable(site, "m1", 0) == []


def test_an_attempt_that_takes_over_a_landed_window_leaves_its_path_alone(site, pipeline, contract_of):
    """The path that was merged is an earlier attempt's: it stays, and the later one has no folder."""
    site.add(contract_of())
    site.insert("thing", 1, at="2024-05-01 10:00:00")
    site.one("select table_name from control.begin_run('r1', 'ingest', 'live', '*')")
    for window in pipeline.open("r1", "thing"):
        pipeline.copy("r1", window)
    pipeline.run()
    site.control.execute("update control.ledger set merged_at = merged_at - interval '2 days'")
    ((window, path),) = site.all("select window_id, path from control.ledger where attempt = 2")
    begin(site, "m1")
    assert (path, sweepable(site, "m1")) == (f"thing/{window}/1", [f"thing/{window}/2"])


def test_plans_of_a_run_that_is_not_over_stay(site, contract_of):
    site.add(contract_of())
    begin(site, "m1")

    def before(days: int) -> datetime:
        return datetime.fromisoformat(site.one("select before from control.sweep_before('m1', %s)", days))

    started = site.one("select date_trunc('second', started) from control.maintenance").astimezone(UTC)
    assert (started - before(30)).days == 30
    site.one("select table_name from control.begin_run('r1', 'ingest', 'live', '*')")
    site.control.execute("update control.run set started = started - interval '40 days'")
    assert (started - before(30)).days == 40
    site.one("select failed from control.finish_run('r1')")
    assert (started - before(30)).days == 30


def test_the_factory_s_role_can_do_all_of_it_and_touch_no_table(site, contract_of):
    site.add(contract_of())
    factory = site.connect("highwater_factory")
    assert factory.execute(
        "select tables from control.begin_maintenance('m1', 'maintain', '*')"
    ).fetchone() == (1,)
    assert len(factory.execute("select * from control.maintenance_plan('m1', 168, 30)").fetchall()) == 1
    factory.execute("select control.maintained('m1', '[]')")
    factory.execute("select path from control.sweepable('m1', 1)")
    factory.execute("select control.sweep_done('m1', 'thing/1/1')")
    factory.execute("select before from control.sweep_before('m1', 30)")
    assert factory.execute("select failed from control.finish_maintenance('m1')").fetchone() == (1,)
    assert len(factory.execute("select * from control.maintenance_report").fetchall()) == 1
    for table in ("maintenance", "maintenance_table", "swept"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            factory.execute(f"select * from control.{table}")
