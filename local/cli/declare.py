"""The command `declare`: what a stack declares, and whether it fits together and keeps to the policies."""

from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer
from rich.table import Table

from local.cli.app import Json, app, console, print_json
from local.errors import HighwaterError


def _shown(title: str, findings: list[Any]) -> Table:
    table = Table("rule", "resource", "what is wrong", title=title, title_justify="left", show_lines=False)
    for found in findings:
        kind, _, name = found.urn.rpartition("::")
        table.add_row(found.rule, f"{name} ({kind.rpartition(':')[2]})", found.message)
    return table


def _report(stack: str, count: int, out: Path | None, found: dict[str, list[Any]]) -> None:
    where = f" in {out}" if out else ""
    console.print(f"{count} resources of stack [bold]{stack}[/]{where}", highlight=False)
    for title, findings in found.items():
        if findings:
            console.print(_shown(f"{title}: {len(findings)} to mend", findings), highlight=False)
        else:
            console.print(f"{title}: nothing to mend", highlight=False)


@app.command()
def declare(
    stack: str = typer.Option(..., help="local, dev, staging, prod or pr-N"),
    out: Path = typer.Option(
        None, help="File to write: one JSON object a line {urn, type, inputs, options}."
    ),
    check: bool = typer.Option(False, "--check", help="Check that every reference, role and parameter fits."),
    policy: bool = typer.Option(False, "--policy", help="Check it against the rules of the policy pack."),
    snapshot: bool = typer.Option(False, "--snapshot", help="Write the stack's snapshot in tests/golden."),
    as_json: bool = Json,
) -> None:
    """Declare every resource of a stack: no engine, no network, no credentials. Exit status 1 with findings."""
    if not (out or check or policy or snapshot):
        raise HighwaterError(
            "Nothing to do with what is declared.", "", "Pass --out FILE, --check, --policy or --snapshot."
        )
    from local.declare import resources, stack_config, write

    with console.status(f"declaring {stack}", spinner="dots") if not as_json else nullcontext():
        found: dict[str, list[Any]] = {}
        declared = resources(stack)
        if out:
            write(declared, out)
        if snapshot:
            from local.check.snapshot import file_of
            from local.check.snapshot import snapshot as text

            file_of(stack).parent.mkdir(parents=True, exist_ok=True)
            file_of(stack).write_text(text(declared))
        if check:
            from local.check import graph

            found["check"] = graph.check(declared, stack_config(stack))
        if policy:
            from local.check import guard

            found["policy"] = guard.check(declared)
    if as_json:
        counted = {"stack": stack, "resources": len(declared)}
        print_json(counted | {name: [asdict(one) for one in findings] for name, findings in found.items()})
    else:
        _report(stack, len(declared), out, found)
    if any(found.values()):
        raise typer.Exit(1)
