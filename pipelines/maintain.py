"""The pipeline `maintain`: once a day the job looks after every Delta table, and what landing no longer needs goes.

It runs the job of the merge, with other work: in one queue the two wait for each other, and no commit is lost to
the other's. Which folders may go is the ledger's to say; nothing of an unfinished window is ever among them.
"""

from dataclasses import dataclass
from typing import Any

import pulumi

from pipelines import datasets, sweep
from pipelines.activities import (
    COMPLETED,
    FAILED,
    SKIPPED,
    SUCCEEDED,
    copy,
    databricks_job,
    fail,
    lookup,
    lookup_json,
    parameters,
    script,
    when,
)
from pipelines.expr import (
    activity_error,
    activity_output,
    call,
    concat,
    first_of,
    literal,
    number,
    pipeline_name,
    pipeline_param,
    run_id,
    sql,
    sql_text,
    text,
)

NAME = "maintain"
WORK = "maintain"
EVERY_TABLE = "*"

_RUN = sql_text(run_id())
_PLAN_FILE = "maintain.parquet"
_ANYHOW = (SUCCEEDED, FAILED, SKIPPED)


@dataclass(frozen=True)
class Keeping:
    """How long what is no longer current is kept.

    Attributes:
        retention_hours: a removed file of a Delta table.
        minutes: the run's age from which the job begins no further table, so that merges need not wait longer.
        attempts_days: a superseded attempt, after its window was merged.
        plans_days: plans and receipts of runs that are over.
    """

    retention_hours: int
    minutes: int
    attempts_days: int
    plans_days: int


def _tables(job_id: pulumi.Input[str], keeping: Keeping, job_minutes: int) -> list:
    """Hand the plan to the job, and record what its receipts say whether it succeeded or not."""
    return [
        copy(
            "Write plan",
            datasets.CONTROL_QUERY,
            sql(
                "select * from control.maintenance_plan({run}, {hours}, {minutes})",
                run=_RUN,
                hours=literal(str(keeping.retention_hours)),
                minutes=literal(str(keeping.minutes)),
            ),
            folder=concat("_plans/", run_id()),
            file=_PLAN_FILE,
            after={"Begin run": [SUCCEEDED]},
        ),
        databricks_job(
            "Maintain",
            job_id,
            {
                "run_id": run_id(),
                "plan_path": concat("_plans/", run_id(), f"/{_PLAN_FILE}"),
                "work": literal(WORK),
            },
            minutes=job_minutes,
            after={"Write plan": [SUCCEEDED]},
            description="Waits in the queue of the merge, and lets the next merge wait for it.",
        ),
        lookup_json("Receipts", concat("_receipts/", run_id()), after={"Maintain": [COMPLETED]}),
        script(
            "Record",
            sql(
                "select control.maintained({run}, {receipts}::jsonb)",
                run=_RUN,
                receipts=sql_text(text(activity_output("Receipts", "value"))),
            ),
            after={"Receipts": [SUCCEEDED]},
        ),
    ]


def _finish() -> list:
    """Close the run, and fail the pipeline with its summary when anything in it failed."""
    steps = ("Write plan", "Maintain", "Receipts", "Record", "Old attempts", "Sweep attempts", "Old plans",
             "Sweep plans", "Sweep receipts")  # fmt: skip
    unrecorded = first_of(*(activity_error(step) for step in steps), "")
    failed = call("greater", activity_output("Finish run", "firstRow", "failed"), number(0))
    summary = activity_output("Finish run", "firstRow", "message")
    # Why a job left no receipt, only the activity knows; a sweep's failure is nobody else's to tell.
    because = call("if", call("equals", unrecorded, literal("")), literal(""), concat(". ", unrecorded))
    last = ("Record", "Sweep attempts", "Sweep plans", "Sweep receipts")
    return [
        lookup(
            "Finish run",
            datasets.CONTROL_QUERY,
            sql("select failed, message from control.finish_maintenance({run})", run=_RUN),
            after={"Begin run": [SUCCEEDED], **dict.fromkeys(last, _ANYHOW)},
        ),
        when(
            "Anything failed",
            call("or", failed, call("not", call("equals", unrecorded, literal("")))),
            [
                fail(
                    "Run failed",
                    call("if", failed, concat(first_of(summary, ""), because), unrecorded),
                    "maintenance_failed",
                )
            ],
            after={"Finish run": [SUCCEEDED]},
        ),
    ]


def definition(job_id: pulumi.Input[str], keeping: Keeping, job_minutes: int) -> dict[str, Any]:
    """The pipeline's arguments.

    Args:
        job_id: the Databricks job that merges.
        job_minutes: the job's time limit.
    """
    return {
        "description": "Packs and vacuums the Delta tables, and sweeps landing.",
        "concurrency": 1,
        "parameters": parameters(tables=EVERY_TABLE),
        "activities": [
            lookup(
                "Begin run",
                datasets.CONTROL_QUERY,
                sql(
                    "select tables from control.begin_maintenance({run}, {pipeline}, {tables})",
                    run=_RUN,
                    pipeline=sql_text(pipeline_name()),
                    tables=sql_text(pipeline_param("tables")),
                ),
                description="Claims no window and frees none.",
            ),
            *_tables(job_id, keeping, job_minutes),
            *sweep.attempts(keeping.attempts_days),
            *sweep.plans(keeping.plans_days),
            *_finish(),
        ],
    }
