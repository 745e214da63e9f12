"""The pipelines `backfill` and `reconcile`: what an operator, or a schedule, asks for by table and range.

Both land windows of their own kind by the steps of `ingest`, beside the live runs, and finish first what an earlier
run of theirs left. Parameters, all text and empty where nothing is asked for:

tables       names with commas between; of reconcile `*`, every table whose contract says `deletes: {kind: keys}`
from, to     a range [from, to) of the cursor; times without a zone are UTC. It is cut to the watermark
chunk_rows   of backfill: rows a window at most
allow_share  of reconcile: the share of rows that may be gone, from 0 to 1, instead of the setting's
due          of reconcile: a time. A table whose keys were all compared since is left out; a tumbling window gives
             its end, so that making up for missed windows compares once
"""

from typing import Any

import pulumi

from pipelines import ingest, merge
from pipelines.expr import Expr, literal, pipeline_name, pipeline_param, run_id, sql, sql_text

BACKFILL, RECONCILE = "backfill", "reconcile"
WORK = "reconcile"


def _begin(kind: str, given: dict[str, str]) -> Expr:
    """The query that registers the request; a parameter that the pipeline has not is empty."""
    places = {
        name: sql_text(pipeline_param(name)) if name in given else literal("''")
        for name in ("tables", "from", "to", "chunk_rows", "allow_share", "due")
    }
    return sql(
        "select table_name from control.begin_request({run}, {pipeline}, {kind}, {tables}, {from}, {to},"
        " {chunk_rows}, {allow_share}, {due})",
        run=sql_text(run_id()),
        pipeline=sql_text(pipeline_name()),
        kind=literal(f"'{kind}'"),
        **places,
    )


def backfill() -> merge.Steps:
    """Reads a range of one or more tables again; it must name them. Without a range it finishes what is unfinished."""
    given = {"tables": "", "from": "", "to": "", "chunk_rows": ""}
    return merge.Steps(
        _begin(BACKFILL, given), given, "Reads a named range again and merges it, beside the live runs."
    )


def reconcile() -> merge.Steps:
    """Reads keys and marks the rows that the source no longer has."""
    given = {"tables": ingest.EVERY_TABLE, "from": "", "to": "", "allow_share": "", "due": ""}
    return merge.Steps(
        _begin(RECONCILE, given),
        given,
        "Compares keys with the source, and marks rows that are gone.",
        plan="reconcile_plan",
        settle="settle_reconcile",
        work={"work": literal(WORK)},
    )


def definitions(
    job_id: pulumi.Input[str], merge_minutes: int, facts_url: pulumi.Input[str] | None
) -> dict[str, dict[str, Any]]:
    """The arguments of both pipelines by name; see `ingest.definition`."""
    return {
        kind: ingest.definition(kind, job_id, merge_minutes, facts_url, steps)
        for kind, steps in ((BACKFILL, backfill()), (RECONCILE, reconcile()))
    }
