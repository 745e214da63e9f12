"""Commands on runs and the ledger: run, report, status, ledger check."""

import json
from contextlib import nullcontext
from dataclasses import asdict

import psycopg
import typer
from psycopg.rows import dict_row
from rich.markup import escape
from rich.table import Table

from local.cli.app import Json, app, console, named, print_json
from local.errors import HighwaterError

ledger_app = typer.Typer(help="The window ledger.", no_args_is_help=True)
app.add_typer(ledger_app, name="ledger")


@app.command()
def run(
    pipeline: str = typer.Argument(help="A declared pipeline: ingest, reload or maintain."),
    param: list[str] = typer.Option([], "--param", help="A parameter as name=value; may be repeated."),
    as_json: bool = Json,
) -> None:
    """Run a declared pipeline, wait for it, and show each activity as it ends."""
    from local.factory import report, run_pipeline
    from local.stack import LocalStack

    stack = LocalStack.open()
    result = run_pipeline(stack, pipeline, named(param), None if as_json else console)
    tables = report(stack, result.run_id)
    if as_json:
        print_json({**asdict(result), "tables": tables})
    else:
        print_tables(tables)
    if result.status != "Succeeded":
        raise HighwaterError(
            f"Pipeline {pipeline} {result.status.lower()}",
            result.message,
            "Nothing is lost: mend the cause and run it again, it finishes what is unfinished.",
        )


def print_tables(tables: list[dict]) -> None:
    if not tables:
        return
    shown = Table(
        "table", "landed", "inserted", "updated", "deleted", "quarantined", "read s", "merge s", box=None
    )
    for row in tables:
        counts = [row["rows"], *(row[k] for k in ("inserted", "updated", "deleted", "quarantined"))]
        seconds = [row["load_seconds"], row["merge_seconds"]]
        shown.add_row(
            row["table_name"],
            *("0" if n is None else f"{n:,}" for n in counts),
            *("" if s is None else f"{s:.1f}" for s in seconds),
        )
    console.print(shown)
    for row in tables:
        if row["outside"]:
            console.print(f"{row['table_name']}: rows whose cursor lies in no window: {row['outside']}")


def _ask(query: str) -> list[dict]:
    from local.stack import LocalStack

    with psycopg.connect(LocalStack.open().control, row_factory=dict_row) as connection:
        return connection.execute(query).fetchall()


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _facts() -> list[dict]:
    """What the newest run that ended told of each table, as a stack on Azure sends it to Log Analytics."""
    newest = "select run_id from control.run_list where ended is not null order by batch_id desc limit 1"
    (told,) = _ask(f"select coalesce(control.run_facts(({newest})), '[]') as facts")
    return json.loads(told["facts"])


@app.command()
def status(
    as_json: bool = Json,
    facts: bool = typer.Option(
        False, "--facts", help="The newest run's facts instead: the rows that Azure's alerts read."
    ),
) -> None:
    """Show the watermark, the lag against its target and the last run of each table."""
    if facts:
        told = _facts()
        if as_json:
            print_json(told)
        else:
            console.print_json(data=told)
        return
    rows = _ask("select * from control.status where enabled order by table_name")
    if as_json:
        print_json(rows)
        return
    shown = Table(
        "table", "watermark", "lag", "target", "held back", "windows", "last run", "rows", "s", box=None
    )
    for row in rows:
        colour = "green" if row["fresh"] else "red"
        lag = "never loaded" if row["lag_seconds"] is None else _duration(row["lag_seconds"])
        held = f"{_duration(row['held_seconds'])} by {row['held_by']}" if row["held_by"] else ""
        unfinished = f"{row['open_windows']} open, {row['landed_windows']} landed"
        shown.add_row(
            row["table_name"],
            row["watermark"] or "",
            f"[{colour}]{lag}[/]",
            _duration(row["freshness_target_seconds"]),
            held,
            unfinished if row["open_windows"] or row["landed_windows"] else "",
            f"{row['last_run_at']:%Y-%m-%d %H:%M:%S} {row['last_run_status']}" if row["last_run_at"] else "",
            "" if row["last_run_rows"] is None else f"{row['last_run_rows']:,}",
            "" if row["last_run_seconds"] is None else f"{row['last_run_seconds']:.1f}",
        )
    console.print(shown)
    for row in rows:
        if row["outside"]:
            console.print(
                f"[yellow]{row['table_name']}[/]: rows whose cursor lies in no window: {row['outside']}"
            )
        if row["last_run_status"] == "failed":
            console.print(f"[red]{row['table_name']}[/]: {row['last_error']}", highlight=False)


@ledger_app.command()
def check(as_json: bool = Json) -> None:
    """Look for every breach of the ledger's promises, in the database and in the lake. Exit status 1 on one."""
    from contracts import load_all
    from local.ledger_check import check as look
    from local.stack import LocalStack

    stack = LocalStack.open()
    with nullcontext() if as_json else console.status("looking at windows, files and Delta tables"):
        found = look(stack.control, stack.container("landing").parent, load_all())
    if as_json:
        print_json([asdict(f) for f in found])
    for f in found if not as_json else []:
        window = "" if f.window_id is None else f" window {f.window_id}"
        repair = f" [dim](safe repair: {f.repair})[/]" if f.repair else ""
        console.print(
            f"[red]{f.breach}[/] {f.table_name}{window}: {escape(f.detail)}{repair}", highlight=False
        )
    if found:
        raise HighwaterError(
            "The ledger is not sound",
            f"{len(found)} breach{'es' * (len(found) > 1)}",
            "`highwater ledger repair` proposes what is safe.",
        )
    if not as_json:
        console.print("The ledger is sound.")


@app.command()
def demo(
    changes: int = typer.Option(500, help="Trips and drivers to change before the incremental run."),
) -> None:
    """The whole path on a month of real trips: up, seed, load, change, load again, reload, compare."""
    from local.demo import demo as show
    from local.state import State

    show(State.default(), console, changes)


@app.command()
def report(
    run: str | None = typer.Argument(None, help="A run's id or its beginning; the newest by default."),
    as_json: bool = Json,
) -> None:
    """Each table's rows by stage in one run, and whether they add up. Exit status 1 when they do not."""
    from local.run_report import stages
    from local.stack import LocalStack

    found = _ask(
        "select run_id, pipeline, status, started from control.run_list "
        f"where starts_with(run_id, {_literal(run or '')}) order by batch_id desc limit {1 if run is None else 2}"
    )
    if len(found) != 1:
        raise HighwaterError(
            "No run can be chosen",
            f"{run or 'none'} names {'several' if found else 'no'} runs",
            "See `highwater runs`.",
        )
    (chosen,) = found
    tables = stages(LocalStack.open(), chosen["run_id"])
    if as_json:
        print_json({**chosen, "tables": [asdict(t) for t in tables]})
    else:
        console.print(
            f"{chosen['pipeline']} {chosen['run_id']}, {chosen['status']}, {chosen['started']:%Y-%m-%d %H:%M:%S}"
        )
        _print_stages(tables)
    wrong = [t.table for t in tables if t.problems]
    if wrong:
        raise HighwaterError(
            f"Rows do not add up in {', '.join(wrong)}",
            "; ".join(f"{t.table}: {', '.join(t.problems)}" for t in tables if t.problems),
            "A failed table's windows are merged by the next run.",
        )


def _literal(text: str) -> str:
    from psycopg import sql

    return sql.Literal(text).as_string()


def _print_stages(tables: list) -> None:
    names = ("read", "landed", "silver", "quarantined", "duplicates", "superseded")
    shown = Table("table", *names, "", box=None)
    for t in tables:
        counts = ("" if (n := getattr(t, name)) is None else f"{n:,}" for name in names)
        shown.add_row(t.table, *counts, "[red]does not add up[/]" if t.problems else "[green]adds up[/]")
    console.print(shown)
