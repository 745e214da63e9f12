"""Commands on the contracts."""

from pathlib import Path

import typer
from rich.table import Table

from local.cli.app import Json, app, console, print_json

contracts_app = typer.Typer(help="The contracts, one a source table.", no_args_is_help=True)
app.add_typer(contracts_app, name="contracts")


@contracts_app.command()
def check(
    directory: Path | None = typer.Option(None, help="Folder of contracts; the project's own by default."),
    as_json: bool = Json,
) -> None:
    """Read every contract and refuse what cannot be honoured, naming file, key, rule and the value found."""
    from contracts import load_all

    found = load_all(directory)
    if as_json:
        print_json([{"table": c.table, "version": c.version, "mode": c.mode} for c in found])
        return
    table = Table("table", "mode", "history", "cursor", "columns", "rules", "served as", "version", box=None)
    for c in found:
        cursor = f"{c.cursor.column} ({c.cursor.kind})" if c.cursor else "whole table"
        served = ", ".join([c.gold.table, *(a.table for a in c.gold.aggregates)])
        table.add_row(
            c.table, c.mode, c.history, cursor, str(len(c.columns)), str(len(c.rules)), served, c.version
        )
    console.print(table)
