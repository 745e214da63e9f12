"""The report's visuals as the console draws them: cards, tables and charts from the rows that answer each."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from nicegui import ui

from local.console import heat, parts, words
from local.console.formats import formatted
from local.report import Answer, Visual

LINES = ("lineChart", "areaChart")
BARS = ("barChart", "clusteredBarChart")
COLUMNS = (
    "columnChart",
    "clusteredColumnChart",
    "hundredPercentStackedColumnChart",
    "lineStackedColumnComboChart",
)
STACKED = ("barChart", "columnChart", "hundredPercentStackedColumnChart", "lineStackedColumnComboChart")
DONUT = "donutChart"
CHARTS = (*LINES, *BARS, *COLUMNS, DONUT)
MOST_ROWS = 500
BLANK = "(Blank)"


def _number(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else value


def _text(value: object, pattern: str) -> str:
    return BLANK if value is None else formatted(value, pattern)


def series(answer: Answer) -> tuple[list[str], list[tuple[str, list]]]:
    """A chart's categories, and its series: (name, a value a category; None where there is no row).

    The first group is the category; a second one makes a series of each of its values; so does each measure.
    """
    groups = [i for i, c in enumerate(answer.columns) if not c.is_measure]
    measures = [i for i, c in enumerate(answer.columns) if c.is_measure]
    category = groups[0]
    labels = list(dict.fromkeys(_text(row[category], answer.columns[category].format) for row in answer.rows))
    place = {label: i for i, label in enumerate(labels)}
    found: dict[str, list] = {}
    for row in answer.rows:
        at = place[_text(row[category], answer.columns[category].format)]
        split = [_text(row[g], answer.columns[g].format) for g in groups[1:]]
        for m in measures:
            name = " ".join([*split, *([answer.columns[m].name] if len(measures) > 1 or not split else [])])
            found.setdefault(name, [None] * len(labels))[at] = _number(row[m])
    return labels, list(found.items())


def options(kind: str, answer: Answer) -> dict:
    """The chart's options for the drawing library."""
    labels, made = series(answer)
    base = {
        "animation": False, "color": list(words.SERIES), "textStyle": {"color": words.DRAWN},
        "tooltip": {"trigger": "item" if kind == DONUT else "axis", "confine": True},
    }  # fmt: skip
    if kind == DONUT:
        data = [{"name": n, "value": v} for n, v in zip(labels, made[0][1], strict=True)] if made else []
        label = {"color": words.DRAWN}
        return base | {"series": [{"type": "pie", "radius": ["45%", "72%"], "data": data, "label": label}]}
    category = {"type": "category", "data": labels, "axisLabel": {"hideOverlap": True, "color": words.DRAWN}}
    value = {
        "type": "value",
        "axisLabel": {"color": words.DRAWN},
        "splitLine": {"lineStyle": {"color": "#8884"}},
        "scale": kind in LINES,
    }
    across = kind in BARS
    drawn = [
        {"type": "line" if kind in LINES else "bar", "name": name, "data": data, "showSymbol": False,
         **({"stack": "all"} if kind in STACKED and len(made) > 1 else {}),
         **({"areaStyle": {}} if kind == "areaChart" else {})}
        for name, data in made
    ]  # fmt: skip
    return base | {
        "legend": {"show": len(made) > 1, "type": "scroll", "top": 0, "textStyle": {"color": words.DRAWN}},
        "grid": {
            "left": 8,
            "right": 12,
            "top": 34 if len(made) > 1 else 12,
            "bottom": 8,
            "containLabel": True,
        },
        "xAxis": value if across else category,
        "yAxis": {**category, "inverse": True} if across else value,
        "series": drawn,
    }


def _card(answer: Answer) -> None:
    row = answer.rows[0] if answer.rows else [None] * len(answer.columns)
    with ui.element("div").classes("row w-full gap-6"):
        for column, value in zip(answer.columns, row, strict=True):
            with ui.element("div"):
                ui.label(formatted(value, column.format) or BLANK).classes("text-xl font-medium")
                ui.label(column.name).classes("hw-quiet text-sm")


def _when(value: object) -> str | None:
    return parts.moment_html(value.isoformat(sep=" ")) if isinstance(value, datetime) else None


def _table(answer: Answer, title: str) -> None:
    numbers = [
        i for i, c in enumerate(answer.columns)
        if any(isinstance(row[i], int | float | Decimal) and not isinstance(row[i], bool) for row in answer.rows)
    ]  # fmt: skip
    rows = [
        [_when(v) or parts.cell(formatted(v, c.format)) for v, c in zip(row, answer.columns, strict=True)]
        for row in answer.rows[:MOST_ROWS]
    ]
    parts.grid([c.name for c in answer.columns], rows, caption=title, numbers=numbers)
    if len(answer.rows) > MOST_ROWS:
        ui.label(f"The first {MOST_ROWS:,} of {len(answer.rows):,} rows.").classes("hw-quiet")


def _label(visual: Visual) -> str:
    return (visual.alt_text or visual.title).replace('"', "'")


def draw(visual: Visual, answer: Answer) -> None:
    """The visual; a type that has no drawing of its own is shown as its table."""
    if visual.type == "cardVisual":
        _card(answer)
    elif not answer.rows:
        ui.label("No row fits.").classes("hw-quiet")
    elif visual.type in CHARTS and any(not c.is_measure for c in answer.columns):
        chart = ui.echart(options(visual.type, answer)).classes("w-full grow").style("min-height: 150px")
        chart.props(f'role="img" aria-label="{_label(visual)}"')
    elif visual.type == "pivotTable" and heat.fits(answer):
        heat.draw(answer, _label(visual))
    else:
        _table(answer, visual.title)


def choices(answer: Answer) -> Sequence[object]:
    """The values that a slicer offers."""
    return [row[0] for row in answer.rows if row[0] is not None and not isinstance(row[0], date)]
