"""Panels: what the Azure workbook of a stack shows, drawn from this one's control database."""

import re
from datetime import datetime

import psycopg
from nicegui import ui

from infra.panels import DEFAULT_HOURS, PANELS, RANGE_HOURS, Panel
from local.console import panels, parts, timechart, words
from local.console.ask import Ask

_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:")  # a watermark is a time, a number or a snapshot's name


def _range(hours: int) -> str:
    return f"{hours} h" if hours < 72 else f"{hours // 24} d"


def _cell(name: str, value: object) -> str:
    """A value of a table: a link where there is a page, seconds as a duration, and times in the reader's zone."""
    if isinstance(value, datetime) or (name == "Watermark" and _TIME.match(value or "")):
        return parts.moment_html(value)
    if name == "RunId":
        return parts.link(str(value)[:8], f"/runs/{value}")
    if name == "TableName":
        return parts.link(str(value), f"/ledger?table={value}")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is not None and (name.endswith("Seconds") or name == "LagNow"):
        return words.duration(value)
    return words.count(value) if isinstance(value, int) else parts.cell(value)


def _table(panel: Panel, answer: panels.Answer) -> None:
    numbers = [i for i, name in enumerate(answer.columns) if name in answer.values]
    rows = [[_cell(n, v) for n, v in zip(answer.columns, row, strict=True)] for row in answer.rows]
    parts.grid(answer.columns, rows, caption=panel.title, numbers=numbers)
    if len(rows) == panels.MOST_ROWS:
        ui.label(f"The newest {panels.MOST_ROWS:,} rows.").classes("hw-quiet")


def _chart(panel: Panel, answer: panels.Answer) -> None:
    kind = "bar" if panel.chart == "barchart" else "line"

    def show(value: str) -> None:
        at = 2 + answer.values.index(value)
        place.clear()
        with place:
            points = [(row[0], row[1], row[at]) for row in answer.rows]
            timechart.chart(points, kind=kind, unit=panel.unit, label=f"{panel.title}: {value}")

    if len(answer.values) > 1:
        ui.toggle(
            list(answer.values), value=answer.values[0], on_change=lambda e: show(e.value)
        ).props("no-caps dense")  # fmt: skip
    place = ui.element("div").classes("w-full")
    show(answer.values[0])


def draw(panel: Panel, answer: panels.Answer) -> None:
    """One panel, with its title, its note and what it shows."""
    parts.section(panel.title)
    ui.label(panel.note).classes("hw-quiet")
    if not answer.rows:
        ui.label("Nothing in this time range.").classes("hw-quiet")
    elif panel.chart == "table":
        _table(panel, answer)
    else:
        _chart(panel, answer)


def _answers(ask: Ask, hours: int) -> list[panels.Answer]:
    with psycopg.connect(ask.control, autocommit=True) as connection:
        return [panels.answer(connection, panel, hours) for panel in PANELS]


def _all(answers: list[panels.Answer]) -> None:
    if not any(a.rows for a in answers):
        parts.empty("Nothing in this time range", "Choose a longer one, or run `highwater run ingest`.")
    for panel, answer in zip(PANELS, answers, strict=True):
        draw(panel, answer)


def page(ask: Ask, given: str) -> None:
    """The page for the last `given` hours; the workbook's own range when it is none that the workbook offers."""
    hours = int(given) if given in map(str, RANGE_HOURS) else DEFAULT_HOURS
    parts.heading(
        "Panels", "The panels of the workbook that every stack on Azure has, of this stack's own runs."
    )
    with ui.row():
        ui.toggle(
            {h: _range(h) for h in RANGE_HOURS}, value=hours,
            on_change=lambda e: ui.navigate.to(f"/panels?hours={e.value}"),
        ).props("no-caps")  # fmt: skip
    parts.later(lambda: _answers(ask, hours), _all)
