"""The command that fires the declared triggers."""

import time
from contextlib import nullcontext
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import typer

from local.cli.app import Json, app, console, print_json
from local.errors import HighwaterError


@app.command()
def watch(
    seconds: float | None = typer.Option(None, "--for", min=0, help="Stop after so many seconds."),
    as_json: bool = Json,
) -> None:
    """Fire the declared, started triggers until interrupted; with --json, one line a finished run.

    Ctrl-C fires nothing more and waits for the runs under way; a second one cancels them.
    """
    from local.adf.console import RunConsole
    from local.factory import ITEM_KEYS, open_runtime, recording, warm_up
    from local.stack import LocalStack
    from local.watching import Runs, alone, open_watch

    def note(text: str) -> None:
        if not as_json:
            console.print(text, style="yellow", markup=False, highlight=False)

    def ended(one) -> None:
        if as_json:
            print_json(asdict(one))
        elif one.status == "Refused":
            console.print(
                f"{one.trigger}: {one.pipeline} was not started: {one.message}", style="red", markup=False
            )

    stack = LocalStack.open()
    with (
        alone(stack.state.factory),
        recording(stack, None if as_json else console) as recorded,
        nullcontext() if as_json else RunConsole(console, item_keys=ITEM_KEYS) as printer,
    ):
        runs = Runs(lambda: open_runtime(stack, printer, recorded=recorded))
        warm_up(stack)
        watching = open_watch(stack, runs, ended, note)
        if not as_json:
            _announce(watching)
        until = None if seconds is None else datetime.now(UTC) + timedelta(seconds=seconds)
        try:
            watching.watch(until)
        except KeyboardInterrupt:
            watching.stop()
        _finish(watching, runs, note)


def _announce(watching) -> None:
    """What is watched, and what is due next."""
    from local.adf.triggers import ScheduleTrigger

    if not watching.triggers:
        raise HighwaterError("There is nothing to watch", "no trigger is declared", "Run `highwater up`.")
    upcoming = dict(watching.upcoming())
    for name, trigger in watching.triggers.items():
        if not watching.is_started(name):
            line = f"{name}: stopped; `highwater triggers start {name}` starts it"
        elif isinstance(trigger, ScheduleTrigger):
            line = (
                f"{name}: next at {upcoming[name]:%Y-%m-%d %H:%M:%S} UTC"
                if name in upcoming
                else f"{name}: over"
            )
        else:
            size = f"{trigger.interval} {trigger.frequency.lower()}{'s' if trigger.interval > 1 else ''}"
            line = f"{name}: windows of {size} from {trigger.start:%Y-%m-%d %H:%M} UTC"
        console.print(line, highlight=False, markup=False)
    console.print("Watching. Ctrl-C ends it.", style="dim")


def _finish(watching, runs, note) -> None:
    """Wait for the runs under way; an interrupt meanwhile cancels them."""
    if watching.running:
        note(f"{watching.running} runs are under way and waited for; Ctrl-C again cancels them.")
    try:
        while watching.running:
            time.sleep(0.1)
    except KeyboardInterrupt:
        note("The runs are being cancelled; what they began is finished by the next run.")
        runs.cancel()
        watching.join()
