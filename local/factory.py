"""The local stack's data factory: what was declared of it, run by the runtime on the stack's own parts."""

import threading
from collections.abc import Callable, Mapping

import psycopg
from psycopg.rows import dict_row
from rich.console import Console

from local.adf import Factory, Runtime
from local.adf.runtime.events import PipelineRun
from local.adf.runtime.jobs import JobResult
from local.databricks.jobs import run_job
from local.databricks.server import SparkServer
from local.errors import HighwaterError
from local.stack import LocalStack

_JOB = "databricks:index/job:Job"
_PREFIX = "azure-native:datafactory:"


class DeclaredJobs:
    """Runs the stack's declared Databricks jobs; the runtime's `JobRunner`."""

    def __init__(self, stack: LocalStack):
        self.stack = stack

    def run(
        self,
        job_id: str,
        parameters: Mapping[str, str],
        on_line: Callable[[str], None],
        *,
        timeout: float | None,
        cancel: threading.Event,
    ) -> JobResult:
        """Run the job of this id and wait for it.

        Raises:
            HighwaterError: no job of this id is declared, or Spark can't be started.
        """
        record = self.stack.registry.get(job_id, _JOB)
        if record is None:
            raise HighwaterError(
                "The Databricks job can't run", f"no job {job_id} is declared", "Run `highwater up`."
            )
        run = run_job(self.stack.state, record, parameters, on_line, timeout, cancel)
        return JobResult(run.run_id, run.log.as_uri(), run.state, run.message)


def declared_factory(stack: LocalStack) -> Factory:
    """The factory as Pulumi declared it: pipelines, datasets and linked services by name."""
    registry = stack.registry
    factories = registry.all(_PREFIX + "Factory")
    generic = [
        r
        for r in registry.all("azure-native:resources:Resource")
        if r.inputs["resourceType"] == "linkedservices"
    ]
    return Factory(
        pipelines={r.name: r.inputs for r in registry.all(_PREFIX + "Pipeline")},
        datasets={r.name: r.inputs["properties"] for r in registry.all(_PREFIX + "Dataset")},
        linked_services={r.name: r.inputs["properties"] for r in registry.all(_PREFIX + "LinkedService")}
        | {r.inputs["resourceName"]: r.inputs["properties"] for r in generic},
        name=factories[0].name if factories else "factory",
    )


def open_runtime(stack: LocalStack, listener=None, on_step: Callable[[str], None] | None = None) -> Runtime:
    """A runtime over the declared factory. `on_step` is told of each step before and after it."""
    return Runtime(
        declared_factory(stack), stack.state.factory, DeclaredJobs(stack), listener, on_step=on_step
    )


def run_pipeline(
    stack: LocalStack, pipeline: str, parameters: Mapping[str, object], console: Console | None
) -> PipelineRun:
    """Run a declared pipeline to its end, shown live on `console`; in silence when there is none.

    Raises:
        HighwaterError: there is no such pipeline, or it is refused before it starts.
    """
    SparkServer(stack.state).start_in_background()  # it is up by the time that the job needs it
    if console is None:
        return open_runtime(stack).run(pipeline, dict(parameters))
    from local.adf.console import RunConsole

    with RunConsole(console, item_keys=("table_name", "path")) as printer:
        return open_runtime(stack, printer).run(pipeline, dict(parameters))


def report(stack: LocalStack, run_id: str) -> list[dict]:
    """What a run did to each table: the ledger's own record, one row a table."""
    with psycopg.connect(stack.control, row_factory=dict_row) as connection:
        query = "select * from control.run_report where run_id = %s and table_name is not null"
        return sorted(connection.execute(query, [run_id]).fetchall(), key=lambda row: row["table_name"])
