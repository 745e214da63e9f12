"""ExecutePipeline.

https://learn.microsoft.com/azure/data-factory/control-flow-execute-pipeline-activity
"""

import threading

from local.adf.definition import Pipeline
from local.adf.definition.resolve import resolve
from local.adf.errors import ActivityError, RunCancelled, RunRefused, RunStopped
from local.adf.runtime.events import PipelineRun
from local.adf.runtime.handlers import handles
from local.adf.runtime.reuse import Reuse
from local.adf.runtime.runner import run_pipeline, shown_parameters
from local.adf.runtime.task import Task


@handles("ExecutePipeline", required=("pipeline",))
def execute_pipeline(task: Task) -> dict:
    """Run another pipeline. Its failure is this activity's when it waits (by default it does not)."""
    name = task.activity.properties["pipeline"].get("referenceName", "")
    pipeline = task.factory.pipeline(name)
    if pipeline is None:
        raise ActivityError(f"The pipeline '{name}' is not declared.")
    parameters = {
        key: resolve(value, task.context)
        for key, value in (task.activity.properties.get("parameters") or {}).items()
    }
    task.input |= {"pipeline": name, "parameters": shown_parameters(pipeline, parameters)}
    run, settings = task.frame.run, task.frame.run.settings
    waits = bool(task.activity.properties.get("waitOnCompletion", False))
    output: dict = {"pipelineName": name}
    known = threading.Event()
    earlier, reuse = _recovered(task, pipeline)

    def started(run_id: str) -> None:
        output["pipelineRunId"] = run_id
        task.output = output
        known.set()

    def execute() -> PipelineRun:
        return run_pipeline(
            settings,
            pipeline,
            parameters,
            task.stop if waits else run.stop,
            parent={
                "run_id": run.result.run_id,
                "pipeline": run.pipeline.name,
                "activity": task.activity.name,
                "activity_run_id": task.run_id,
                "group": run.system["GroupId"],
            },
            depth=task.frame.depth + 1,
            started=started,
            recovers=earlier,
            reuse=reuse,
        )

    if not waits:
        return _detached(settings.threads, execute, known, output)
    try:
        ended = execute()
    except RunRefused as refused:
        raise ActivityError(str(refused), "2200") from None
    if ended.return_value is not None:
        output["pipelineReturnValue"] = ended.return_value
    if ended.status != "Succeeded":
        error = ended.error or {}
        raise ActivityError(
            error.get("message", f"The pipeline {name} ended as {ended.status}."),
            str(error.get("errorCode", "2200")),
            str(error.get("failureType", "UserError")),
        )
    return output


def _recovered(task: Task, pipeline: Pipeline) -> tuple[PipelineRun | None, Reuse | None]:
    """The pipeline's run in the run that is being recovered, and what may be taken over from it."""
    reuse = task.frame.reuse
    earlier = None if reuse is None else reuse.child(task.frame.join(task.activity.name))
    if earlier is None or earlier.pipeline != pipeline.name:
        return None, None
    try:
        return earlier, Reuse.of(earlier, pipeline, reuse.find)
    except RunRefused as refused:
        raise ActivityError(str(refused), "2200") from None


def _detached(threads: list[threading.Thread], execute, known: threading.Event, output: dict) -> dict:
    """Start it and go on; whether it succeeds is its own record's business."""

    def quietly() -> None:
        try:
            execute()
        except (RunRefused, RunCancelled, RunStopped):  # in its record, or a hook's crash
            known.set()

    thread = threading.Thread(target=quietly, name="pipeline")
    threads.append(thread)
    thread.start()
    known.wait()
    return output
