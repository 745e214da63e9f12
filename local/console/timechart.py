"""Numbers along time: one line or stack of bars a series."""

from collections.abc import Iterable
from datetime import datetime

from nicegui import ui

from local.console import words

Point = tuple[datetime, str, float | int | None]

# The reader's own time, and UTC below it, as everywhere.
_TOOLTIP = """all => {
  const utc = new Date(all[0].axisValue).toISOString().slice(0, 19).replace('T', ' ') + ' UTC';
  const rows = all.filter(p => p.value[1] !== null && p.value[1] !== 0)
    .map(p => p.marker + p.seriesName + ': <b>' + p.value[1].toLocaleString() + ' UNIT</b>');
  return [all[0].axisValueLabel, '<small>' + utc + '</small>', ...rows].join('<br>');
}"""


def options(points: Iterable[Point], *, kind: str, unit: str) -> dict:
    """The chart's options for the drawing library.

    Args:
        points: (when, series, value); bars stand on each other, and where one has no value it counts as none.
        kind: `line` or `bar`.
        unit: what the values are, as `rows`.
    """
    series: dict[str, dict[float, float | int | None]] = {}
    for at, name, value in points:
        series.setdefault(name, {})[at.timestamp() * 1000] = None if value is None else _plain(value)
    times = sorted({at for values in series.values() for at in values})
    drawn = []
    for name, values in series.items():
        if kind == "bar":  # what is stacked must have the same places
            data = [[at, values.get(at) or 0] for at in times]
            drawn.append({"type": "bar", "name": name, "data": data, "stack": "all", "barMaxWidth": 18})
        else:
            data = [[at, values[at]] for at in sorted(values)]
            drawn.append(
                {
                    "type": "line",
                    "name": name,
                    "data": data,
                    "showSymbol": len(data) < 40,
                    "connectNulls": True,
                }
            )
    return {
        "animation": False, "color": list(words.SERIES), "textStyle": {"color": words.DRAWN},
        "tooltip": {"trigger": "axis", "confine": True, ":formatter": _TOOLTIP.replace("UNIT", unit)},
        "legend": {"show": len(drawn) > 1, "type": "scroll", "top": 0, "textStyle": {"color": words.DRAWN}},
        "grid": {"left": 8, "right": 16, "top": 34, "bottom": 8, "containLabel": True},
        "xAxis": {"type": "time", "axisLabel": {"hideOverlap": True, "color": words.DRAWN}},
        "yAxis": {"type": "value", "name": unit, "axisLabel": {"color": words.DRAWN},
                  "splitLine": {"lineStyle": {"color": "#8884"}}},
        "series": drawn,
    }  # fmt: skip


def _plain(value: object) -> float | int:
    return value if isinstance(value, int) else float(value)


def chart(points: Iterable[Point], *, kind: str, unit: str, label: str) -> ui.echart:
    """The chart, as wide as the page."""
    made = ui.echart(options(points, kind=kind, unit=unit)).classes("w-full").style("height: 260px")
    return made.props(f'role="img" aria-label="{label}"')
