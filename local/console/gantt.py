"""Bars along a time or value axis, one row a thing: the activities of a run, the windows of a ledger."""

from dataclasses import dataclass

from nicegui import ui

from local.console import words

# Drawn by the browser: one rectangle from the start to the end, at least three points wide so that it can be seen and
# hit, at the end of the axis too.
_BAR = """(params, api) => {
  const y = api.value(0), from = api.coord([api.value(1), y]), to = api.coord([api.value(2), y]);
  const high = api.size([0, 1])[1] * 0.62, box = params.coordSys, end = box.x + box.width;
  if (to[0] < box.x || from[0] > end) return;
  const right = Math.min(Math.max(to[0], from[0] + 3), end), x = Math.max(Math.min(from[0], right - 3), box.x);
  return {type: 'rect', shape: {x: x, y: from[1] - high / 2, width: right - x, height: high, r: 2},
          style: {fill: api.visual('color'), opacity: 0.92}};
}"""


@dataclass(frozen=True)
class Bar:
    """One bar: its row (0 is on top), where it starts and ends on the axis, its colour, and the text on hover."""

    row: int
    start: float
    end: float
    colour: str
    text: str


def options(rows: list[str], bars: list[Bar], kind: str) -> dict:
    """The chart. `kind`: `time` (milliseconds since 1970) or `value`."""
    # ECharts cuts a time axis' end to whole milliseconds, and a bar that starts after it would not be drawn.
    at = round if kind == "time" else float
    data = [
        {"value": [b.row, at(b.start), at(b.end)], "name": b.text, "itemStyle": {"color": b.colour}}
        for b in bars
    ]
    line = {"lineStyle": {"color": "#8884"}}
    return {
        "animation": False,
        "textStyle": {"color": words.DRAWN},
        "tooltip": {":formatter": "p => p.name", "confine": True},
        "grid": {"left": 8, "right": 16, "top": 8, "bottom": 40, "containLabel": True},
        "xAxis": {"type": kind, "scale": True, "splitLine": line,
                  "axisLabel": {"hideOverlap": True, "color": words.DRAWN}},
        "yAxis": {
            "type": "category", "inverse": True, "data": rows, "axisTick": {"show": False},
            "axisLabel": {"color": words.DRAWN, "width": 190, "overflow": "truncate", "interval": 0},
        },
        "dataZoom": [{"type": "inside", "filterMode": "weakFilter"},
                     {"type": "slider", "height": 14, "bottom": 6, "filterMode": "weakFilter"}],
        "series": [{
            "type": "custom", ":renderItem": _BAR, "data": data, "clip": True,
            "encode": {"x": [1, 2], "y": 0},
        }],
    }  # fmt: skip


def chart(rows: list[str], bars: list[Bar], *, kind: str, label: str, on_click=None) -> ui.echart:
    """The chart as tall as its rows; `on_click` gets the index of a bar."""
    handler = None if on_click is None else lambda event: on_click(event.data_index)
    made = ui.echart(options(rows, bars, kind), on_point_click=handler)
    return (
        made.classes("w-full")
        .style(f"height: {70 + 24 * max(1, len(rows))}px")
        .props(f'role="img" aria-label="{label}"')
    )
