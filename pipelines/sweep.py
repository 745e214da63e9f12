"""What of landing may go: the pipeline's steps that ask the ledger, and delete what it names."""

from pulumi_azure_native import datafactory

from pipelines import datasets
from pipelines.activities import SUCCEEDED, After, for_each, lookup, policy, script, when
from pipelines.expr import Expr, activity_output, dynamic, item, literal, run_id, sql, sql_text

SWEEPS_AT_ONCE = 4
DELETE_MINUTES = 60

_RUN = sql_text(run_id())


def _depends(after: After) -> list[datafactory.ActivityDependencyArgs]:
    return [
        datafactory.ActivityDependencyArgs(activity=name, dependency_conditions=list(outcomes))
        for name, outcomes in after.items()
    ]


def _delete(
    name: str, folder: Expr | str, *, before: Expr | None = None, after: After | None = None
) -> datafactory.DeleteActivityArgs:
    """Delete a folder of landing with all that is in it; or, with `before`, the files last written before then."""
    return datafactory.DeleteActivityArgs(
        type="Delete",
        name=name,
        depends_on=_depends(after) if after else None,
        policy=policy(DELETE_MINUTES),
        dataset=datasets.reference(datasets.LANDING_JSON, folder=dynamic(folder)),
        store_settings=datafactory.AzureBlobFSReadSettingsArgs(
            type="AzureBlobFSReadSettings",
            recursive=True,
            modified_datetime_end=None if before is None else dynamic(before),
        ),
        enable_logging=False,
    )


def attempts(days: int) -> list:
    """After `Begin run`: remove the folders that the ledger names. One that is not there is done with, too."""
    one = [
        datafactory.GetMetadataActivityArgs(
            type="GetMetadata",
            name="Look",
            policy=policy(),
            dataset=datasets.reference(datasets.LANDING_JSON, folder=dynamic(item("path"))),
            field_list=["exists"],
        ),
        when(
            "If it is there",
            activity_output("Look", "exists"),
            [_delete("Remove attempt", item("path"))],
            after={"Look": [SUCCEEDED]},
        ),
        script(
            "Swept",
            sql("select control.sweep_done({run}, {path})", run=_RUN, path=sql_text(item("path"))),
            after={"If it is there": [SUCCEEDED]},
        ),
    ]
    return [
        lookup(
            "Old attempts",
            datasets.CONTROL_QUERY,
            sql("select path from control.sweepable({run}, {days})", run=_RUN, days=literal(str(days))),
            all_rows=True,
            after={"Begin run": [SUCCEEDED]},
            description="Superseded attempts of windows that are merged.",
        ),
        for_each(
            "Sweep attempts",
            activity_output("Old attempts", "value"),
            one,
            at_once=SWEEPS_AT_ONCE,
            after={"Old attempts": [SUCCEEDED]},
        ),
    ]


def plans(days: int) -> list:
    """After `Record`: remove plans and receipts of runs that are long over. Both folders have this run's own."""
    before = activity_output("Old plans", "firstRow", "before")
    return [
        lookup(
            "Old plans",
            datasets.CONTROL_QUERY,
            sql("select before from control.sweep_before({run}, {days})", run=_RUN, days=literal(str(days))),
            after={"Record": [SUCCEEDED]},
        ),
        _delete("Sweep plans", "_plans", before=before, after={"Old plans": [SUCCEEDED]}),
        _delete("Sweep receipts", "_receipts", before=before, after={"Old plans": [SUCCEEDED]}),
    ]
