"""Runs an exported pipeline without a stack."""

from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from rich.console import Console

from local.adf import Runtime
from local.adf.console import RunConsole
from local.adf.exports.mapping import map_linked_services
from local.adf.exports.reading import read_export
from local.adf.history import RunNode
from local.adf.runtime.records import read_run
from local.state import State

ITEM_KEYS = ("name", "table_name")  # what commonly names an item of a loop


def run(
    path: Path,
    linked: Path | None,
    pipeline: str | None,
    parameters: Mapping[str, object],
    console: Console | None,
    **options: Any,
) -> RunNode:
    """Run a pipeline of an export to its end, shown live on `console`.

    The records stay as files in the state folder's `adf`, and with them the locks of pipelines' concurrency.

    Args:
        options: of the Runtime.

    Raises:
        HighwaterError: the export can't be read, a linked service is not mapped, or the run is refused.
    """
    export = read_export(path)
    chosen = export.main(pipeline)
    mapped = map_linked_services(export, chosen, linked)
    folder = State.default().root / "adf"
    with nullcontext() if console is None else RunConsole(console, item_keys=ITEM_KEYS) as printer:
        runtime = Runtime(mapped.factory, folder, mapped.jobs, printer, **options)
        result = runtime.run(chosen, dict(parameters))
        runtime.join()
    return _node(folder, result.run_id)


def _node(folder: Path, run_id: str) -> RunNode:
    """The record of a run, and those of the pipelines that it executed."""
    node = RunNode(read_run(folder, run_id))
    for activity in node.run.activities:
        if activity.type == "ExecutePipeline" and isinstance(activity.output, dict):
            child = activity.output.get("pipelineRunId")
            if child is not None:
                node.children[activity.activity_run_id] = _node(folder, child)
    return node
