"""Commands on the contracts."""

from dataclasses import asdict
from pathlib import Path

import typer
from rich.markup import escape
from rich.table import Table

from local.cli.app import Json, app, console, print_json
from local.errors import HighwaterError

contracts_app = typer.Typer(help="The contracts, one a source table.", no_args_is_help=True)
app.add_typer(contracts_app, name="contracts")


@contracts_app.command()
def check(
    directory: Path | None = typer.Option(None, help="Folder of contracts; the project's own by default."),
    source: bool = typer.Option(False, "--source", help="Hold them against the source: the local stack's."),
    conninfo: str | None = typer.Option(
        None,
        help="Another source, as a libpq connection string with the login that will read. Implies --source.",
    ),
    as_json: bool = Json,
) -> None:
    """Read every contract and refuse what cannot be honoured, naming file, key, rule and the value found."""
    from contracts import load_all

    found = load_all(directory)
    if source or conninfo:
        _check_source(found, conninfo, as_json)
        return
    if as_json:
        print_json([{"table": c.table, "version": c.version, "mode": c.mode} for c in found])
        return
    table = Table("table", "mode", "history", "cursor", "columns", "rules", "served as", "version", box=None)
    for c in found:
        cursor = f"{c.cursor.column} ({c.cursor.kind})" if c.cursor else "whole table"
        served = ", ".join(c.gold.tables)
        table.add_row(
            c.table, c.mode, c.history, cursor, str(len(c.columns)), str(len(c.rules)), served, c.version
        )
    console.print(table)


@contracts_app.command()
def plan(
    directory: Path | None = typer.Option(None, help="Folder of contracts; the project's own by default."),
    conninfo: str | None = typer.Option(
        None, help="Another stack's control database, as a libpq connection string; the local one by default."
    ),
    against: Path | None = typer.Option(
        None,
        help="Compare with the contracts of this folder, such as the main branch's, and not with a stack's.",
    ),
    replace: list[str] = typer.Option(
        [], help="A table whose destructive changes are meant; may be given again."
    ),
    as_json: bool = Json,
) -> None:
    """Compare the deployed contracts with the working ones. Exit status 1 while a destructive change is not meant."""
    from contracts import load_all
    from local.contract_plan import deployed, of_folder, planned, require_meant
    from local.state import State

    there = deployed(State.default(), conninfo) if against is None else of_folder(against)
    found = planned(there, load_all(directory))
    if as_json:
        print_json([{**asdict(c), "destructive": c.destructive} for c in found])
    elif not found:
        console.print("Nothing changes: both have the same contracts.")
    for change in found if not as_json else []:
        mark = "[red]destructive[/]" if change.destructive else "[green]additive[/]   "
        what = f"{change.table} {change.key}: {_shown(change.old)} -> {_shown(change.new)}"
        console.print(
            f"{mark} {escape(what)}{escape(f' ({change.why})' if change.why else '')}", highlight=False
        )
    require_meant(found, replace)


def _shown(value: object) -> str:
    return "nothing" if value is None else str(value)


def _check_source(contracts: tuple, conninfo: str | None, as_json: bool) -> None:
    from local.source_check import check as look
    from local.stack import FACTORY_ROLE, LocalStack

    breaches = look(conninfo or LocalStack.open().conninfo("source", FACTORY_ROLE), contracts)
    if as_json:
        told = [
            {"table": t, "key": b.key, "rule": b.rule, "found": b.found, "next_step": b.next_step}
            for t, found in breaches.items()
            for b in found
        ]
        print_json(told)
    else:
        for table, found in breaches.items():
            mark = "[red]refused[/]" if found else "[green]as the contract says[/]"
            console.print(f"{table}: {mark}", highlight=False)
            for breach in found:
                console.print(f"  {breach}", markup=False, highlight=False)
    refused = [table for table, found in breaches.items() if found]
    if refused:
        raise HighwaterError(
            f"The source can't give what the contracts of {', '.join(refused)} ask for",
            f"{sum(len(found) for found in breaches.values())} breaches",
            "Correct the source or the contract; nothing was changed.",
        )
