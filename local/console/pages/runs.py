"""Runs: the list, by pipeline and status, a page at a time."""

from urllib.parse import urlencode

from nicegui import ui

from local.console import parts, words
from local.console.ask import RUNS_A_PAGE, Ask

REFRESH_SECONDS = 3.0
HEAD = ("Run", "Pipeline", "Status", "Started", "Took", "By", "Message")


def _address(**query) -> str:
    given = {name: value for name, value in query.items() if value not in (None, "", 1)}
    return "/runs" + (f"?{urlencode(given)}" if given else "")


def _row(row: dict) -> list[str]:
    note = f"re-run of {row['rerun_of'][:8]}" if row["rerun_of"] else ""
    message = words.cause(row["message"])[:240]
    return [
        parts.link(row["run_id"][:8], f"/runs/{row['run_id']}"), parts.cell(row["pipeline"]),
        parts.status_html(row["status"]), parts.moment_html(row["started_at"]), words.duration(row["seconds"]),
        parts.cell(row["trigger"] or "hand"), parts.cell(" ".join(p for p in (note, message) if p)),
    ]  # fmt: skip


def page(ask: Ask, number: int, pipeline: str | None, status: str | None) -> None:
    """The page `number` of the list, counted from 1."""
    parts.heading(
        "Runs", "What was run by hand or by a trigger, newest first. Click a run to see its activities."
    )
    with ui.row().classes("items-center"):
        for label, value, choices, key in (
            ("Pipeline", pipeline, sorted(ask.pipelines()), "pipeline"),
            ("Status", status, list(words.STATUSES), "status"),
        ):
            keep = {"pipeline": pipeline, "status": status}
            ui.select(
                {"": "all", **{c: c for c in choices}}, value=value or "", label=label,
                on_change=lambda e, key=key, keep=keep: ui.navigate.to(_address(**{**keep, key: e.value})),
            ).props("outlined dense").classes("min-w-[150px]")  # fmt: skip
        first = ui.input("Compare run").props("outlined dense").classes("w-40")
        second = ui.input("with").props("outlined dense").classes("w-40")
        ui.button(
            "Compare",
            on_click=lambda: ui.navigate.to(f"/compare?{urlencode({'a': first.value, 'b': second.value})}"),
        ).props("outline")

    @ui.refreshable
    @parts.telling
    def listed() -> None:
        found = ask.runs(number, pipeline, status)
        if not found.total:
            narrowed = pipeline or status
            parts.empty(
                "No run is recorded" + (" that fits" if narrowed else ""),
                "Choose other filters."
                if narrowed
                else "Run `highwater run ingest`, or start one on the page Now.",
            )
            return
        parts.grid(HEAD, [_row(row) for row in found.rows], caption="Runs", numbers=(4,))
        last = -(-found.total // RUNS_A_PAGE)
        with ui.row().classes("items-center"):
            if number > 1:
                ui.link("Newer", _address(page=number - 1, pipeline=pipeline, status=status))
            ui.label(f"page {number:,} of {last:,}, {found.total:,} runs")
            if number < last:
                ui.link("Older", _address(page=number + 1, pipeline=pipeline, status=status))

    listed()
    if number == 1:
        ui.timer(REFRESH_SECONDS, listed.refresh, immediate=False)
