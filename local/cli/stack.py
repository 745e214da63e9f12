"""Commands on the stack: up, preview and destroy."""

from contextlib import nullcontext

import typer

from local.cli.app import Json, app, console, print_json
from local.errors import HighwaterError
from local.state import State


def _operate(name: str, as_json: bool):
    """Run an operation of the engine with live progress, and print its summary."""
    from dataclasses import asdict

    from local import engine
    from local.azure.progress import RichProgress

    progress = RichProgress(console, planning=name == "preview")
    with console.status(f"{name}: the engine is at work", spinner="dots") if not as_json else nullcontext():
        summary = getattr(engine, name)(State.default(), None if as_json else progress)
    if as_json:
        print_json(asdict(summary))
    else:
        progress.summary(summary)
    return summary


@app.command()
def up(
    replace: list[str] = typer.Option(
        [], help="A table whose contract may change destructively (see `contracts plan`); may be given again."
    ),
    as_json: bool = Json,
) -> None:
    """Build or update the local stack with the real Pulumi engine, and start its Spark server in the background."""
    from contracts import load_all
    from local.contract_plan import deployed, planned, require_meant
    from local.factory import warm_up
    from local.stack import LocalStack

    require_meant(planned(deployed(State.default()), load_all()), replace)
    _operate("up", as_json)
    warm_up(LocalStack.open(State.default()))


@app.command()
def preview(as_json: bool = Json) -> None:
    """Show what `up` would change, property by property, and change nothing."""
    _operate("preview", as_json)


@app.command()
def destroy(
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask."),
    as_json: bool = Json,
) -> None:
    """Remove the local stack: no file, no process and no stack is left."""
    state = State.default()
    if not yes and not typer.confirm(f"Remove the local stack and all its data in {state.root}?"):
        raise HighwaterError("Nothing was removed", "it was not confirmed", "Answer y, or pass --yes.")
    _operate("destroy", as_json)
