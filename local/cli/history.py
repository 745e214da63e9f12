"""Commands on recorded runs: runs, runs RUN, runs rerun RUN."""

from dataclasses import asdict

import typer
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

from local.cli.app import Json, app, console, print_json
from local.errors import HighwaterError


class _RunsOrCommand(TyperGroup):
    """`runs RUN` and `runs --limit 5` mean `runs show ...`: showing is what it is for."""

    def parse_args(self, context, arguments: list[str]) -> list[str]:
        if not arguments or (arguments[0] not in self.commands and arguments[0] != "--help"):
            arguments = ["show", *arguments]
        return super().parse_args(context, arguments)


runs_app = typer.Typer(help="Recorded runs: `runs`, `runs RUN`, `runs rerun RUN`.", cls=_RunsOrCommand)
app.add_typer(runs_app, name="runs")


@runs_app.command()
def show(
    run: str | None = typer.Argument(None, help="A run's id, or a beginning of it that no other has."),
    limit: int = typer.Option(20, min=1, help="How many runs to list."),
    pipeline: str | None = typer.Option(
        None, help="Runs of this pipeline alone, those that others executed too."
    ),
    failed: bool = typer.Option(False, "--failed", help="Only runs that failed, were cancelled or died."),
    as_json: bool = Json,
) -> None:
    """List the newest runs, or show one as a tree: its activities, loops and executed pipelines."""
    from local.factory import ITEM_KEYS, open_history
    from local.stack import LocalStack

    with open_history(LocalStack.open()) as history:
        for path in history.damaged if not as_json else ():
            console.print(f"warning: the record {path} is damaged and left out", style="yellow", markup=False)
        if run is not None:
            node = history.tree(history.find(run))
            if as_json:
                print_json(node.as_dict())
            else:
                from local.cli.runtree import tree

                console.print(tree(node, ITEM_KEYS), highlight=False)
            return
        found = history.runs(limit, pipeline, failed)
    if as_json:
        print_json(found)
        return
    _print_list(found)


def _print_list(found: list[dict]) -> None:
    from local.cli.runtree import STYLES

    shown = Table("run", "pipeline", "started (UTC)", "s", "status", "by", "", box=None)
    for row in found:
        note = f"re-run of {row['rerun_of'][:8]}" if row["rerun_of"] else ""
        if row["status"] != "Succeeded" and row["message"]:
            note = " ".join(row["message"].split())[:80]
        shown.add_row(
            row["run_id"][:8],
            row["pipeline"],
            f"{row['started_at']:%Y-%m-%d %H:%M:%S}",
            "" if row["seconds"] is None else f"{row['seconds']:.1f}",
            Text(row["status"], style=STYLES.get(row["status"], "")),
            row["trigger"] or "",
            Text(note),
        )
    console.print(shown if found else "No run is recorded.")


@runs_app.command()
def rerun(
    run: str = typer.Argument(help="A run's id, or a beginning of it that no other has."),
    from_failed: bool = typer.Option(
        False,
        "--from-failed",
        help="Only what failed and what follows it. Pipelines that begin a run in the ledger, as all that move "
        "data do, need their start.",
    ),
    as_json: bool = Json,
) -> None:
    """Run a run again, with its parameters. Windows that are merged are not read again."""
    from local.factory import rerun_pipeline
    from local.stack import LocalStack

    result = rerun_pipeline(LocalStack.open(), run, None if as_json else console, from_start=not from_failed)
    if as_json:
        print_json(asdict(result))
    if result.status != "Succeeded":
        raise HighwaterError(
            f"Pipeline {result.pipeline} {result.status.lower()}",
            result.message,
            f"`highwater runs {result.run_id[:8]}` shows the run; mend the cause and run it again.",
        )
