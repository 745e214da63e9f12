"""Commands on the sample source: seed and simulate."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from local.cli.app import Json, app, console, print_json
from local.state import PROJECT

MONTH = PROJECT / "data" / "green_tripdata_2023-01.parquet"
ZONES = PROJECT / "data" / "taxi_zone_lookup.csv"


@contextmanager
def bars(hidden: bool) -> Iterator:
    """A progress callback (stage, done, total) that draws one bar a stage; none when `hidden`."""
    columns = (TextColumn("{task.description:>10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=hidden) as progress:
        tasks: dict[str, int] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(stage, total=total)
            progress.update(tasks[stage], completed=done, total=total)

        yield report


@app.command()
def seed(
    from_file: Path = typer.Option(MONTH, "--from", help="A TLC green taxi Parquet file."),
    zones: Path = typer.Option(ZONES, help="TLC's taxi zone lookup."),
    drivers: int = typer.Option(500, help="Synthetic drivers who share the trips."),
    limit: int | None = typer.Option(None, help="Read only the first rows."),
    trips: int | None = typer.Option(
        None, "--trips", help="Generate so many trips instead of reading a file."
    ),
    seed: int = typer.Option(0, help="Decides what is generated."),
    as_json: bool = Json,
) -> None:
    """Fill or extend the sample source from a TLC file, or from the generator. Twice adds nothing."""
    from dataclasses import asdict

    from local import source
    from local.stack import LocalStack

    conninfo = LocalStack.open().source
    with bars(as_json) as report:
        if trips is None:
            result = source.seed(conninfo, from_file, zones, drivers, limit, report)
        else:
            result = source.generate(conninfo, trips, seed, on_progress=report)
    if as_json:
        print_json(asdict(result))
    else:
        print_seed(result)


def print_seed(result) -> None:
    """What became of each row: those that could not be placed are named."""
    console.print(
        f"{result.rows_in:,} rows: {result.trips:,} trips ({result.already_there:,} were there), "
        f"{result.refunds:,} refunds of trips, {sum(result.unplaced.values()):,} not placed; "
        f"{result.events:,} events, {result.drivers:,} drivers (synthetic), {result.zones:,} zones "
        f"in {result.seconds:.1f} s",
        highlight=False,
    )
    for reason, count in result.unplaced.items():
        console.print(f"  [yellow]not placed[/] {count:,}: {reason}", highlight=False)
        for sample in result.samples.get(reason, []):
            shown = ", ".join(f"{k} {v}" for k, v in sample.items() if v is not None)
            console.print(f"    {shown}", markup=False, highlight=False, soft_wrap=True)
    for name, count in (*result.rounded.items(), *result.zones_skipped.items()):
        console.print(f"  [yellow]note[/] {count:,}: {name}", highlight=False)


@app.command()
def simulate(
    changes: int = typer.Option(200, help="Trips and drivers to change; events come on top."),
    seconds: float | None = typer.Option(None, help="Spread them over this time."),
    bad: int = typer.Option(0, help="How many of them break a quality rule."),
    seed: int = typer.Option(0, help="Decides what is changed."),
    as_json: bool = Json,
) -> None:
    """Change the source as a live system would: inserts, updates, late commits, deletes, bad rows."""
    from dataclasses import asdict

    from local import source
    from local.stack import LocalStack

    with bars(as_json) as report:
        result = source.simulate(LocalStack.open().source, changes, seconds, seed, bad, report)
    if as_json:
        print_json(asdict(result))
        return
    parts = [
        f"{count:,} {table} {verb}"
        for verb, counts in (
            ("inserted", result.inserted), ("updated", result.updated), ("withdrawn", result.deleted_soft),
        )
        for table, count in counts.items()
        if count
    ]  # fmt: skip
    late = f"{result.late_commits} transactions committed late"
    console.print(
        f"{', '.join(parts)}; {late}; {result.bad_rows} bad rows; {result.seconds:.1f} s", highlight=False
    )
