"""Ledger: the windows of each table along its own values, with gaps and what is unfinished."""

from datetime import datetime
from itertools import pairwise

from nicegui import ui

from local.console import gantt, parts, words
from local.console.ask import Ask

KINDS = {"live": words.BLUE, "reload": words.GREEN, "backfill": words.PURPLE, "quarantine": words.ORANGE}
UNFINISHED = words.VERMILLION
HEAD = ("Window", "Kind", "Status", "Low", "High", "Attempt", "Rows", "Claimed by", "Landed", "Merged")


def _place(kind: str, text: str, least: float) -> float:
    """A cursor's text on the chart's axis. The first low lies at the beginning of time: it is drawn at `least`."""
    if kind == "integer":
        return max(float(text), least)
    if kind == "snapshot":
        return float(text[:12])
    at = datetime.fromisoformat(text + "+00:00")
    return max(at.timestamp() * 1000 if at.year > 1 else least, least)


def _least(kind: str, windows: list[dict]) -> float:
    """Where the axis begins: at the end of the first window, or a little before."""
    if kind == "snapshot":
        return 0.0
    highs = [_place(kind, w["high"], float("-inf")) for w in windows]
    low, high = min(highs), max(highs)
    return low - max((high - low) * 0.05, 1.0)


def _chart(kind: str, windows: list[dict]) -> None:
    rows = [
        k
        for k in dict.fromkeys([*KINDS, *(w["kind"] for w in windows)])
        if any(w["kind"] == k for w in windows)
    ]
    least = _least(kind, windows)
    bars = []
    for w in windows:
        colour = KINDS.get(w["kind"], words.GREY) if w["status"] == "merged" else UNFINISHED
        text = (
            f"window {w['window_id']}: {w['status']}<br>{parts.cell(w['low'])} to {parts.cell(w['high'])}"
            f"<br>{words.count(w['rows']) or 'no'} rows, attempt {w['attempt']}"
        )
        bars.append(
            gantt.Bar(
                rows.index(w["kind"]),
                _place(kind, w["low"], least),
                _place(kind, w["high"], least),
                colour,
                text,
            )
        )
    axis = "time" if kind == "timestamp" else "value"
    gantt.chart(rows, bars, kind=axis, label="Windows of the table along its cursor")


def _gaps(windows: list[dict]) -> list[str]:
    """Where two live windows that follow each other do not meet."""
    live = [w for w in windows if w["kind"] == "live"]
    return [
        f"between window {a['window_id']} and {b['window_id']}: {a['high']} to {b['low']}"
        for a, b in pairwise(live)
        if a["high"] != b["low"]
    ]


def page(ask: Ask, table: str | None) -> None:
    """The page for one table, the first when none is named."""
    parts.heading(
        "Ledger", "Every window that was read, in the source's own values. Live windows meet without a gap."
    )
    tables = {row["table_name"]: row for row in ask.tables()}
    if not tables:
        parts.empty("The ledger is empty", "Run `highwater up`, then `highwater run ingest`.")
        return
    chosen = table if table in tables else next(iter(tables))
    ui.toggle(
        list(tables), value=chosen, on_change=lambda e: ui.navigate.to(f"/ledger?table={e.value}")
    ).props("no-caps")
    breaches = ask.breaches()
    if breaches:
        for row in breaches:
            ui.label(
                f"{row['breach']}: {row['table_name']} window {row['window_id']}: {row['detail']}"
            ).props("role=alert")
    else:
        ui.label("The ledger is sound: no gap, no overlap, nothing claimed by a dead run.")
    windows = ask.windows(chosen)
    if not windows:
        parts.empty(f"No window of {chosen} yet", "Run `highwater run ingest`.")
        return
    for gap in _gaps(windows):
        ui.label(f"Gap {gap}").props("role=alert")
    _chart(tables[chosen]["cursor_kind"], windows)
    ui.label(f"The newest {len(windows):,} windows; what is not merged is drawn in another colour.").classes(
        "hw-quiet"
    )
    parts.grid(
        HEAD,
        [
            [
                str(w["window_id"]), w["kind"], w["status"], parts.cell(w["low"]), parts.cell(w["high"]),
                str(w["attempt"]), words.count(w["rows"]), parts.cell((w["claimed_by"] or "")[:8]),
                parts.moment_html(w["landed_at"]), parts.moment_html(w["merged_at"]),
            ]
            for w in reversed(windows[-100:])
        ],
        caption="Newest windows", numbers=(0, 5, 6),
    )  # fmt: skip
