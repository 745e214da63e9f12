"""The command `bootstrap-secret`: what only a person knows, put where the stack's settings name it."""

import os
import sys

import typer

from local.cli.app import Json, app, console, print_json
from local.errors import HighwaterError

VARIABLE = "HIGHWATER_SECRET"


def _value() -> str:
    """The secret: from the environment, from what is piped in, or typed unseen. Never from the command line."""
    if VARIABLE in os.environ:
        return os.environ[VARIABLE]
    if not sys.stdin.isatty():
        return sys.stdin.read().rstrip("\r\n")
    return typer.prompt("The secret", hide_input=True, confirmation_prompt=True, err=True)


@app.command("bootstrap-secret")
def bootstrap_secret(
    stack: str = typer.Option(..., help="dev, staging, prod or pr-N"),
    subscription: str = typer.Option(
        None, envvar="ARM_SUBSCRIPTION_ID", help="The stack's subscription, by its id."
    ),
    replace: bool = typer.Option(False, help="Put another value in the place of one that is there."),
    as_json: bool = Json,
) -> None:
    """Put an external source's password into the stack's Key Vault. May be run twice: what is there stays.

    The value is read from the variable HIGHWATER_SECRET, from standard input, or typed unseen.
    """
    from infra import rest
    from infra.settings import from_config
    from local.bootstrap_secret import put
    from local.declare import stack_config

    if not subscription:
        raise HighwaterError(
            "The subscription is not known",
            "neither --subscription nor ARM_SUBSCRIPTION_ID is given",
            "Pass --subscription ID.",
        )
    settings = from_config(stack, stack_config(stack))
    outcome = put(settings, subscription, rest.management(), _value, replace)
    if as_json:
        print_json({"vault": outcome.vault, "secret": outcome.name, "put": outcome.put})
    elif outcome.put:
        console.print(f"{outcome.name} is in {outcome.vault}", highlight=False)
    else:
        console.print(
            f"{outcome.name} was in {outcome.vault} and stays; --replace puts another value", highlight=False
        )
