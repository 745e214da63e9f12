"""Ledger: the windows of each table along its own values, with gaps and what is unfinished."""

from datetime import datetime
from itertools import pairwise

from nicegui import ui

from local.console import gantt, parts, words
from local.console.ask import Ask

KINDS = {"live": words.BLUE, "reload": words.GREEN, "backfill": words.PURPLE, "quarantine": words.ORANGE}
MOST_BREACHES = 20
ROWS = 100  # of the table; the time line shows more
AFTER = 40  # how many numbers after a window that is asked for are shown
UNFINISHED = words.VERMILLION
HEAD = (
    "Window",
    "Kind",
    "Status",
    "Low",
    "High",
    "Attempt",
    "Rows",
    "Claimed by",
    "Landed",
    "Merged",
    "Merged by",
)


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


def drawn(kind: str, windows: list[dict]) -> tuple[list[str], list[gantt.Bar]]:
    """The time line: a row a kind of window and one for gaps, if there are any, and the bars in them."""
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
    missing = gaps(windows)
    if missing:  # in a row of their own: colour alone would tell too little
        rows.append("gap")
    for before, after in missing:
        ends = (_place(kind, before["high"], least), _place(kind, after["low"], least))
        bars.append(gantt.Bar(len(rows) - 1, *sorted(ends), words.GREY, f"gap {_gap_text(before, after)}"))
    return rows, bars


def _chart(kind: str, windows: list[dict]) -> None:
    axis = "time" if kind == "timestamp" else "value"
    gantt.chart(*drawn(kind, windows), kind=axis, label="Windows of the table along its cursor")


def gaps(windows: list[dict]) -> list[tuple[dict, dict]]:
    """The pairs of live windows that follow each other and do not meet."""
    live = [w for w in windows if w["kind"] == "live"]
    return [(a, b) for a, b in pairwise(live) if a["high"] != b["low"]]


def _gap_text(before: dict, after: dict) -> str:
    return (
        f"between window {before['window_id']} and {after['window_id']}: {before['high']} to {after['low']}"
    )


def _soundness(breaches: list[dict]) -> None:
    """What `ledger check` found."""
    if not breaches:
        ui.label("The ledger is sound: no gap, no overlap, nothing claimed by a dead run.")
    for row in breaches[:MOST_BREACHES]:
        where = f"{row['table_name']} window {row['window_id']}"
        ui.label(f"{row['breach']}: {where}: {row['detail']}").props("role=alert")
    if len(breaches) > MOST_BREACHES:
        ui.label(f"{len(breaches):,} breaches in all; `highwater ledger check` lists them.")


def _table(windows: list[dict], chosen: int | None) -> None:
    def bold(text: str, w: dict) -> str:
        return f"<strong>{text}</strong>" if w["window_id"] == chosen else text

    parts.grid(
        HEAD,
        [
            [
                bold(str(w["window_id"]), w), bold(w["kind"], w), w["status"], parts.cell(w["low"]),
                parts.cell(w["high"]), str(w["attempt"]), words.count(w["rows"]), _run(w["claimed_by"]),
                parts.moment_html(w["landed_at"]), parts.moment_html(w["merged_at"]), _run(w["merged_by"]),
            ]
            for w in reversed(windows[-ROWS:])
        ],
        caption="Newest windows", numbers=(0, 5, 6),
    )  # fmt: skip


def _run(run_id: str | None) -> str:
    return parts.link(run_id[:8], f"/runs/{run_id}") if run_id else ""


def page(ask: Ask, table: str | None, window: str | None = None) -> None:
    """The page for one table, the first when none is named; with `window`, its number, for those up to shortly after
    it."""
    parts.heading(
        "Ledger", "Every window that was read, in the source's own values. Live windows meet without a gap."
    )
    tables = {row["table_name"]: row for row in ask.tables()}
    if not tables:
        parts.empty("The ledger is empty", "Run `highwater up`, then `highwater run ingest`.")
        return
    chosen = table if table in tables else next(iter(tables))
    number = int(window) if window and window.isdecimal() else None
    ui.toggle(
        list(tables), value=chosen, on_change=lambda e: ui.navigate.to(f"/ledger?table={e.value}")
    ).props("no-caps")
    parts.later(ask.breaches, _soundness, "Every window is being checked ...")
    windows = ask.windows(chosen, last=number and number + AFTER)
    if not windows:
        parts.empty(f"No window of {chosen} yet", "Run `highwater run ingest`.")
        return
    for pair in gaps(windows):
        ui.label(f"Gap {_gap_text(*pair)}").props("role=alert")
    _chart(tables[chosen]["cursor_kind"], windows)
    with ui.row().classes("items-center"):
        which = f"up to number {windows[-1]['window_id']:,}" if number else "the newest"
        ui.label(
            f"{len(windows):,} windows, {which}; what is not merged is drawn in another colour."
        ).classes("hw-quiet")
        ui.link("Older", f"/ledger?table={chosen}&window={max(0, windows[0]['window_id'])}")
        if number:
            ui.link("Newest", f"/ledger?table={chosen}")
    _table(windows, number)
