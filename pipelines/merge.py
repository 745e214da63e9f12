"""What every pipeline does with the windows of its plan: hand them to the job, and settle what its receipts prove."""

from dataclasses import dataclass, field
from typing import Any

import pulumi

from pipelines import datasets
from pipelines.activities import (
    COMPLETED,
    FAILED,
    SKIPPED,
    SUCCEEDED,
    copy,
    databricks_job,
    fail,
    lookup_json,
    script,
    when,
)
from pipelines.expr import (
    Expr,
    activity_error,
    activity_output,
    call,
    concat,
    first_of,
    number,
    run_id,
    sql,
    sql_text,
    text,
)

_RUN = sql_text(run_id())
_PLAN_FOLDER = concat("_plans/", run_id())
_PLAN_FILE = "plan.parquet"


@dataclass(frozen=True)
class Steps:
    """What the pipelines that open windows differ in.

    Attributes:
        begin: the query that registers the run and names its tables.
        parameters: the pipeline's parameters with their defaults.
        description: what the pipeline is for.
        plan: the function of the control database that is the job's plan.
        settle: the function that takes the job's receipts.
        work: parameters of the job beside the run and its plan.
    """

    begin: Expr
    parameters: dict[str, str]
    description: str
    plan: str = "plan"
    settle: str = "settle"
    work: dict[str, Expr] = field(default_factory=dict)


def windows(job_id: pulumi.Input[str], minutes: int, steps: Steps, *, counted_by: str) -> dict[str, Any]:
    """`Merge windows`: nothing is started where the first row of the activity `counted_by` tells no window.

    Args:
        minutes: the job's time limit.
    """
    return when(
        "Merge windows",
        call("greater", activity_output(counted_by, "firstRow", "windows"), number(0)),
        _merge(job_id, minutes, steps),
        after={counted_by: [SUCCEEDED]},
    )


def _merge(job_id: pulumi.Input[str], minutes: int, steps: Steps) -> list:
    """Hand the plan to the job, then settle what its receipts prove, whether the job succeeded or not."""
    return [
        copy(
            "Write plan",
            datasets.CONTROL_QUERY,
            sql(f"select * from control.{steps.plan}({{run}})", run=_RUN),
            folder=_PLAN_FOLDER,
            file=_PLAN_FILE,
        ),
        databricks_job(
            "Merge",
            job_id,
            {"run_id": run_id(), "plan_path": concat("_plans/", run_id(), f"/{_PLAN_FILE}")} | steps.work,
            minutes=minutes,
            after={"Write plan": [SUCCEEDED]},
        ),
        lookup_json(
            "Receipts",
            concat("_receipts/", run_id()),
            after={"Merge": [COMPLETED]},
            description="One a table, written after its last commit; a failed job may have written some.",
        ),
        script(
            "Settle",
            sql(
                f"select control.{steps.settle}({{run}}, {{receipts}}::jsonb)",
                run=_RUN,
                receipts=sql_text(text(activity_output("Receipts", "value"))),
            ),
            after={"Receipts": [SUCCEEDED]},
        ),
        # The settled receipts would otherwise hide that the job itself failed.
        fail(
            "Merge failed",
            first_of(activity_error("Merge"), "the merge job failed"),
            "merge_failed",
            after={"Merge": [FAILED], "Settle": [SUCCEEDED, FAILED, SKIPPED]},
        ),
    ]
