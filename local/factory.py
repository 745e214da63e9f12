"""The local stack's data factory: what was declared of it, run by the runtime on the stack's own parts."""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg
from psycopg.rows import dict_row
from rich.console import Console

from local.adf import Factory, Runtime
from local.adf.history import History, Recorder
from local.adf.runtime.events import Event, PipelineRun
from local.adf.runtime.jobs import JobResult
from local.adf.triggers.store import WindowStore
from local.databricks.jobs import run_job
from local.databricks.server import SparkServer
from local.errors import HighwaterError
from local.lineage.openlineage import LineageLog
from local.stack import LocalStack

JOB = "databricks:index/job:Job"
_PREFIX = "azure-native:datafactory:"
ITEM_KEYS = ("table_name", "path")  # what names an item of this project's loops best


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
        record = self.stack.registry.get(job_id, JOB)
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


def open_runtime(
    stack: LocalStack,
    listener=None,
    on_step: Callable[[str], None] | None = None,
    recorded: Callable[[Path], None] | None = None,
) -> Runtime:
    """A runtime over the declared factory. `on_step` is told of each step, `recorded` of each line recorded.

    Its runs leave their lineage in the state folder.
    """
    lineage = LineageLog(stack, lambda run_id: report(stack, run_id), _warn)

    def hear(event: Event) -> None:
        lineage(event)
        if listener is not None:
            listener(event)

    return Runtime(
        declared_factory(stack),
        stack.state.factory,
        DeclaredJobs(stack),
        hear,
        on_step=on_step,
        recorded=recorded,
    )


def _warn(text: str) -> None:
    Console(stderr=True).print(f"warning: {text}", style="yellow", markup=False)


def warm_up(stack: LocalStack) -> None:
    """Start Spark beside what comes first, so that it is up by the time that a job needs it."""
    if stack.registry.all(JOB):
        SparkServer(stack.state).start_in_background()


def open_history(stack: LocalStack) -> History:
    """The history of the stack's runs; what earlier processes left in files is stored first.

    Raises:
        HighwaterError: the control database can't be reached.
    """
    try:
        return History(stack.conninfo("control"), stack.state.factory)
    except psycopg.OperationalError as error:
        raise HighwaterError(
            "The history of runs can't be read", str(error).strip(), "Run `highwater up`."
        ) from None


def recording(stack: LocalStack, console: Console | None = None) -> Recorder:
    """What stores the records of runs while they run; `console` hears that the history can't be stored."""
    shown = console or Console(stderr=True)
    return Recorder(
        stack.conninfo("control"), lambda text: shown.print(f"warning: {text}", style="yellow", markup=False)
    )


def run_pipeline(
    stack: LocalStack, pipeline: str, parameters: Mapping[str, object], console: Console | None
) -> PipelineRun:
    """Run a declared pipeline to its end, shown live on `console`; in silence when there is none.

    Raises:
        HighwaterError: there is no such pipeline, or it is refused before it starts.
    """
    return _shown(stack, console, lambda runtime: runtime.run(pipeline, dict(parameters)))


def rerun_pipeline(
    stack: LocalStack, prefix: str, console: Console | None, *, from_start: bool = False
) -> PipelineRun:
    """Run an earlier run again: from the activities that failed, or from its start.

    Args:
        prefix: the beginning of its run id.

    Raises:
        HighwaterError: there is no such run, nothing of it failed, or it is refused before it starts.
    """
    with open_history(stack) as history:
        earlier = history.load(history.find(prefix))

        def again(runtime: Runtime) -> PipelineRun:
            return runtime.rerun(earlier, history.load, from_start=from_start)

        result = _shown(stack, console, again)
    # When the earlier run was that of a window, its trigger goes by how the re-run ended.
    WindowStore(stack.conninfo("control")).adopt(earlier.run_id, result.run_id, result.status)
    return result


def _shown(
    stack: LocalStack, console: Console | None, start: Callable[[Runtime], PipelineRun]
) -> PipelineRun:
    """Start a run, recorded in the history and shown live."""
    warm_up(stack)
    with recording(stack, console) as recorded:
        if console is None:
            return start(open_runtime(stack, recorded=recorded))
        from local.adf.console import RunConsole

        with RunConsole(console, item_keys=ITEM_KEYS) as printer:
            return start(open_runtime(stack, printer, recorded=recorded))


def report(stack: LocalStack, run_id: str) -> list[dict]:
    """What a run did to each table: the ledger's own record, one row a table."""
    with psycopg.connect(stack.control, row_factory=dict_row) as connection:
        query = "select * from control.run_report where run_id = %s and table_name is not null"
        return sorted(connection.execute(query, [run_id]).fetchall(), key=lambda row: row["table_name"])
