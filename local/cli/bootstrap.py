"""The command `bootstrap`: the store of Pulumi's state and the identities of GitHub's runs."""

from pathlib import Path

import typer
from rich.table import Table

from local.cli.app import Json, app, console, print_json
from local.errors import HighwaterError


@app.command()
def bootstrap(
    repository: str = typer.Option(..., help="owner/name on GitHub."),
    dev: str = typer.Option(..., help="Subscription id of dev."),
    staging: str = typer.Option(..., help="Subscription id of staging."),
    prod: str = typer.Option(..., help="Subscription id of prod."),
    sandbox: str = typer.Option(
        ..., help="Subscription id of the stacks of pull requests; nothing else is in it."
    ),
    state: str = typer.Option(None, help="Subscription id of the state; prod's by default."),
    operators: str = typer.Option(..., help="Object id of the group whose members deploy by hand."),
    tenant: str = typer.Option(None, envvar="ARM_TENANT_ID", help="The Entra tenant, by its id."),
    out: Path = typer.Option(None, help="Write what would be put, as JSON lines, and put nothing."),
    as_json: bool = Json,
) -> None:
    """Make, or complete, what has to be there before the first `pulumi up`. May be run twice."""
    from infra import rest
    from infra.bootstrap import Estate
    from infra.settings import from_config, stack_file
    from local.bootstrap import Builder, write

    if not tenant:
        raise HighwaterError(
            "The tenant is not known",
            "neither --tenant nor ARM_TENANT_ID is given",
            "Pass --tenant ID (`az account show --query tenantId`).",
        )
    settings = from_config("prod", stack_file("prod"))
    estate = Estate(
        settings.organisation,
        settings.location,
        repository,
        {"dev": dev, "staging": staging, "prod": prod, "ephemeral": sandbox},
        state or prod,
        operators,
        tenant,
        {**settings.tags, "environment": "state", "managed-by": "highwater bootstrap"},
    )
    if out is not None:
        console.print(f"{write(estate, out)} resources in {out}; nothing was put", highlight=False)
        return
    tell = (lambda line: None) if as_json else (lambda line: console.print(f"  {line}", highlight=False))
    variables = Builder(estate, rest.management(), tell).run()
    if as_json:
        print_json(variables)
        return
    shown = Table("variable on GitHub", "value", box=None)
    for name, value in variables.items():
        shown.add_row(name, value)
    console.print("Set these; a name with / is an environment's variable.", shown)
