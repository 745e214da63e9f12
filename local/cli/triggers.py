"""Commands on triggers: ensure, stop and start, on the laptop and on Azure."""

from dataclasses import asdict

import typer
from rich.table import Table

from local.cli.app import Json, app, console, print_json
from local.errors import HighwaterError
from local.state import STACK

triggers_app = typer.Typer(help="The runtime state of the declared triggers.", no_args_is_help=True)
app.add_typer(triggers_app, name="triggers")

_Stack = typer.Option(STACK, help="local, dev, staging, prod or pr-N")
_Name = typer.Argument(None, help="One trigger; all by default.")
_Subscription = typer.Option(
    None, envvar="ARM_SUBSCRIPTION_ID", help="The subscription of a stack on Azure, by its id."
)


@triggers_app.command()
def ensure(
    name: str = _Name, stack: str = _Stack, subscription: str = _Subscription, as_json: bool = Json
) -> None:
    """Bring each trigger to its declared state. Run it after every deployment, failed or not."""
    _bring(stack, subscription, name, None, as_json)


@triggers_app.command()
def stop(
    name: str = _Name, stack: str = _Stack, subscription: str = _Subscription, as_json: bool = Json
) -> None:
    """Stop triggers: before one of them is removed, or to pause the stack."""
    _bring(stack, subscription, name, "Stopped", as_json)


@triggers_app.command()
def start(
    name: str = _Name, stack: str = _Stack, subscription: str = _Subscription, as_json: bool = Json
) -> None:
    """Start triggers, whatever their declared state; the next `ensure` goes by the declaration again."""
    _bring(stack, subscription, name, "Started", as_json)


def _bring(stack: str, subscription: str | None, name: str | None, wanted: str | None, as_json: bool) -> None:
    from local import triggers

    outcomes = triggers.bring(triggers.declared(stack, subscription, name), wanted)
    if as_json:
        print_json([asdict(outcome) for outcome in outcomes])
    else:
        shown = Table("trigger", "was", "is", box=None)
        for outcome in outcomes:
            shown.add_row(outcome.name, outcome.before or "not deployed", outcome.now or "not deployed")
        console.print(shown)
    failed = [outcome for outcome in outcomes if outcome.error]
    if failed:
        raise HighwaterError(
            f"Not every trigger of stack {stack} is in its state",
            "\n".join(outcome.error for outcome in failed),
            f"Mend the cause, then run `highwater triggers ensure --stack {stack}`.",
        )
