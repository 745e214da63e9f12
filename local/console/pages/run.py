"""One run: its activities on a time line, what went in and came out of each, and what it did to each table."""

from nicegui import ui

from local.adf.history import RunNode
from local.console import gantt, parts, words
from local.console.act import Act
from local.console.activities import Line, lines, milliseconds
from local.console.ask import Ask

REFRESH_SECONDS = 1.5
MOST_BARS = 300
TABLE = (
    "Table",
    "Status",
    "Windows",
    "Read",
    "Inserted",
    "Updated",
    "Deleted",
    "Quarantined",
    "Load",
    "Merge",
    "Error",
)


def _bars(shown: list[Line]) -> list[gantt.Bar]:
    made = []
    for i, line in enumerate(shown):
        a = line.activity
        start = milliseconds(a.start)
        end = milliseconds(a.end) if a.end else start + a.seconds * 1000
        rows = f", {a.rows:,} rows" if a.rows is not None else ""
        text = f"{parts.cell(line.path)}<br>{a.status}, {words.duration(a.seconds)}{rows}"
        made.append(gantt.Bar(i, start, end, words.status(a.status)[0], text))
    return made


def row_name(line: Line) -> str:
    """An activity's name beside its bar, with its status unless it succeeded: colour alone would tell too little."""
    status = line.activity.status
    return (
        "\u00a0\u00a0" * line.depth + line.activity.name + ("" if status == "Succeeded" else f" ({status})")
    )


def _detail(line: Line, place: ui.element) -> None:
    """Show one activity, in a place that outlives the next look at a run under way."""
    a = line.activity
    with place, ui.dialog() as dialog, ui.card().classes("w-full max-w-4xl"):
        with ui.row().classes("items-center w-full"):
            ui.label(a.name).classes("text-lg font-medium").props("role=heading aria-level=2")
            parts.status(a.status)
        with parts.facts():
            parts.fact("Type", a.type)
            parts.fact("Where", line.path)
            parts.fact("Began", lambda: parts.moment(a.start))
            parts.fact("Took", words.duration(a.seconds))
            parts.fact("Attempts", str(a.attempt))
            if a.rows is not None:
                parts.fact("Rows", words.count(a.rows))
            if a.item is not None:
                parts.fact("Item", str(a.item))
        if a.error:
            ui.label(str(a.error.get("message"))).classes("whitespace-pre-wrap break-words").props(
                "role=alert"
            )
        for warning in a.warnings:
            ui.label(f"Warning: {warning}")
        parts.document("Input", a.input)
        parts.document("Output", a.output)
        parts.document("Error", a.error)
        ui.button("Close", on_click=dialog.close).props("flat")
    dialog.open()


def _summary(node: RunNode, act: Act) -> None:
    run = node.run
    with ui.row().classes("items-center w-full"):
        parts.status(run.status)
        parts.moment(run.start)
        ui.label(words.duration(run.seconds) if run.end else "under way")
        by = (run.trigger or {}).get("TriggerName")
        ui.label(f"by trigger {by}" if by else "by hand").classes("hw-quiet")
        if run.rerun_of:
            ui.link(f"re-run of {run.rerun_of[:8]}", f"/runs/{run.rerun_of}")
        ui.link("compare with another run", f"/compare?a={run.run_id}")
        if run.status in ("Failed", "Cancelled", "Interrupted"):
            ui.button(
                "Run again", icon="replay",
                on_click=lambda: parts.confirm(
                    f"Run {run.pipeline} again?",
                    "From its start, with the same parameters. Windows that are merged are not read again.",
                    "Run again",
                    lambda: (act.rerun(run.run_id), ui.navigate.to("/runs")),
                ),
            ).props("outline dense")  # fmt: skip
    if run.error:
        ui.label(str(run.error.get("message"))).classes("whitespace-pre-wrap break-words").props("role=alert")


def _activities(node: RunNode, place: ui.element, opened: dict[str, bool]) -> None:
    """The activities; `opened` remembers from look to look whether the list is open."""
    found = list(lines(node))
    shown = found[:MOST_BARS]
    if not shown:
        ui.label("No activity has ended yet.").classes("hw-quiet")
        return
    gantt.chart(
        [row_name(line) for line in shown], _bars(shown), kind="time", label="Activities of the run along time",
        on_click=lambda i: _detail(shown[i], place),
    )  # fmt: skip
    if len(found) > MOST_BARS:
        ui.label(
            f"The first {MOST_BARS:,} of {len(found):,} activities. `highwater runs {node.run.run_id[:8]}` has all."
        )
    # The chart can't be reached by keys: the same list as buttons.
    with ui.expansion(
        "Activities as a list", value=opened.get("list", False),
        on_value_change=lambda e: opened.update(list=e.value),
    ).classes("w-full"):  # fmt: skip
        for line in shown:
            a = line.activity
            with ui.row().classes("items-center gap-2").style(f"padding-left: {line.depth * 1.2}rem"):
                parts.status(a.status)
                ui.button(a.name, on_click=lambda line=line: _detail(line, place)).props("flat dense no-caps")
                ui.label(" ".join(p for p in (a.type, words.duration(a.seconds),
                                              f"{a.rows:,} rows" if a.rows is not None else "") if p))  # fmt: skip


def _tables(ask: Ask, run_id: str) -> None:
    rows = ask.run_tables(run_id)
    if not rows:
        return
    parts.section("Tables")
    counts = ("windows", "rows", "inserted", "updated", "deleted")
    parts.grid(
        TABLE,
        [
            [
                parts.cell(r["table_name"]), parts.cell(r["status"]), *(words.count(r[c]) for c in counts),
                parts.link(words.count(r["quarantined"]), f"/quality?table={r['table_name']}") if r["quarantined"] else
                words.count(r["quarantined"]),
                words.duration(r["load_seconds"]), words.duration(r["merge_seconds"]), parts.cell(r["error"]),
            ]
            for r in rows
        ],
        caption="What the run did to each table", numbers=range(2, 10),
    )  # fmt: skip


def page(ask: Ask, act: Act, prefix: str) -> None:
    """The page; it follows a run that is under way."""
    node = ask.run(prefix)
    parts.heading(f"{node.run.pipeline} {node.run.run_id[:8]}")
    place, opened = ui.element("div"), {}

    @ui.refreshable
    @parts.telling
    def shown() -> None:
        now = ask.run(node.run.run_id)
        _summary(now, act)
        parts.document("Parameters", now.run.parameters)
        parts.document("Return value", now.run.return_value)
        _activities(now, place, opened)
        _tables(ask, now.run.run_id)
        if now.run.status in words.DONE:
            timer.deactivate()

    timer = ui.timer(REFRESH_SECONDS, lambda: shown.refresh(), immediate=False)
    shown()
