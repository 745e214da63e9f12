"""A matrix of the report as a heat map: what stands in its rows and columns, and a colour a value."""

import json

from nicegui import ui

from local.console import words
from local.console.formats import formatted
from local.report import Answer, Shown

# One hue from light to dark: it reads without seeing colours.
RAMP = ("#eaf3fa", "#9ecae1", "#4292c6", "#08519c", "#062a54")


def _text(value: object, column: Shown) -> str:
    return "(Blank)" if value is None else formatted(value, column.format)


def fits(answer: Answer) -> bool:
    """Whether an answer is a matrix of one measure by two groups."""
    return [c.is_measure for c in answer.columns] == [False, False, True] and len(answer.rows) > 0


def options(answer: Answer) -> dict:
    """The chart's options for the drawing library: the row with the highest sum on top, columns in their order."""
    down, across, measure = answer.columns
    sums: dict[object, float] = {}
    for row, _, value in answer.rows:
        sums[row] = sums.get(row, 0.0) + float(value or 0)
    rows = sorted(sums, key=lambda name: -sums[name])
    columns = sorted({column for _, column, _ in answer.rows}, key=lambda c: (c is None, c))
    data = [
        {"value": [columns.index(column), rows.index(row), float(value)],
         "name": f"{_text(row, down)}, {across.name} {_text(column, across)}"}
        for row, column, value in answer.rows if value is not None
    ]  # fmt: skip
    unit = json.dumps(f" {measure.name}")
    text = {"color": words.DRAWN}
    return {
        "animation": False, "textStyle": text,
        "tooltip": {
            "confine": True,
            ":formatter": f"p => p.marker + p.name + ': <b>' + p.value[2].toLocaleString() + '</b>' + {unit}",
        },
        "grid": {"left": 8, "right": 8, "top": 8, "bottom": 46, "containLabel": True},
        "xAxis": {"type": "category", "name": across.name, "nameLocation": "middle", "nameGap": 24,
                  "data": [_text(c, across) for c in columns], "axisLabel": text, "nameTextStyle": text},
        "yAxis": {"type": "category", "inverse": True, "data": [_text(r, down) for r in rows],
                  "axisLabel": {**text, "width": 150, "overflow": "truncate", "interval": 0}},
        "visualMap": {"min": 0, "max": max((d["value"][2] for d in data), default=1), "calculable": False, "show": True,
                      "orient": "horizontal", "left": "right", "bottom": 0, "itemHeight": 90, "itemWidth": 10,
                      "text": [measure.name, "0"], "textStyle": text, "inRange": {"color": list(RAMP)}},
        "series": [{"type": "heatmap", "data": data, "itemStyle": {"borderColor": "#fff3", "borderWidth": 1}}],
    }  # fmt: skip


def draw(answer: Answer, label: str) -> None:
    """The heat map, as tall as its rows at least."""
    rows = len({row[0] for row in answer.rows})
    chart = (
        ui.echart(options(answer)).classes("w-full grow").style(f"min-height: {max(150, 60 + 15 * rows)}px")
    )
    chart.props(f'role="img" aria-label="{label}"')
