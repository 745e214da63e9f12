"""Ledger: the windows of each table along its own values, with gaps and what is unfinished."""

from datetime import datetime
from itertools import pairwise

from nicegui import ui

from local.console import gantt, parts, words
from local.console.ask import MOST_WINDOWS, Ask

KINDS = {"live": words.BLUE, "reload": words.GREEN, "backfill": words.PURPLE, "quarantine": words.ORANGE,
         "reconcile": words.SKY}  # fmt: skip
MOST_BREACHES = 20
ROWS = 100  # of the table; the time line shows more
AFTER = 40  # how many numbers after a window that is asked for are shown
MOST_NUMBER = 10**15  # no ledger counts so far, and the database can
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


def _row(window: dict) -> str:
    """The row that a window is drawn in: colour alone would tell too little of what is unfinished."""
    return window["kind"] if window["status"] == "merged" else f"{window['kind']}, {window['status']}"


def drawn(kind: str, windows: list[dict]) -> tuple[list[str], list[gantt.Bar]]:
    """The time line and the bars in it: a row a kind of window, one for those of it that are not merged, and one for
    gaps, if there are any."""
    order = list(KINDS)
    rows = sorted({_row(w) for w in windows}, key=lambda row: (order.index(row.partition(",")[0]), row))
    least = _least(kind, windows)
    bars = []
    for w in windows:
        text = (
            f"window {w['window_id']}: {w['status']}<br>{parts.cell(w['low'])} to {parts.cell(w['high'])}"
            f"<br>{words.count(w['rows']) or 'no'} rows, attempt {w['attempt']}"
        )
        colour = KINDS[w["kind"]] if w["status"] == "merged" else UNFINISHED
        ends = (_place(kind, w["low"], least), _place(kind, w["high"], least))
        bars.append(gantt.Bar(rows.index(_row(w)), *ends, colour, text))
    missing = gaps(windows)
    if missing:
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
    number = min(int(window), MOST_NUMBER) if window and window.isdecimal() else None
    ui.toggle(
        list(tables), value=chosen, on_change=lambda e: ui.navigate.to(f"/ledger?table={e.value}")
    ).props("no-caps")
    parts.later(ask.breaches, _soundness, "Every window is being checked ...")
    windows = (number is not None and ask.windows(chosen, last=number + AFTER)) or ask.windows(chosen)
    if not windows:
        parts.empty(f"No window of {chosen} yet", "Run `highwater run ingest`.")
        return
    if number is not None and number not in (w["window_id"] for w in windows):
        ui.label(f"{chosen} has no window {number:,}; these are the nearest.").props("role=status")
    for pair in gaps(windows):
        ui.label(f"Gap {_gap_text(*pair)}").props("role=alert")
    _chart(tables[chosen]["cursor_kind"], windows)
    with ui.row().classes("items-center"):
        asked = number is not None
        which = f"up to number {windows[-1]['window_id']:,}" if asked else "the newest"
        ui.label(f"{len(windows):,} windows, {which}; what is not merged has a row of its own.").classes(
            "hw-quiet"
        )
        if len(windows) == MOST_WINDOWS:  # fewer: the first of all is among them
            ui.link("Older", f"/ledger?table={chosen}&window={windows[0]['window_id']}")
        if asked:
            ui.link("Newest", f"/ledger?table={chosen}")
    _table(windows, number)
