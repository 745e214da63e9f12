"""`highwater quarantine`: what waits and why, and judging it again."""

import json
from dataclasses import asdict

import typer
from rich.markup import escape
from rich.table import Table
from typer.core import TyperGroup

from local.cli.app import Json, app, console, print_json
from local.cli.operate import run_request
from local.errors import HighwaterError


class _ShowByDefault(TyperGroup):
    """`quarantine TABLE` is `quarantine show TABLE`."""

    def parse_args(self, ctx, args):
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["show", *args]
        return super().parse_args(ctx, args)


quarantine_app = typer.Typer(
    cls=_ShowByDefault,
    help="What waits in quarantine and why (quarantine TABLE), and its release after a fix.",
)
app.add_typer(quarantine_app, name="quarantine")


def _contract(table: str):
    from contracts import load_all

    known = {c.table: c for c in load_all()}
    if table not in known:
        raise HighwaterError("There is no such table", table, f"Tables: {', '.join(known)}.")
    return known[table]


@quarantine_app.command()
def show(
    table: str = typer.Argument(
        "", help="The table whose rows to show; by default how many each table holds."
    ),
    rule: str = typer.Option("", help="Only rows that broke this rule."),
    limit: int = typer.Option(20, help="Rows to show, the newest first."),
    as_json: bool = Json,
) -> None:
    """Rows that wait, by rule; of one table each with its rules, its window and its values as they came."""
    from contracts import load_all
    from local.quarantine import counts, rows
    from local.stack import LocalStack

    chosen = (_contract(table),) if table else load_all()
    container = LocalStack.open().container("quarantine")
    by_rule = [c for c in counts(container, chosen) if not rule or c.rule == rule]
    held, total = rows(container, chosen[0], rule or None, limit) if table else ([], 0)
    if as_json:
        shown = {"rules": [asdict(c) for c in by_rule]}
        print_json(shown | ({"rows": [asdict(r) for r in held], "total": total} if table else {}))
        return
    if not by_rule:
        console.print(f"Nothing waits in quarantine{f' of {table}' if table else ''}.")
        return
    summary = Table("table", "rule", "rows", "since (UTC)", box=None)
    for c in by_rule:
        summary.add_row(c.table, escape(c.rule), f"{c.rows:,}", f"{c.since:%Y-%m-%d %H:%M:%S}")
    console.print(summary)
    for r in held:
        where = f"window {r.window_id}, attempt {r.attempt}, {r.loaded_at:%Y-%m-%d %H:%M:%S}"
        console.print(
            f"\n[bold]{escape(r.key or '(no key)')}[/] [red]{escape(', '.join(r.rules))}[/] [dim]{where}[/]",
            highlight=False,
        )
        told = ", ".join(f"{name}={value}" for name, value in r.values.items() if value is not None)
        console.print(f"  {told}", markup=False, highlight=False)
    if total > len(held):
        console.print(f"[dim]{total - len(held):,} more rows; raise --limit to see them[/]")


@quarantine_app.command()
def release(
    table: str = typer.Argument(help="The table whose rows are judged again."),
    rule: list[str] = typer.Option([], help="Only rows that broke this rule; may be given again."),
    key: list[str] = typer.Option(
        [], help="Only the row of this key, columns with commas between; may be given again."
    ),
    as_json: bool = Json,
) -> None:
    """Judge rows that wait again, by today's contract: those that pass are served, the others stay and say why."""
    contract = _contract(table)
    if contract.mode == "snapshot":
        raise HighwaterError(
            f"{table} is read whole",
            "its next reading replaces what waits",
            f"Run `highwater run reload --param tables={table}`.",
        )
    unknown = [r for r in rule if "," in r]
    if unknown:
        raise HighwaterError("A rule's name has no comma", ", ".join(unknown), "Give --rule once a rule.")
    run_request(
        "release", {"tables": table, "rules": ",".join(rule), "keys": json.dumps(key) if key else ""}, as_json
    )
    if not as_json:
        show(table, "", 5, False)
