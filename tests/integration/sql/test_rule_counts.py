"""How many rows broke which rule is recorded by run, of a table that failed by one too."""

import json

import pytest

pytestmark = pytest.mark.postgres

RULES = [
    {"name": "body_short", "condition": "length(body) < 9", "severity": "warn"},
    {"name": "body_there", "condition": "body is not null", "severity": "fail", "threshold": 5},
]


def test_the_counts_of_each_rule_are_recorded_with_their_severity(site, pipeline, contract_of, receipt_of):
    site.add(contract_of("thing", rules=RULES))
    site.add(contract_of("other"))
    for table in ("thing", "other"):
        site.insert(table, 1, at="2024-01-01")
    site.settle_clock()
    run = "run-1"
    for row in pipeline.ask(
        "begin", "select table_name from control.begin_run(%s, 'ingest', 'live', '*')", run
    ):
        pipeline.load(run, row["table_name"])
    pipeline.ask("plan", "select windows from control.make_plan(%s)", run)
    plan = pipeline.ask("write plan", "select * from control.plan(%s)", run)
    mine = {t: [p for p in plan if p["table_name"] == t] for t in ("thing", "other")}
    receipts = json.dumps([
        receipt_of(run, "thing", mine["thing"], "failed", error="body_there", rules={"body_there": 6, "body_short": 2}),
        # As a reader of JSON lines may hand it on.
        receipt_of(run, "other", mine["other"], landed=9, rules=json.dumps({"value_unreadable": 3})),
    ])  # fmt: skip
    for _ in range(2):
        pipeline.ask("settle", "select control.settle(%s, %s)", run, receipts)
    columns = "run_id, table_name, rule, severity, rows, landed"
    assert site.all(f"select {columns} from control.rule_report") == [
        (run, "other", "value_unreadable", "quarantine", 3, 9),
        (run, "thing", "body_short", "warn", 2, None),
        (run, "thing", "body_there", "fail", 6, None),
    ]
