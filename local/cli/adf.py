"""Commands on Data Factory's expressions."""

import sys

import typer

from local.cli.app import app

adf_app = typer.Typer(help="Data Factory's expressions, on their own.", no_args_is_help=True)
app.add_typer(adf_app, name="adf")


@adf_app.command("eval")
def evaluate() -> None:
    """Evaluate expressions: JSON lines in, JSON lines out.

    In: {"expr": "@...", "parameters": {}, "variables": {}, "activities": {}, "item": any, "system": {}};
    out: {"value": ...} or {"error": "..."}.
    """
    from local.adf.evalcli import eval_lines

    eval_lines(sys.stdin, sys.stdout)
