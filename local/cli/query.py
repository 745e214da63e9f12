"""Commands that ask: sql and verify."""

from contextlib import nullcontext
from dataclasses import asdict
from itertools import islice

import typer
from rich.table import Table

from local.cli.app import Json, app, console, print_json
from local.errors import HighwaterError


@app.command()
def sql(
    query: str = typer.Argument(help='One T-SQL SELECT, such as "select count(*) from mart.fact_trip".'),
    limit: int = typer.Option(100, help="Rows to show; all of them with --json."),
    as_json: bool = Json,
) -> None:
    """Ask the serving layer: the T-SQL that Synapse gets, over the same views."""
    from local.serving.query import query as ask
    from local.stack import LocalStack

    with ask(LocalStack.open().serving, query) as result:
        names = [name or f"column {i}" for i, name in enumerate(result.names, 1)]
        if as_json:
            print_json([dict(zip(names, row, strict=True)) for row in result.rows()])
            return
        table = Table(*names, box=None)
        rows = result.rows()
        for row in islice(rows, limit):
            table.add_row(*("" if value is None else str(value) for value in row))
        more = sum(1 for _ in rows)
    console.print(table)
    if more:
        console.print(f"[dim]{more:,} more rows; raise --limit to see them[/]")


@app.command()
def verify(
    table: list[str] = typer.Argument(None, help="Tables to compare; all by default."),
    start: str = typer.Option("", "--from", help="Where the cursor's range begins: a time (UTC) or a value."),
    end: str = typer.Option("", "--to", help="Where it ends, itself left out."),
    as_json: bool = Json,
) -> None:
    """Compare source and served rows one by one, every column, both ways. Exit status 1 when they differ."""
    from contracts import load_all
    from local.stack import LocalStack
    from local.verify import verify_all

    stack = LocalStack.open()
    known = {c.table: c for c in load_all()}
    unknown = sorted(set(table or ()) - set(known))
    if unknown:
        raise HighwaterError("There is no such table", ", ".join(unknown), f"Tables: {', '.join(known)}.")
    if (start or end) and not table:
        raise HighwaterError(
            "A range is one of a table's cursor",
            "No table is named.",
            "As: highwater verify trip --from 2024-01-31",
        )
    chosen = [c for name, c in known.items() if not table or name in table]
    with console.status("comparing source and served rows") if not as_json else nullcontext():
        verdicts = verify_all(
            chosen, stack.source, stack.serving, quarantine=stack.container("quarantine"), low=start, high=end
        )
    if as_json:
        print_json([asdict(v) for v in verdicts])
    else:
        _print_verdicts(verdicts)
    different = [v.table for v in verdicts if not v.equal]
    if different:
        raise HighwaterError(
            f"Source and served rows differ in {', '.join(different)}",
            "rows that changed since the last run are served by the next one",
            "Run `highwater run ingest` and verify again; `highwater run reload` reads everything anew.",
        )


def _print_verdicts(verdicts: list) -> None:
    from local.cli.tables import comparison

    console.print(comparison(verdicts))
    for v in verdicts:
        for r in v.ranges:
            told = f"  {v.table}, {r.low} to {r.high}: {r.missing:,} missing, {r.extra:,} extra"
            console.print(told, markup=False, highlight=False)
        for side, rows in (("only in the source", v.only_in_source), ("only served", v.only_in_served)):
            for row in rows:
                console.print(f"  {v.table}, {side}: {row}", markup=False, highlight=False)
