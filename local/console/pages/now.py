"""Now: is every table fresh, what holds it back, what ran last; triggers and runs by hand."""

from nicegui import run, ui

from local.console import parts, words
from local.console.act import Act
from local.console.ask import Ask
from local.errors import HighwaterError

REFRESH_SECONDS = 5.0


def _fresh(row: dict) -> tuple[str, str, str]:
    """Icon, colour and word of a table's freshness."""
    if row["lag_seconds"] is None:
        return "hourglass_empty", words.GREY, "Never loaded"
    if row["fresh"]:
        return "check_circle", words.BLUE, "Fresh"
    return "error", words.VERMILLION, "Late"


def _table(row: dict) -> None:
    icon, colour, word = _fresh(row)
    with ui.card().props("flat bordered").classes("w-full"):
        with ui.row().classes("items-center w-full no-wrap"):
            ui.icon(icon, color=colour, size="1.5rem").props('aria-hidden="true"')
            ui.label(row["table_name"]).classes("text-lg font-medium").props("role=heading aria-level=2")
            ui.space()
            ui.label(word)
        with parts.facts():
            lag = words.duration(row["lag_seconds"]) or "none yet"
            parts.fact("Lag", f"{lag} of {words.duration(row['freshness_target_seconds'])} allowed")
            timed = row["cursor_kind"] == "timestamp" and row["watermark"]
            parts.fact(
                "Watermark",
                (lambda: parts.moment(row["watermark"])) if timed else (row["watermark"] or "none yet"),
            )
            if row["held_by"]:
                parts.fact("Held back", f"{words.duration(row['held_seconds'])} by {row['held_by']}")
            if row["open_windows"] or row["landed_windows"]:
                parts.fact(
                    "Unfinished", f"{row['open_windows']} open, {row['landed_windows']} landed windows"
                )
            if row["last_run"]:
                parts.fact("Last run", lambda: _last(row))
                parts.fact("Rows read", words.count(row["last_run_rows"]))
        if row["last_run_status"] == "failed":
            ui.label(row["last_error"]).classes("text-sm break-words")


def _last(row: dict) -> None:
    with ui.row().classes("items-center gap-2"):
        ui.link(row["last_run"][:8], f"/runs/{row['last_run']}")
        parts.moment(row["last_run_at"])


def _triggers(ask: Ask, act: Act, refresh) -> None:
    found = ask.triggers()
    if not found:
        parts.empty("No trigger is declared", "`highwater up` makes those of the program.")
        return
    for trigger in found:
        running = trigger["state"] == "Started"
        with ui.row().classes("items-center w-full gap-3"):
            ui.icon("play_circle" if running else "pause_circle", size="1.5rem",
                    color=words.BLUE if running else words.GREY).props('aria-hidden="true"')  # fmt: skip
            ui.label(trigger["name"]).classes("font-medium")
            ui.label(
                f"{trigger['state'].lower()}, {trigger['every']}, runs {', '.join(trigger['pipelines'])}"
            )
            wanted, verb = ("Stopped", "Stop") if running else ("Started", "Start")

            def change(name=trigger["name"], wanted=wanted, verb=verb) -> None:
                parts.confirm(
                    f"{verb} trigger {name}?",
                    "`highwater watch` fires started triggers; `highwater triggers ensure` restores what is declared.",
                    verb,
                    lambda: _set(act, name, wanted, refresh),
                )

            ui.button(verb, on_click=change).props(f'outline dense aria-label="{verb} {trigger["name"]}"')


async def _set(act: Act, name: str, wanted: str, refresh) -> None:
    try:
        state = await run.io_bound(act.trigger, name, wanted)
        ui.notify(f"{name} is {state.lower()}.")
    except HighwaterError as error:
        ui.notify(str(error), type="negative", multi_line=True, timeout=0, close_button="Close")
    refresh()


def _run_form(ask: Ask, act: Act) -> None:
    """A pipeline, its parameters, and a button that asks before it runs."""
    pipelines = ask.pipelines()
    inputs: dict[str, ui.input] = {}

    def show() -> None:
        fields.clear()
        inputs.clear()
        with fields:
            for name, default in pipelines.get(choice.value, {}).items():
                inputs[name] = ui.input(name, value="" if default is None else str(default)).props(
                    "outlined dense"
                )

    def start() -> None:
        given = {name: field.value for name, field in inputs.items() if field.value != ""}
        told = ", ".join(f"{k}={v}" for k, v in given.items()) or "no parameters"
        parts.confirm(
            f"Run {choice.value}?", told, "Run",
            lambda: (act.run(choice.value, given), ui.notify(f"{choice.value} begins."), ui.navigate.to("/runs")),
        )  # fmt: skip

    if not pipelines:
        parts.empty("No pipeline is declared", "Run `highwater up`.")
        return
    with ui.row().classes("items-center"):
        first = "ingest" if "ingest" in pipelines else next(iter(pipelines))
        choice = ui.select(sorted(pipelines), value=first, label="Pipeline", on_change=lambda: show())
        choice.props("outlined dense").classes("min-w-[180px]")
        fields = ui.row()
        ui.button("Run", icon="play_arrow", on_click=start)
    show()


def page(ask: Ask, act: Act) -> None:
    """The page; its tables are looked at again every few seconds."""
    parts.heading("Now", "How fresh each table is, what holds it back, and what ran last.")

    @ui.refreshable
    @parts.telling
    def tables() -> None:
        rows = ask.tables()
        if not rows:
            parts.empty("No table has a contract yet", "Add a file to contracts/ and run `highwater up`.")
            return
        with ui.element("div").classes("hw-grid"):
            for row in rows:
                _table(row)
        for begun in act.started[-3:]:
            if begun.error:
                ui.label(f"{begun.what}: {begun.error}").classes("break-words").props("role=alert")

    @ui.refreshable
    def triggers() -> None:
        _triggers(ask, act, triggers.refresh)

    tables()
    parts.section("Triggers")
    triggers()
    parts.section("Run a pipeline")
    _run_form(ask, act)
    ui.timer(REFRESH_SECONDS, tables.refresh, immediate=False)
