"""The command `teardown`: removes a stack and proves that nothing of it is left."""

from contextlib import nullcontext
from dataclasses import asdict

import typer

from local.cli.app import Json, app, console, print_json
from local.errors import HighwaterError
from local.state import STACK, State


@app.command()
def teardown(
    stack: str = typer.Option(..., help="local, dev, staging, prod or pr-N"),
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask."),
    yes_destroy: str = typer.Option(
        None, help="The name of a protected stack (staging, prod), to destroy it."
    ),
    subscription: str = typer.Option(
        None, envvar="ARM_SUBSCRIPTION_ID", help="The subscription of a stack on Azure, by its id."
    ),
    metastore_host: str = typer.Option(
        None,
        envvar="HIGHWATER_METASTORE_HOST",
        help="Host of a Databricks workspace that stays, to ask it for Unity Catalog objects that are left.",
    ),
    break_lock: bool = typer.Option(False, help="Release the lock of a deployment that was killed."),
    as_json: bool = Json,
) -> None:
    """Stop the triggers, destroy a stack, remove it, and prove that nothing is left. May be run twice."""
    from local import teardown_azure

    if stack != STACK:
        teardown_azure.refuse_protected(stack, yes_destroy)
    if not (yes or yes_destroy == stack) and not typer.confirm(f"Remove stack {stack} and all its data?"):
        raise HighwaterError("Nothing was removed", "it was not confirmed", "Answer y, or pass --yes.")
    with console.status(f"teardown of {stack}", spinner="dots") if not as_json else nullcontext():
        result = (
            _local(as_json)
            if stack == STACK
            else _azure(stack, subscription, metastore_host, break_lock, yes_destroy == stack, as_json)
        )
    _tell(result, as_json)


def _local(as_json: bool):
    from local.azure.progress import RichProgress
    from local.engine import Engine
    from local.teardown import teardown as run

    return run(Engine(State.default()), None if as_json else RichProgress(console))


def _azure(
    stack: str, subscription: str | None, host: str | None, break_lock: bool, unprotect: bool, as_json: bool
):
    from infra import rest
    from local.teardown_azure import AzureTeardown

    if not subscription:
        raise HighwaterError(
            f"Stack {stack} is on Azure, and its subscription is not known",
            "neither --subscription nor ARM_SUBSCRIPTION_ID is given",
            "Pass --subscription ID (`az account show --query id`).",
        )
    metastore = rest.databricks(host) if host else None
    tell = (
        (lambda line: None) if as_json else (lambda line: console.print(line, markup=False, highlight=False))
    )
    work = AzureTeardown(stack, subscription, rest.management(), metastore, tell=tell)
    return work.run(break_lock, unprotect)


def _tell(result, as_json: bool) -> None:
    if as_json:
        print_json(asdict(result))
    else:
        console.print(f"  {result.deleted} resources deleted in {result.seconds:.1f} s", highlight=False)
    if result.left or result.unproved:
        raise HighwaterError(
            f"Something of stack {result.stack} is left"
            if result.left
            else "It is not proved that nothing is left",
            "\n".join((*result.left, *result.unproved)),
            "Mend what keeps it and run the teardown again; it may be run at any time.",
        )
    if not as_json:
        console.print(f"Nothing of stack {result.stack} is left.", highlight=False)
