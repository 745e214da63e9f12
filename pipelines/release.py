"""The pipeline `release`: rows that wait in quarantine are judged again by today's contract, and served if they pass.

Nothing is read from the source and no window is opened. Parameters, all text:

tables  names with commas between, or `*`
rules   names with commas between: only rows that broke one of them; empty for all
keys    a JSON array of texts, each a key with commas between its columns: only these rows; empty for all
"""

from typing import Any

import pulumi

from pipelines import datasets, ingest, merge
from pipelines.activities import lookup, parameters
from pipelines.expr import (
    literal,
    pipeline_name,
    pipeline_param,
    run_id,
    sql,
    sql_text,
)

NAME = "release"


def _steps() -> merge.Steps:
    begin = sql(
        "select windows from control.begin_release({run}, {pipeline}, {tables}, {rules}, {keys})",
        run=sql_text(run_id()),
        pipeline=sql_text(pipeline_name()),
        **{name: sql_text(pipeline_param(name)) for name in ("tables", "rules", "keys")},
    )
    return merge.Steps(
        begin,
        {"tables": ingest.EVERY_TABLE, "rules": "", "keys": ""},
        "Judges rows that wait in quarantine again, and serves those that pass.",
        plan="release_plan",
        work={"work": literal(NAME)},
    )


def definition(
    job_id: pulumi.Input[str], merge_minutes: int, facts_url: pulumi.Input[str] | None = None
) -> dict[str, Any]:
    """The pipeline's arguments; see `ingest.definition`."""
    steps = _steps()
    return {
        "description": steps.description,
        "concurrency": 1,
        "parameters": parameters(**steps.parameters),
        "activities": [
            lookup(
                "Begin run",
                datasets.CONTROL_QUERY,
                steps.begin,
                description="Registers the run and counts the windows that sent rows to quarantine.",
            ),
            merge.windows(job_id, merge_minutes, steps, counted_by="Begin run"),
            *ingest.finish(facts_url, ("Merge windows",)),
        ],
    }
