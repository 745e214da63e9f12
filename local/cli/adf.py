"""Commands on Data Factory alone, without a stack: its expressions, and exported pipelines."""

import sys
from pathlib import Path

import typer

from local.cli.app import Json, app, console, named, print_json
from local.errors import HighwaterError

adf_app = typer.Typer(help="Data Factory alone: expressions, exported pipelines.", no_args_is_help=True)
app.add_typer(adf_app, name="adf")


@adf_app.command("eval")
def evaluate() -> None:
    """Evaluate expressions: JSON lines in, JSON lines out.

    In: {"expr": "@...", "parameters": {}, "variables": {}, "activities": {}, "item": any, "system": {}};
    out: {"value": ...} or {"error": "..."}.
    """
    from local.adf.evalcli import eval_lines

    eval_lines(sys.stdin, sys.stdout)


@adf_app.command("run")
def run_export(
    export: Path = typer.Argument(
        help="A pipeline's JSON, a factory's folder as Git has it, or an ARM template that it exported."
    ),
    linked: Path | None = typer.Option(
        None, help="YAML: what each linked service is on this machine; docs/adf-runtime.md has an example."
    ),
    pipeline: str | None = typer.Option(None, help="Which pipeline, when the export has several."),
    param: list[str] = typer.Option([], "--param", help="A parameter as name=value; may be repeated."),
    as_json: bool = Json,
) -> None:
    """Run a pipeline that was exported from a real factory, and print the record of the run."""
    from local.adf.exports.running import ITEM_KEYS, run
    from local.cli.runtree import tree

    node = run(export, linked, pipeline, named(param), None if as_json else console)
    if as_json:
        print_json(node.as_dict())
    else:
        console.print(tree(node, ITEM_KEYS), highlight=False)
    if node.run.status != "Succeeded":
        raise HighwaterError(
            f"Pipeline {node.run.pipeline} {node.run.status.lower()}",
            node.run.message,
            "Mend the cause; run it again.",
        )
