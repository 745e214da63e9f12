"""Every query that somebody on Azure will run reads only what something declared writes."""

import json
import re
from pathlib import Path

import pytest
import yaml
from kql_reader import KqlError, Reader

from infra.panels import ENTRY_POINTS, PANELS

DATA = Path(__file__).resolve().parents[2] / "data" / "monitor" / "log_tables.yaml"
KNOWN = yaml.safe_load(DATA.read_text())
STACKS = ("dev", "staging", "prod", "pr-7")
AZURE = "azure-native"


def tables(stack, of_type) -> dict[str, dict[str, str]]:
    """What is written on a stack: its custom tables, and those that a declared diagnostic setting fills."""
    written = {
        t["tableName"]: {c["name"]: c["type"] for c in t["schema"]["columns"]}
        for t in of_type(stack, f"{AZURE}:operationalinsights:Table").values()
    }
    settings = of_type(stack, f"{AZURE}:monitor:DiagnosticSetting").values()
    for name, known in KNOWN.items():
        mine = [s for s in settings if f"/providers/{known['resource']}/" in s["resourceUri"]]
        if any(known["category"] in {log.get("category") for log in s["logs"]} for s in mine):
            assert {s["logAnalyticsDestinationType"] for s in mine} == {"Dedicated"}
            written[name] = known["columns"]
    return written


def alert_queries(stack, of_type) -> dict[str, dict]:
    return {
        name: rule["criteria"]["allOf"][0]
        for name, rule in of_type(stack, f"{AZURE}:monitor:ScheduledQueryRule").items()
    }


def workbook_queries(stack, of_type) -> dict[str, str]:
    (book,) = of_type(stack, f"{AZURE}:applicationinsights:Workbook").values()
    items = json.loads(book["serializedData"])["items"]
    return {item["name"]: item["content"]["query"] for item in items if item["type"] == 3}


@pytest.mark.parametrize("stack", STACKS)
def test_alerts_and_workbook_read_only_what_is_written(stack, of_type):
    written = tables(stack, of_type)
    assert sorted(written) == ["ADFPipelineRun", "HighwaterRun_CL"]
    used = set()
    for condition in alert_queries(stack, of_type).values():
        reader = Reader(written)
        # The dimension that tells one cause from another must be a column of the answer.
        assert {d["name"] for d in condition["dimensions"]} <= set(reader.columns(condition["query"]))
        used |= reader.read
    for query in workbook_queries(stack, of_type).values():
        reader = Reader(written)
        reader.columns(query)
        used |= reader.read
    assert used == set(written)


def test_the_workbook_shows_the_panels(of_type):
    assert workbook_queries("dev", of_type) == {panel.key: panel.kql for panel in PANELS}
    written = tables("dev", of_type)
    shown = {panel.key: Reader(written).columns(panel.kql) for panel in PANELS}
    assert shown == {
        "runs": ["Start", "PipelineName", "RunId", "Status", "Seconds", "ErrorMessage"],
        "freshness": [
            "TableName", "Watermark", "LagNow", "FreshnessTargetSeconds", "Fresh", "UnmergedWindows",
        ],
        "held_back": ["TimeGenerated", "TableName", "HeldSeconds", "HeldBy"],
        "rows": [
            "TimeGenerated", "TableName", "RowsRead", "Quarantined", "Inserted", "Updated", "Deleted",
        ],
        "durations": ["TimeGenerated", "TableName", "LoadSeconds", "MergeSeconds"],
    }  # fmt: skip


def test_the_runs_of_every_pipeline_that_somebody_starts_are_shown(of_type):
    """All but those that other pipelines run, and two that change no row and say what they found to who asked."""
    pipelines = of_type("prod", "azure-native:datafactory:Pipeline")
    run_by_others = {
        found["pipeline"]["referenceName"]
        for pipeline in pipelines.values()
        for found in every_activity(pipeline["activities"])
        if found["type"] == "ExecutePipeline"
    }
    assert set(ENTRY_POINTS) == pipelines.keys() - run_by_others - {"status", "deploy_sql"}


def every_activity(activities: list[dict]) -> list[dict]:
    inner = ("activities", "ifTrueActivities", "ifFalseActivities")
    return [
        found
        for a in activities
        for found in (a, *(b for key in inner for b in every_activity(a.get(key) or [])))
    ]


def test_a_failed_run_of_any_pipeline_raises_the_alert(of_type):
    """A comparison that failed as well: the factory's metric is taken whole, with no pipeline's name beside it."""
    (rule,) = of_type("prod", "azure-native:monitor:MetricAlert").values()
    (condition,) = rule["criteria"]["allOf"]
    assert (condition["metricName"], condition["operator"], condition["threshold"]) == (
        "PipelineFailedRuns", "GreaterThan", 0,
    )  # fmt: skip
    assert not condition.get("dimensions")
    assert rule["enabled"] is True


@pytest.mark.parametrize(
    "removed", ["LagSeconds", "HeldBy", "Quarantined", "FreshnessTargetSeconds", "RunId"]
)
def test_a_column_that_is_no_longer_written_is_missed(removed, of_type):
    written = tables("dev", of_type)
    del written["HighwaterRun_CL"][removed]
    queries = [c["query"] for c in alert_queries("dev", of_type).values()]
    queries += workbook_queries("dev", of_type).values()
    missed = 0
    for query in queries:
        try:
            Reader(written).columns(query)
        except KqlError as error:
            assert f"nothing writes the column {removed}" in str(error)
            missed += 1
    assert missed >= 1


def test_without_its_diagnostic_setting_the_factory_s_table_is_missed(of_type):
    written = tables("dev", of_type)
    del written["ADFPipelineRun"]
    with pytest.raises(KqlError, match="nothing declares a table ADFPipelineRun"):
        Reader(written).columns(workbook_queries("dev", of_type)["runs"])


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("T | where Nope > 1", "nothing writes the column Nope"),
        ("T | extend B = A + 1 | where C == 2", "nothing writes the column C"),
        ("T | summarize X = sum(A) by K | project A", "nothing writes the column A"),
        ("U | where A > 1", "nothing declares a table U"),
        ("T | where frobnicate(A)", "an unknown function frobnicate"),
        ("T | mv-expand A", "can't follow the operator mv"),
        ("let L = T | project K; T | join kind=leftouter M on K", "nothing lets M be"),
        ("let L = T | project A; T | join kind=leftouter L on K", "nothing writes the column K"),
    ],
)
def test_the_reader_refuses_what_nobody_writes(query, why):
    with pytest.raises(KqlError, match=why):
        Reader({"T": {"A": "long", "K": "string"}}).columns(query)


def test_the_reader_follows_columns_through_a_query():
    reader = Reader({"T": {"A": "long", "K": "string", "At": "datetime"}})
    query = (
        "let W = datatable(K: string, Most: real) ['x', 1, 'y', 2];\n"
        "let L = T | where At > ago(1d) | summarize arg_max(At, A) by K;\n"
        "W | join kind=leftouter L on K | extend Over = A - Most | where isnull(A) or Over > 0"
    )
    assert reader.columns(query) == ["K", "Most", "A", "At", "Over"]
    assert Reader({"T": {"A": "long", "K": "string"}}).columns(
        "T | summarize arg_max(A, *) by K | order by A desc"
    ) == ["K", "A"]


def test_the_pipelines_that_send_facts_are_those_that_the_page_names(of_type):
    pipelines = of_type("dev", "azure-native:datafactory:Pipeline")
    senders = {
        name for name, p in pipelines.items() if any(a["name"] == "Send facts" for a in p["activities"])
    }
    page = (Path(__file__).resolve().parents[3] / "docs" / "monitoring.md").read_text()
    named = page.partition("can't see them. So ")[2].partition(" end with ")[0]
    assert set(re.findall(r"`(\w+)`", named)) == senders
