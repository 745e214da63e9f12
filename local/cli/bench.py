"""Commands that measure: bench incremental."""

from contextlib import nullcontext
from pathlib import Path

import typer
from rich.table import Table

from local.cli.app import Json, app, console, print_json

bench_app = typer.Typer(help="Measurements, on a stack of their own.", no_args_is_help=True)
app.add_typer(bench_app, name="bench")


@bench_app.command()
def incremental(
    trips: int = typer.Option(500_000, help="Trips in the source: months repeated with shifted times."),
    change: float = typer.Option(0.01, help="The share of them that changes."),
    days: float | None = typer.Option(
        None,
        min=1,
        help="Change trips of so many days before the newest; of any age by default, the dearest case.",
    ),
    from_file: list[Path] = typer.Option(
        [], "--from", help="Green taxi files to repeat; the bundled month by default."
    ),
    keep: bool = typer.Option(False, help="Keep the stack that it measured on."),
    as_json: bool = Json,
) -> None:
    """Time a full reload against an incremental run of a small change, the whole path, both warm."""
    from local import engine
    from local.bench.incremental import measure
    from local.source.generator import MONTH
    from local.state import State

    root = State.default().root
    state = State(root.with_name(f"{root.name}-bench"))
    with nullcontext() if as_json else console.status("starting") as shown:
        say = (lambda text: typer.echo(text, err=True)) if shown is None else shown.update
        fresh = not state.root.exists()
        try:
            outcome = measure(state, trips, change, tuple(from_file) or (MONTH,), days, say)
        finally:
            if fresh and not keep:
                engine.destroy(state)
    if as_json:
        print_json(outcome.as_json())
    else:
        _print(outcome)


def _print(outcome) -> None:
    shown = Table("", "full reload", "incremental", box=None)
    full, small = outcome.full, outcome.incremental
    for title, of in (
        ("seconds, source to view", lambda t: f"{t.seconds:.1f}"),
        ("processor seconds", lambda t: f"{t.cpu_seconds:.1f}"),
        ("rows read", lambda t: f"{t.rows:,}"),
        ("bytes written", lambda t: f"{t.total.bytes:,}"),
        ("files rewritten", lambda t: f"{t.total.files_rewritten:,}"),
    ):
        shown.add_row(title, of(full), of(small))
    for stage in full.stages:
        shown.add_row(f"  {stage}", f"{full.stages[stage]:.1f}", f"{small.stages.get(stage, 0.0):.1f}")
    console.print(f"{outcome.trips:,} trips, {outcome.changed:,} trips and drivers changed")
    console.print(shown)
    console.print(
        f"The incremental run took [bold]{1 - outcome.ratio:.0%}[/] less time than reloading everything; "
        f"served rows {'equal' if outcome.equal else '[red]differ from[/]'} the source's."
    )
