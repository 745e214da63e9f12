"""The console's panels and the workbook's are the same ones: titles, order, ranges and what is measured."""

import json
from datetime import UTC, datetime

import pytest
from nicegui import Client, ui

from infra.monitoring.workbook import serialized
from infra.panels import DEFAULT_HOURS, PANELS, RANGE_HOURS
from local.console import panels as asked
from local.console.pages import panels

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
# What a panel's KQL ends in: the columns that the workbook shows.
COLUMNS = {
    panel.key: tuple(
        [line for line in panel.kql.splitlines() if line.startswith("| project ")][-1]
        .removeprefix("| project ")
        .split(", ")
    )
    for panel in PANELS
}
WORDS = ("TableName", "HeldBy", "PipelineName", "RunId", "Status", "ErrorMessage", "Watermark", "Fresh")


@pytest.fixture
def drawn():
    """Everything that the page draws of an answer to each panel that has the KQL's columns."""
    with Client(ui.page("/panels"), request=None) as client:
        for panel in PANELS:
            columns = COLUMNS[panel.key]
            values = tuple(c for c in columns if c not in (*WORDS, "TimeGenerated", "Start"))
            kept = columns if panel.chart == "table" else ("TimeGenerated", "TableName", *values)
            row = tuple(NOW if c in ("TimeGenerated", "Start") else "x" if c in WORDS else 7 for c in kept)
            panels.draw(panel, asked.Answer(columns, values, [row]))
        yield list(client.elements.values())


def workbook() -> list[dict]:
    return json.loads(serialized("dev", "/workspace"))["items"]


def test_the_titles_are_the_workbook_s_in_its_order(drawn):
    ours = [e.text for e in drawn if isinstance(e, ui.label) and "role" in e.props]
    assert ours == [item["content"]["title"] for item in workbook() if item["type"] == 3]


def test_tables_have_the_workbook_s_columns_and_charts_its_measures(drawn):
    tables = [e.content for e in drawn if isinstance(e, ui.html)]
    wanted = [COLUMNS[p.key] for p in PANELS if p.chart == "table"]
    assert [all(f">{c}</th>" in text for c in columns) for text, columns in zip(tables, wanted, strict=True)] == [
        True, True,
    ]  # fmt: skip
    offered = [tuple(e.options) for e in drawn if isinstance(e, ui.toggle)]
    assert offered == [
        ("RowsRead", "Quarantined", "Inserted", "Updated", "Deleted"), ("LoadSeconds", "MergeSeconds"),
    ]  # fmt: skip
    charts = [(e.props["aria-label"], e.options["series"][0]["type"], e.options["yAxis"]["name"])
              for e in drawn if isinstance(e, ui.echart)]  # fmt: skip
    assert charts == [
        ("Watermark held back: HeldSeconds", "line", "s"), ("Rows and quarantine: RowsRead", "bar", "rows"),
        ("Durations: LoadSeconds", "line", "s"),
    ]  # fmt: skip


def test_the_ranges_are_the_workbook_s():
    (parameter,) = next(i["content"]["parameters"] for i in workbook() if i["type"] == 9)
    hours = [choice["durationMs"] / 3_600_000 for choice in parameter["typeSettings"]["selectableValues"]]
    assert (hours, parameter["value"]["durationMs"]) == (list(RANGE_HOURS), DEFAULT_HOURS * 3_600_000)
