"""What an operator asks for by name: reconcile, backfill, ledger repair. Each runs the declared pipeline."""

from dataclasses import asdict

import typer
from rich.markup import escape
from rich.table import Table

from local.cli.app import Json, app, console, print_json
from local.cli.runs import ledger_app, print_tables
from local.errors import HighwaterError

_FROM = typer.Option("", "--from", help="Where the range begins: a time (UTC) or a value of the cursor.")
_TO = typer.Option("", "--to", help="Where it ends, itself left out; the watermark by default.")


def run_request(pipeline: str, parameters: dict[str, str], as_json: bool, then: str = "") -> None:
    """Run a pipeline and show what it did to each table; `then` is a query of more that is shown of the run."""
    from local.factory import report, run_pipeline
    from local.stack import LocalStack

    stack = LocalStack.open()
    result = run_pipeline(stack, pipeline, parameters, None if as_json else console)
    tables = report(stack, result.run_id)
    more = [] if not then else stack.ask(then, result.run_id)
    if as_json:
        print_json({**asdict(result), "tables": tables, **({pipeline: more} if then else {})})
    else:
        print_tables(tables)
        _print(more)
    if result.status != "Succeeded":
        raise HighwaterError(
            f"Pipeline {pipeline} {result.status.lower()}",
            result.message,
            "Nothing is lost: mend the cause and run it again, it finishes what is unfinished.",
        )


def _print(rows: list[dict]) -> None:
    if not rows:
        return
    shown = Table(*rows[0], box=None)
    for row in rows:
        shown.add_row(*("" if v is None else escape(str(v)) for v in row.values()))
    console.print(shown)


@app.command()
def reconcile(
    table: str = typer.Argument("*", help="Tables with commas between; all whose deletes are seen by keys."),
    start: str = _FROM,
    end: str = _TO,
    allow_share: str = typer.Option("", help="Confirm that up to this share of rows, 0 to 1, may be gone."),
    as_json: bool = Json,
) -> None:
    """Compare keys with the source and mark the rows that it no longer has."""
    given = {"tables": table, "from": start, "to": end, "allow_share": allow_share}
    found = (
        "select table_name, keys, compared, gone, marked, revived, missed, missed_low, load_seconds as read_s,"
        " compare_seconds as compare_s from control.reconcile_report where run_id = %s"
    )
    run_request("reconcile", given, as_json, found)


@app.command()
def backfill(
    table: str = typer.Argument(help="Tables with commas between."),
    start: str = _FROM,
    end: str = _TO,
    chunk: str = typer.Option("", "--chunk", help="Rows a window at most; the contract's by default."),
    as_json: bool = Json,
) -> None:
    """Read a range again, beside the live runs. Without a range: finish what an earlier one left."""
    run_request("backfill", {"tables": table, "from": start, "to": end, "chunk_rows": chunk}, as_json)


@ledger_app.command()
def repair(
    apply: bool = typer.Option(False, "--apply", help="Do what is safe; without it nothing is changed."),
    as_json: bool = Json,
) -> None:
    """Propose what is safe for each breach that `ledger check` finds. Exit status 1 while one is left to do."""
    from contracts import load_all
    from local.factory import run_pipeline
    from local.ledger_check import READ_AGAIN
    from local.ledger_check import check as look
    from local.stack import LocalStack

    stack = LocalStack.open()
    found = look(stack.control, stack.container("landing").parent, load_all())
    # The database names its own; what only the lake shows is named to it.
    in_lake = [f for f in found if f.breach in ("files missing", "file unreadable", "rows differ")]
    windows = ",".join(str(f.window_id) for f in in_lake if f.repair == READ_AGAIN)
    given = {"apply": "yes" if apply else "no", "windows": windows}
    result = run_pipeline(stack, "repair", given, None if as_json else console)
    if result.status != "Succeeded":
        raise HighwaterError("Pipeline repair failed", result.message, "Nothing was changed.")
    rows = list((result.return_value or {})["rows"])
    known = {(r["window_id"], r["table_name"]) for r in rows}
    for f in found:
        if f.breach == "watermark ahead of data" and (f.window_id, f.table_name) not in known:
            row = {
                "breach": f.breach,
                "table_name": f.table_name,
                "window_id": f.window_id,
                "detail": f.detail,
            }
            rows.append({**row, "action": f.repair, "command": _command(stack, f), "done": False})
    if as_json:
        print_json(rows)
    for row in rows if not as_json else []:
        window = f" window {row['window_id']}" if row["window_id"] is not None else ""
        action = row["action"] or "a person must decide"
        what = "done" if row["done"] else row["command"] or action
        console.print(
            f"[red]{row['breach']}[/] {row['table_name']}{window}: {escape(row['detail'])}: [bold]{escape(what)}[/]",
            highlight=False,
        )
    left = [row for row in rows if not row["done"]]
    if left:
        raise HighwaterError(
            f"{len(left)} of {len(rows)} breaches are left",
            "",
            "Run the commands above."
            if apply
            else "`highwater ledger repair --apply` does what needs no run.",
        )
    if not as_json:
        console.print("Nothing is left to repair: the next run finishes what was opened again.")


def _command(stack, finding) -> str | None:
    """What brings back what Delta lost: the range of the window, or the table."""
    if finding.repair == "reload":
        return f"highwater run reload --param tables={finding.table_name}"
    if finding.repair != "backfill":
        return None
    query = "select low, high from control.window_list where window_id = %s"
    (window,) = stack.ask(query, finding.window_id)
    return f'highwater backfill {finding.table_name} --from "{window["low"]}" --to "{window["high"]}"'
