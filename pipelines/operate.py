"""The pipelines `status` and `repair`: what an operator asks the ledger, where nobody reaches its database.

Their answer is the pipeline's return value `rows`, an array of objects; it is shown by the run's monitor. Data Factory
takes up to 4 MB.
"""

from typing import Any

from pulumi_azure_native import datafactory

from pipelines import datasets
from pipelines.activities import SUCCEEDED, lookup, parameters
from pipelines.expr import Expr, activity_output, call, literal, pipeline_param, sql, sql_text

STATUS, REPAIR = "status", "repair"
APPLY = "yes"


def _answer(ask: str) -> datafactory.SetVariableActivityArgs:
    """Give back the rows of the activity `ask`."""
    return datafactory.SetVariableActivityArgs(
        type="SetVariable",
        name="Answer",
        depends_on=[datafactory.ActivityDependencyArgs(activity=ask, dependency_conditions=[SUCCEEDED])],
        variable_name="pipelineReturnValue",
        set_system_variable=True,
        value=[
            {"key": "rows", "value": {"type": "Expression", "content": str(activity_output(ask, "value"))}}
        ],
    )


def _asked(description: str, query: Expr, given: dict[str, str]) -> dict[str, Any]:
    return {
        "description": description,
        "concurrency": 1,
        "parameters": parameters(**given) or None,
        "activities": [lookup("Ask", datasets.CONTROL_QUERY, query, all_rows=True), _answer("Ask")],
    }


def definitions() -> dict[str, dict[str, Any]]:
    """The arguments of both pipelines by name.

    status: no parameter; a row a table, as the view `control.status` has them.
    repair: `apply` (yes, or nothing is done), `windows` (numbers with commas between, to be read again); a row a
    breach, as `control.repair` answers.
    """
    repair = sql(
        "select * from control.repair({apply}, {windows})",
        apply=call(
            "if", call("equals", pipeline_param("apply"), literal(APPLY)), literal("true"), literal("false")
        ),
        windows=sql_text(pipeline_param("windows")),
    )
    return {
        STATUS: _asked(
            "Tells the watermark, the lag and the last run of each table.",
            sql("select * from control.status where enabled order by table_name"),
            {},
        ),
        REPAIR: _asked(
            "Proposes what is safe for each breach of the ledger, and does it when told to.",
            repair,
            {"apply": "no", "windows": ""},
        ),
    }
