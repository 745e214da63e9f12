"""Activities in the few shapes that the pipelines use."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_azure_native import datafactory

from pipelines import datasets, linked_services
from pipelines.expr import Expr, dynamic, expression

SUCCEEDED, FAILED, SKIPPED, COMPLETED = "Succeeded", "Failed", "Skipped", "Completed"

# An earlier activity's name to the outcomes after which this one runs. Outcomes of one activity are alternatives; of
# several activities, each must have had one of its own.
After = Mapping[str, Sequence[str]]

# The service's shortest time limit is ten minutes and its default half a day.
SHORT_MINUTES = 10
COPY_MINUTES = 120
RETRY_SECONDS = 30


def _after(after: After | None) -> list[datafactory.ActivityDependencyArgs] | None:
    return [
        datafactory.ActivityDependencyArgs(activity=name, dependency_conditions=list(outcomes))
        for name, outcomes in (after or {}).items()
    ] or None


def policy(minutes: int = SHORT_MINUTES, retries: int = 0) -> datafactory.ActivityPolicyArgs:
    """A time limit, and repetitions for a step that may safely run twice."""
    days, rest = divmod(minutes, 24 * 60)
    return datafactory.ActivityPolicyArgs(
        timeout=f"{days}.{rest // 60:02}:{rest % 60:02}:00",
        retry=retries,
        retry_interval_in_seconds=RETRY_SECONDS,
    )


def _postgresql_source(query: Expr) -> datafactory.AzurePostgreSqlSourceArgs:
    return datafactory.AzurePostgreSqlSourceArgs(type="AzurePostgreSqlSource", query=dynamic(query))


def lookup(
    name: str,
    dataset: str,
    query: Expr,
    *,
    after: After | None = None,
    all_rows: bool = False,
    retries: int = 0,
    description: str | None = None,
) -> datafactory.LookupActivityArgs:
    """Ask a database. The one row is `output.firstRow`, or the rows are `output.value`."""
    return datafactory.LookupActivityArgs(
        type="Lookup",
        name=name,
        description=description,
        depends_on=_after(after),
        policy=policy(retries=retries),
        dataset=datasets.reference(dataset),
        source=_postgresql_source(query),
        first_row_only=not all_rows,
    )


def lookup_json(
    name: str, folder: Expr, *, after: After | None = None, description: str | None = None
) -> datafactory.LookupActivityArgs:
    """Read every JSON file in a folder of landing and below. Each line is a row of `output.value`."""
    return datafactory.LookupActivityArgs(
        type="Lookup",
        name=name,
        description=description,
        depends_on=_after(after),
        policy=policy(),
        dataset=datasets.reference(datasets.LANDING_JSON, folder=dynamic(folder)),
        source=datafactory.JsonSourceArgs(
            type="JsonSource",
            store_settings=datafactory.AzureBlobFSReadSettingsArgs(
                type="AzureBlobFSReadSettings", recursive=True, wildcard_file_name="*.json"
            ),
            format_settings=datafactory.JsonReadSettingsArgs(type="JsonReadSettings"),
        ),
        first_row_only=False,
    )


def script(
    name: str, statement: Expr, *, after: After | None = None, description: str | None = None
) -> datafactory.ScriptActivityArgs:
    """Change something in the control database: run once, never repeated by the service."""
    return datafactory.ScriptActivityArgs(
        type="Script",
        name=name,
        description=description,
        depends_on=_after(after),
        policy=policy(),
        linked_service_name=linked_services.reference(linked_services.CONTROL),
        scripts=[datafactory.ScriptActivityScriptBlockArgs(type="Query", text=dynamic(statement))],
    )


def copy(
    name: str,
    dataset: str,
    query: Expr,
    *,
    folder: Expr,
    file: Expr | str,
    after: After | None = None,
    retries: int = 0,
    description: str | None = None,
) -> datafactory.CopyActivityArgs:
    """Copy a query's rows to one Parquet file of landing, under its final name."""
    return datafactory.CopyActivityArgs(
        type="Copy",
        name=name,
        description=description,
        depends_on=_after(after),
        policy=policy(COPY_MINUTES, retries),
        inputs=[datasets.reference(dataset)],
        outputs=[
            datasets.reference(datasets.LANDING_PARQUET, folder=dynamic(folder), file=dynamic(file)),
        ],
        source=_postgresql_source(query),
        sink=datafactory.ParquetSinkArgs(
            type="ParquetSink",
            store_settings=datafactory.AzureBlobFSWriteSettingsArgs(type="AzureBlobFSWriteSettings"),
            format_settings=datafactory.ParquetWriteSettingsArgs(type="ParquetWriteSettings"),
        ),
        enable_staging=False,
        validate_data_consistency=True,
    )


def for_each(
    name: str, items: Expr, activities: list, *, at_once: int, after: After | None = None
) -> datafactory.ForEachActivityArgs:
    """Run the activities for each item, some items side by side."""
    return datafactory.ForEachActivityArgs(
        type="ForEach",
        name=name,
        depends_on=_after(after),
        items=expression(items),
        is_sequential=False,
        batch_count=at_once,
        activities=activities,
    )


def when(
    name: str, condition: Expr, then: list, *, after: After | None = None
) -> datafactory.IfConditionActivityArgs:
    """Run the activities if the condition holds."""
    return datafactory.IfConditionActivityArgs(
        type="IfCondition",
        name=name,
        depends_on=_after(after),
        expression=expression(condition),
        if_true_activities=then,
    )


def execute(
    name: str, pipeline: str, parameters: dict[str, Expr | str], *, after: After | None = None
) -> datafactory.ExecutePipelineActivityArgs:
    """Run another pipeline and wait for it; its failure is this activity's."""
    return datafactory.ExecutePipelineActivityArgs(
        type="ExecutePipeline",
        name=name,
        depends_on=_after(after),
        pipeline=datafactory.PipelineReferenceArgs(type="PipelineReference", reference_name=pipeline),
        parameters={key: dynamic(value) for key, value in parameters.items()},
        wait_on_completion=True,
    )


def databricks_job(
    name: str,
    job_id: pulumi.Input[str],
    parameters: dict[str, Expr],
    *,
    minutes: int,
    after: After | None = None,
    description: str | None = None,
) -> datafactory.DatabricksJobActivityArgs:
    """Run a Databricks job and wait for it. Its parameters reach the wheel by name."""
    return datafactory.DatabricksJobActivityArgs(
        type="DatabricksJob",
        name=name,
        description=description,
        depends_on=_after(after),
        policy=policy(minutes),
        linked_service_name=linked_services.reference(linked_services.DATABRICKS),
        job_id=job_id,
        job_parameters={key: dynamic(value) for key, value in parameters.items()},
    )


def post(
    name: str,
    url: pulumi.Input[str],
    body: Expr,
    *,
    audience: str,
    after: After | None = None,
    retries: int = 0,
    description: str | None = None,
) -> datafactory.WebActivityArgs:
    """Post a JSON text, as the factory's identity and without a key.

    Args:
        audience: the service that the token is for, as `https://monitor.azure.com`.
    """
    return datafactory.WebActivityArgs(
        type="WebActivity",
        name=name,
        description=description,
        depends_on=_after(after),
        policy=policy(retries=retries),
        method=datafactory.WebActivityMethod.POST,
        url=url,
        headers={"Content-Type": "application/json"},
        body=dynamic(body),
        authentication=datafactory.WebActivityAuthenticationArgs(
            type="UserAssignedManagedIdentity", resource=audience, credential=linked_services.credential()
        ),
        http_request_timeout="00:01:00",  # the service's shortest and its default
    )


def fail(name: str, message: Expr, code: str, *, after: After | None = None) -> datafactory.FailActivityArgs:
    """End as failed, saying why."""
    return datafactory.FailActivityArgs(
        type="Fail", name=name, depends_on=_after(after), message=dynamic(message), error_code=code
    )


def parameters(**defaults: str | None) -> dict[str, Any]:
    """String parameters of a pipeline by name; None for one that must be given."""
    return {
        name: datafactory.ParameterSpecificationArgs(
            type=datafactory.ParameterType.STRING, default_value=default
        )
        for name, default in defaults.items()
    }
