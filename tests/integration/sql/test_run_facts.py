"""What a run says of itself when it ends: the rows that Azure's alerts and panels are made of."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from infra.monitoring.facts import COLUMNS
from infra.panels import PANELS
from local.console.panels import answer

pytestmark = pytest.mark.postgres

_PYTHON = {"string": str, "long": int, "real": (int, float), "datetime": str}


def facts(site, run: str) -> list[dict]:
    return json.loads(site.one("select control.run_facts(%s)", run))


def test_a_run_tells_one_row_a_table_with_the_declared_columns_and_types(site, pipeline, contract_of):
    site.add(contract_of("thing"))
    site.add(contract_of("other"))
    site.insert("thing", 1, 2, at="2024-05-01 10:00:00")
    pipeline.run()
    rows = {row["TableName"]: row for row in facts(site, "run-1")}
    assert sorted(rows) == ["other", "thing"]
    thing = rows["thing"]
    assert set(thing) == {column.name for column in COLUMNS}
    for column in COLUMNS:
        value = thing[column.name]
        assert value is None or isinstance(value, _PYTHON[column.type]), (column.name, value)
    ended = site.one("select ended from control.run where run_id = 'run-1'")
    assert datetime.fromisoformat(thing["TimeGenerated"]) == ended.astimezone(UTC)
    assert {k: thing[k] for k in ("RunId", "BatchId", "Pipeline", "Kind", "Status", "Error")} == {
        "RunId": "run-1", "BatchId": 1, "Pipeline": "ingest", "Kind": "live", "Status": "succeeded",
        "Error": None,
    }  # fmt: skip
    assert (thing["Windows"], thing["RowsRead"], thing["UnmergedWindows"]) == (1, 2, 0)
    assert thing["Watermark"] == site.watermark("thing")
    assert thing["FreshnessTargetSeconds"] == 900
    as_of = site.one("select as_of from control.run_table where table_name = 'thing'")
    assert thing["LagSeconds"] == pytest.approx((ended - as_of).total_seconds(), abs=0.06)


def test_the_counts_are_those_of_the_receipt(site, pipeline, contract_of, receipt_of):
    site.add(contract_of("thing"))
    site.insert("thing", 1, 2, 3, at="2024-05-01 10:00:00")
    run = "run-of-counts"
    site.all("select * from control.begin_run(%s, 'ingest', 'live', '*')", run)
    pipeline.load(run, "thing")
    site.all("select control.make_plan(%s)", run)
    plan = [
        {"window_id": w, "attempt": a}
        for w, a in site.all("select window_id, attempt from control.plan(%s)", run)
    ]
    receipt = receipt_of(run, "thing", plan, landed=3, quarantined=1, inserted=2, updated=0, deleted=0,
                         duplicates=0, superseded=0, seconds=1.5)  # fmt: skip
    site.all("select control.settle(%s, %s)", run, json.dumps([receipt]))
    site.all("select * from control.finish_run(%s)", run)
    (row,) = facts(site, run)
    keys = ("RowsRead", "Quarantined", "Inserted", "Updated", "Deleted", "MergeSeconds")
    assert [row[key] for key in keys] == [3, 1, 2, 0, 0, 1.5]


def test_lag_grows_from_the_last_run_that_left_nothing_unmerged(site, pipeline, contract_of):
    """A run that merged, and one that failed an hour later: the lag of the second is that hour."""
    site.add(contract_of("thing"))
    site.insert("thing", 1, at="2024-05-01 10:00:00")
    pipeline.run()
    site.control.execute("update control.run_table set as_of = clock_timestamp() - interval '1 hour'")
    site.all("select * from control.begin_run('run-bad', 'ingest', 'live', '*')")
    site.all("select control.table_failed('run-bad', 'thing', %s)", "no route\nto host " + "x" * 900)
    site.all("select * from control.finish_run('run-bad')")
    (row,) = facts(site, "run-bad")
    assert (row["Status"], row["RowsRead"]) == ("failed", 0)
    assert row["Error"].startswith("no route to host xxx")
    assert len(row["Error"]) == 300
    assert row["LagSeconds"] == pytest.approx(3600, abs=5)
    assert row["LagSeconds"] > row["FreshnessTargetSeconds"]
    # A later run that merges is fresh again, and the failed one's facts, asked again, are still of its own time.
    site.settle_clock()
    pipeline.run()
    assert facts(site, "run-2")[0]["LagSeconds"] < 60
    assert facts(site, "run-bad")[0]["LagSeconds"] == pytest.approx(3600, abs=5)


def test_who_holds_the_watermark_back_is_told(site, pipeline, contract_of):
    site.add(contract_of("thing"))
    site.insert("thing", 1, at="2024-05-01 10:00:00")
    writer = site.connect(autocommit=False, name="month end close")
    writer.execute("insert into mobility.thing (thing_id, body, updated_at) values (9, 'late', now())")
    site.settle_clock()
    pipeline.run()
    (row,) = facts(site, "run-1")
    assert "month end close" in row["HeldBy"]
    assert row["HeldSeconds"] > 0
    writer.rollback()


def test_a_run_that_was_never_begun_has_no_facts(site):
    assert site.one("select control.run_facts('unknown')") == "[]"


def test_a_table_that_was_never_loaded_has_no_lag_and_comes_before_one_that_was(site, pipeline, contract_of):
    site.add(contract_of("loaded"))
    site.insert("loaded", 1, at="2024-05-01 10:00:00")
    pipeline.run()
    site.add(contract_of("broken"))
    site.control.execute("drop table mobility.broken")
    site.all("select * from control.begin_run('second', 'ingest', 'live', '*')")
    site.all("select control.table_failed('second', 'broken', 'gone')")
    pipeline.load("second", "loaded")
    site.all("select * from control.finish_run('second')")
    rows = facts(site, "second")
    assert [(r["TableName"], r["Status"]) for r in rows] == [("broken", "failed"), ("loaded", "succeeded")]
    assert rows[0]["LagSeconds"] is None
    assert rows[1]["LagSeconds"] >= 0


def test_the_body_stays_below_what_one_request_takes_and_drops_the_freshest(site):
    """Two thousand failed and fresh tables, each with as long an error as there is."""
    site.control.execute("""
        insert into control.contract (table_name, version, mode, cursor_kind, cursor_column, source_table, plan,
            bounds_template, range_template, extract_template, freshness_seconds)
        select 't' || i, 'v', 'upsert', 'timestamp', 'c', 's.t', '{}', '', '', '', 900
        from generate_series(1, 2000) i;
        insert into control.run (run_id, pipeline, kind) values ('many', 'ingest', 'live');
        insert into control.run_table (run_id, table_name, batch_id, status, error)
        select 'many', 't' || i, 1, case when i % 2 = 0 then 'failed' else 'succeeded' end,
               case when i % 2 = 0 then repeat('é', 4000) end from generate_series(1, 2000) i;
    """)
    text = site.one("select control.run_facts('many')")
    assert 700_000 < len(text.encode()) <= 800_100
    rows = json.loads(text)
    failed = [row for row in rows if row["Status"] == "failed"]
    assert rows[: len(failed)] == failed
    assert len(rows) < 2000 == site.one("select count(*) from control.facts('many')")


def test_the_factory_s_role_may_ask(site, pipeline, contract_of):
    site.add(contract_of("thing"))
    pipeline.run()
    role = site.connect("highwater_factory")
    assert (
        json.loads(role.execute("select control.run_facts('run-1')").fetchone()[0])[0]["TableName"] == "thing"
    )
    assert role.execute("select status from control.run_list").fetchall() == [("succeeded",)]


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.key)
def test_every_panel_s_sql_answers_with_the_columns_that_its_kql_promises(site, pipeline, contract_of, panel):
    site.add(contract_of("thing"))
    site.insert("thing", 1, at="2024-05-01 10:00:00")
    pipeline.run()
    cursor = site.connect("highwater_factory").execute(panel.sql)
    last = [line for line in panel.kql.splitlines() if line.startswith("| project ")][-1]
    assert [c.name for c in cursor.description] == last.removeprefix("| project ").split(", ")
    if panel.key != "held_back":
        assert len(cursor.fetchall()) == 1


def test_the_panels_show_what_the_ledger_holds(site, pipeline, contract_of):
    site.add(contract_of("thing"))
    site.insert("thing", 1, 2, at="2024-05-01 10:00:00")
    pipeline.run()
    shown = {panel.key: site.control.execute(panel.sql).fetchall() for panel in PANELS}
    assert shown["runs"][0][1:4] == ("ingest", "run-1", "succeeded")
    site.control.execute("select control.begin_maintenance('keep-1', 'maintain', '*')")
    (runs,) = (panel.sql for panel in PANELS if panel.key == "runs")
    assert [row[1:4] for row in site.control.execute(runs).fetchall()] == [
        ("maintain", "keep-1", "running"), ("ingest", "run-1", "succeeded"),
    ]  # fmt: skip
    assert shown["freshness"][0][:2] == ("thing", site.watermark("thing"))
    assert shown["freshness"][0][4] is True
    assert shown["rows"][0][1:3] == ("thing", 2)
    assert shown["held_back"] == []
    assert shown["durations"][0][0] - datetime.now(UTC) < timedelta(0)


def test_the_console_takes_a_chart_s_values_together_by_steps_of_time(site, pipeline, contract_of):
    site.add(contract_of("thing"))
    site.insert("thing", 1, 2, at="2024-05-01 10:00:00")
    for _ in range(2):
        site.settle_clock()
        pipeline.run()
    shown = {panel.key: answer(site.control, panel, 4) for panel in PANELS}
    rows = shown["rows"]
    assert rows.values == ("RowsRead", "Quarantined", "Inserted", "Updated", "Deleted")
    assert sum(row[2] for row in rows.rows) == 2
    assert len(rows.rows) in (1, 2)  # steps of two minutes
    assert {row[1] for row in shown["durations"].rows} == {"thing"}
    assert [row[1] for row in shown["runs"].rows] == ["ingest", "ingest"]
    site.control.execute(
        "update control.run set started = started - interval '5 h', ended = ended - interval '5 h'"
    )
    assert [answer(site.control, p, 4).rows for p in PANELS if p.key in ("runs", "rows")] == [[], []]
    assert len(answer(site.control, PANELS[0], 24).rows) == 2
