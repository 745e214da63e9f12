"""The pipelines `ingest` and `reload`: land every table's new rows, merge them in one job, settle the ledger.

Those that an operator asks for by a range, in `pipelines.requests`, are made of the same steps. All run one at a time.
What an earlier run of the same pipeline left unfinished is finished first. Parameters, both text:

tables       names with commas between, or `*`
allow_share  of a table that is read whole: the share of rows that may be gone, from 0 to 1; the setting's when empty
"""

from typing import Any

import pulumi

from pipelines import datasets, load_table, merge
from pipelines.activities import (
    COMPLETED,
    FAILED,
    SKIPPED,
    SUCCEEDED,
    execute,
    fail,
    for_each,
    lookup,
    parameters,
    post,
    when,
)
from pipelines.expr import (
    activity_error,
    activity_output,
    call,
    concat,
    first_of,
    item,
    literal,
    number,
    pipeline_name,
    pipeline_param,
    run_id,
    sql,
    sql_text,
)

KINDS = {"ingest": "live", "reload": "reload"}
TABLES_AT_ONCE = 4
EVERY_TABLE = "*"

_RUN = sql_text(run_id())
# The audience of Azure Monitor's ingestion endpoints.
_MONITOR = "https://monitor.azure.com"


def _every_table(kind: str) -> merge.Steps:
    given = {"tables": EVERY_TABLE, "allow_share": ""}
    begin = sql(
        "select table_name from control.begin_run({run}, {pipeline}, {kind}, {tables}, {allow_share})",
        run=_RUN,
        pipeline=sql_text(pipeline_name()),
        kind=literal(f"'{kind}'"),
        **{name: sql_text(pipeline_param(name)) for name in given},
    )
    return merge.Steps(begin, given, "Lands and merges what every table has that is new.")


def _tell(facts_url: pulumi.Input[str]) -> list:
    """Send what the ledger now knows of the run, one row a table, whether the run failed or not."""
    return [
        lookup(
            "Run facts",
            datasets.CONTROL_QUERY,
            sql("select control.run_facts({run}) as facts", run=_RUN),
            after={"Finish run": [SUCCEEDED]},
        ),
        post(
            "Send facts",
            facts_url,
            activity_output("Run facts", "firstRow", "facts"),
            audience=_MONITOR,
            after={"Run facts": [SUCCEEDED]},
            retries=1,
            description="Whoever reads the rows counts a run once, so a second post does no harm.",
        ),
    ]


def finish(
    facts_url: pulumi.Input[str] | None,
    steps: tuple[str, ...] = ("Load tables", "Make plan", "Merge windows"),
) -> list:
    """Close the run in the ledger, and fail the pipeline with its summary when anything in it failed.

    A post that fails is handled by what comes after it: the last activity alone says how the run went.

    Args:
        steps: what may have failed unrecorded; the last is `Merge windows`.
    """
    unrecorded = first_of(*(activity_error(step) for step in steps), "")
    unmerged = first_of(activity_error("Merge windows"), "")
    because = call("if", call("equals", unmerged, literal("")), literal(""), concat(". ", unmerged))
    failed = call("greater", activity_output("Finish run", "firstRow", "failed"), number(0))
    summary = activity_output("Finish run", "firstRow", "message")
    return [
        lookup(
            "Finish run",
            datasets.CONTROL_QUERY,
            sql("select failed, message from control.finish_run({run})", run=_RUN),
            after={"Begin run": [SUCCEEDED], "Merge windows": [SUCCEEDED, FAILED, SKIPPED]},
        ),
        *([] if facts_url is None else _tell(facts_url)),
        when(
            "Anything failed",
            call("or", failed, call("not", call("equals", unrecorded, literal("")))),
            [
                fail(
                    "Run failed",
                    # What the ledger knows says more than an activity's message that quotes it; but why a job
                    # left no receipt, only the activity knows.
                    call("if", failed, concat(first_of(summary, ""), because), unrecorded),
                    "run_failed",
                )
            ],
            after=({} if facts_url is None else {"Send facts": [SUCCEEDED, FAILED, SKIPPED]})
            | {"Finish run": [SUCCEEDED]},
        ),
    ]


def definition(
    kind: str,
    job_id: pulumi.Input[str],
    merge_minutes: int,
    facts_url: pulumi.Input[str] | None = None,
    steps: merge.Steps | None = None,
) -> dict[str, Any]:
    """The arguments of a pipeline that opens windows of this kind.

    Args:
        kind: of the windows, as the ledger names it.
        job_id: the Databricks job that merges.
        merge_minutes: the job's time limit.
        facts_url: where a run sends its facts when it ends; None where nothing takes them.
        steps: what differs from a run over all that is new.
    """
    steps = steps or _every_table(kind)
    return {
        "description": steps.description,
        "concurrency": 1,
        "parameters": parameters(**steps.parameters),
        "activities": [
            lookup(
                "Begin run",
                datasets.CONTROL_QUERY,
                steps.begin,
                all_rows=True,
                description="Registers the run and frees what earlier runs of this pipeline had claimed.",
            ),
            for_each(
                "Load tables",
                activity_output("Begin run", "value"),
                [
                    execute(
                        "Load table",
                        load_table.NAME,
                        {"run_id": run_id(), "table_name": item("table_name"), "kind": kind},
                    )
                ],
                at_once=TABLES_AT_ONCE,
                after={"Begin run": [SUCCEEDED]},
            ),
            lookup(
                "Make plan",
                datasets.CONTROL_QUERY,
                sql("select windows from control.make_plan({run})", run=_RUN),
                after={"Load tables": [COMPLETED]},
                description="One table's failure does not keep the others from being merged.",
            ),
            merge.windows(job_id, merge_minutes, steps, counted_by="Make plan"),
            *finish(facts_url),
        ],
    }
