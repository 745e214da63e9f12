"""One run of one pipeline, from its parameters to its outcome."""

import time
import uuid
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence

from local.adf.definition import Factory, Pipeline
from local.adf.errors import RunCancelled, RunRefused
from local.adf.expressions import OUTSIDE
from local.adf.runtime.events import Event, PipelineRun, timestamp
from local.adf.runtime.frame import Frame, Run, Settings
from local.adf.runtime.group import run_group
from local.adf.runtime.owner import this_process
from local.adf.runtime.parameters import bind, initial_variables
from local.adf.runtime.queue import slot
from local.adf.runtime.records import SECRET, RunRecord
from local.adf.runtime.reuse import Reuse
from local.adf.runtime.stop import Stop


def run_pipeline(
    settings: Settings,
    pipeline: Pipeline,
    parameters: Mapping[str, object],
    stop: Stop,
    *,
    parent: dict | None = None,
    depth: int = 0,
    trigger: Mapping[str, object] | None = None,
    started: Callable[[str], None] | None = None,
    warnings: Sequence[str] = (),
    run_id: str | None = None,
    recovers: PipelineRun | None = None,
    reuse: Reuse | None = None,
) -> PipelineRun:
    """Run one pipeline, started by itself or by an activity of another (its `parent`).

    Args:
        trigger: TriggerName and what else pipeline() shows of the trigger.
        run_id: the id that it gets; a new one by default.
        recovers: the run that this one recovers; `reuse` is what it takes over from it.
    """
    values = bind(pipeline, parameters)
    run_id = run_id or str(uuid.uuid4())
    result = PipelineRun(
        run_id, pipeline.name, "InProgress", shown_parameters(pipeline, values), timestamp(), parent=parent,
        group=_group(run_id, parent, recovers),
        rerun_of=None if recovers is None else recovers.run_id,
        trigger=dict(trigger) if trigger else None,
    )  # fmt: skip
    clock = time.monotonic()

    def tell(kind: str, **fields: object) -> None:
        settings.tell(
            Event(
                kind, result.run_id, pipeline.name, depth, result.run_id, pipeline.name, "Pipeline", **fields
            )
        )

    if started is not None:
        started(result.run_id)
    record = RunRecord(settings.runs_dir, result.run_id, settings.recorded)

    def queued() -> None:
        record.write("pipeline_queued")
        tell("pipeline_queued", status="Queued")

    try:
        record.write(
            "pipeline_started",
            run_id=result.run_id,
            pipeline=pipeline.name,
            parameters=result.parameters,
            start=result.start,
            parent=parent,
            group=result.group,
            rerun_of=result.rerun_of,
            trigger=result.trigger,
            owner=this_process(),
        )
        run_stop = Stop(stop)
        with slot(settings.locks_dir, pipeline.name, pipeline.concurrency, run_stop, queued):
            record.write("pipeline_running")
            tell("pipeline_started", warnings=tuple(warnings))
            run = Run(
                settings, pipeline, result, record, run_stop,
                system=_system(settings.factory, result, values, trigger or {}),
                variables=initial_variables(pipeline), depth=depth,
            )  # fmt: skip
            _execute(run, reuse)
        run_stop.close()
    except RunRefused as refused:
        result.status, result.error = "Failed", _error("RunRefused", str(refused), pipeline.name)
        raise
    except (RunCancelled, KeyboardInterrupt):
        result.status = "Cancelled"
        result.error = _error("Cancelled", "The run was cancelled.", pipeline.name)
        if parent is not None:
            raise
    finally:
        if result.status != "InProgress":  # a run that a hook stopped has no end, as one that was killed
            result.end, result.seconds = timestamp(), time.monotonic() - clock
            record.write(
                "pipeline_ended",
                run_id=result.run_id,
                status=result.status,
                error=result.error,
                return_value=result.return_value,
                end=result.end,
                seconds=result.seconds,
            )
            message = "" if result.error is None else result.error["message"]
            tell("pipeline_ended", status=result.status, seconds=result.seconds, message=message)
        record.close()
    return result


def _group(run_id: str, parent: Mapping | None, recovers: PipelineRun | None) -> str:
    """The id that a run shares with those that recover it, and with the run that executed it."""
    if parent is not None:
        return parent.get("group", run_id)
    return run_id if recovers is None else recovers.group or recovers.run_id


def _execute(run: Run, reuse: Reuse | None) -> None:
    frame = Frame(run, "", run.depth + 1, OUTSIDE, ChainMap({}), run.stop, reuse)
    failed = run_group(run.pipeline.activities, frame)
    run.result.status = "Failed" if failed else "Succeeded"
    if failed:
        name, error = failed[0]
        run.result.error = {
            "errorCode": error.get("errorCode", "2000"),
            "message": f"Operation on target {name} failed: {error.get('message', 'marked as failed')}",
            "failureType": error.get("failureType", "UserError"),
            "target": name,
            "details": "",
        }


def _error(code: str, message: str, target: str) -> dict:
    return {
        "errorCode": code,
        "message": message,
        "failureType": "UserError",
        "target": target,
        "details": "",
    }


def shown_parameters(pipeline: Pipeline, values: Mapping[str, object]) -> dict:
    """The parameters as they may be shown: those declared as secure left out."""
    secure = {
        name
        for name, one in pipeline.parameters.items()
        if str(one.get("type", "")).lower() == "securestring"
    }
    return {name: SECRET if name in secure else value for name, value in values.items()}


def _system(factory: Factory, result: PipelineRun, values: dict, trigger: Mapping[str, object]) -> dict:
    """What pipeline() gives."""
    triggered = {
        "TriggerType": "Manual",
        "TriggerId": result.run_id,
        "TriggerName": "Manual",
        "TriggerTime": result.start,
    } | dict(trigger)
    called = {}
    if result.parent is not None:
        called = {
            "TriggeredByPipelineName": result.parent["pipeline"],
            "TriggeredByPipelineRunId": result.parent["run_id"],
        }
    return {
        "DataFactory": factory.name,
        "Pipeline": result.pipeline,
        "RunId": result.run_id,
        "GroupId": result.group,
        **triggered,
        **called,
        "parameters": values,
        "globalParameters": dict(factory.global_parameters),
    }
