"""The application that every module of commands adds to, and the console that they print on."""

import json
import sys

import typer
from rich.console import Console

from local.errors import HighwaterError

app = typer.Typer(
    name="highwater",
    help="An incremental data platform on Azure, whole on a laptop.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
# A pipe has no width: tables are as wide as they need there, up to this.
console = Console(width=None if sys.stdout.isatty() else 160)

Json = typer.Option(False, "--json", help="Print JSON, for a program to read.")


def print_json(value: object) -> None:
    """One JSON document on standard output, dates and decimals as text."""
    typer.echo(json.dumps(value, default=str, ensure_ascii=False))


def named(parameters: list[str]) -> dict[str, str]:
    """What --param gave, by name. Raises HighwaterError for one that is not name=value."""
    given = {}
    for text in parameters:
        name, sign, value = text.partition("=")
        if not sign:
            raise HighwaterError("A parameter can't be read", text, "Write it as --param name=value.")
        given[name] = value
    return given
