"""The demonstration: the whole path on a month of real trips, with what each stage moved and its time."""

import time
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from contracts import load_all
from local import engine, source
from local.azure.progress import RichProgress
from local.databricks.server import SparkServer
from local.errors import HighwaterError
from local.factory import report, run_pipeline
from local.stack import LocalStack
from local.state import State
from local.verify import verify_all

# A bound lies this far behind the source's clock (the ledger's margin), so a row is read once it is that old.
MARGIN_SECONDS = 2.5


@dataclass
class Stage:
    """One pipeline run: its tables' rows and seconds, and the whole of it in seconds."""

    title: str
    seconds: float
    tables: list[dict] = field(default_factory=list)
    activities: dict[str, float] = field(default_factory=dict)


def run_stage(stack: LocalStack, title: str, pipeline: str, console: Console) -> Stage:
    """Run a pipeline and keep its figures.

    Raises:
        HighwaterError: the run failed.
    """
    console.rule(f"[bold]{title}[/]: highwater run {pipeline}", align="left")
    time.sleep(MARGIN_SECONDS)
    began = time.monotonic()
    run = run_pipeline(stack, pipeline, {}, console)
    seconds = time.monotonic() - began
    if run.status != "Succeeded":
        raise HighwaterError(
            f"Pipeline {pipeline} failed", (run.error or {}).get("message", ""), "See the lines above."
        )
    activities = {a.name: a.seconds for a in run.activities}
    return Stage(title, seconds, report(stack, run.run_id), activities)


def figures(stages: list[Stage]) -> Table:
    """Rows and seconds of every stage, side by side."""
    shown = Table("stage", title="What was moved, and how long it took", title_justify="left")
    for stage in stages:
        shown.add_column(f"{stage.title}\nrows", justify="right")
        shown.add_column("\nseconds", justify="right")
    names = [row["table_name"] for row in stages[0].tables]

    def line(title: str, cells: list[tuple[int | None, float | None]], end: bool = False) -> None:
        texts = []
        for rows, seconds in cells:
            texts += ["" if rows is None else f"{rows:,}", "" if seconds is None else f"{seconds:.1f}"]
        shown.add_row(title, *texts, end_section=end)

    def of(stage: Stage, name: str) -> dict:
        return next(row for row in stage.tables if row["table_name"] == name)

    for i, name in enumerate(names):
        cells = [(of(s, name)["rows"], of(s, name)["load_seconds"]) for s in stages]
        line(f"land {name}", cells, end=i == len(names) - 1)
    for i, name in enumerate(names):
        merged = [of(s, name) for s in stages]
        cells = [((r["inserted"] or 0) + (r["updated"] or 0), r["merge_seconds"]) for r in merged]
        line(f"merge {name}", cells, end=i == len(names) - 1)
    line("whole run", [(sum(r["rows"] for r in s.tables), s.seconds) for s in stages])
    return shown


def demo(state: State, console: Console, changes: int) -> None:
    """Up, seed, first load, changes, incremental run, full reload; then served rows against the source's.

    Raises:
        HighwaterError: a step failed, or the served rows are not the source's.
    """
    from local.cli.source import MONTH, ZONES, bars, print_seed

    console.rule("[bold]The stack[/]: highwater up", align="left")
    progress = RichProgress(console)
    progress.summary(engine.up(state, progress))
    stack = LocalStack.open(state)
    SparkServer(state).start_in_background()
    console.rule("[bold]A month of real trips[/]: highwater seed", align="left")
    with bars(hidden=False) as bar:
        seeded = source.seed(stack.source, MONTH, ZONES, on_progress=bar)
    print_seed(seeded)
    stages = [run_stage(stack, "first load", "ingest", console)]
    console.rule(f"[bold]Changes at the source[/]: highwater simulate --changes {changes}", align="left")
    made = source.simulate(stack.source, changes, seed=int(time.time()))
    console.print(
        f"{made.total:,} trips and drivers changed, {made.late_commits} transactions committed late"
    )
    stages.append(run_stage(stack, "incremental", "ingest", console))
    stages.append(run_stage(stack, "full reload", "reload", console))
    console.print(figures(stages))
    console.print(_compared(stages[1].seconds, stages[2].seconds))
    _compare(stack, console)


def _compared(incremental: float, reload: float) -> str:
    """The two runs' seconds in words. A run's fixed cost is most of it for one month: then they are about equal."""
    share = 1 - incremental / reload
    if share >= 0.05:
        return (
            f"The incremental run took [bold]{share:.0%}[/] less time than reloading everything. It saves more of "
            "more rows, for part of its time is the same whatever changed: docs/serving.md has figures."
        )
    return (
        f"The incremental run took {incremental:.0f} s, reloading everything {reload:.0f} s: for so few rows the fixed "
        "cost of a run decides."
    )


def _compare(stack: LocalStack, console: Console) -> None:
    """Every table's served rows against the source's, one by one."""
    console.rule("[bold]Source and served rows compared[/]: highwater verify", align="left")
    verdicts = verify_all(load_all(), stack.source, stack.serving, quarantine=stack.container("quarantine"))
    from local.cli.tables import comparison

    console.print(comparison(verdicts))
    different = [v.table for v in verdicts if not v.equal]
    if different:
        raise HighwaterError("The served rows are not the source's", ", ".join(different),
                             "Run `highwater verify` to see which rows.")  # fmt: skip
    console.print("\nNext: [bold].venv/bin/highwater status[/], "
                  '[bold]sql "select top 5 * from mart.agg_zone_hour order by revenue desc"[/]; '
                  "[bold]destroy[/] removes it all.")  # fmt: skip
