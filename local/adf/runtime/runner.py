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
from local.adf.runtime.parameters import bind, initial_variables
from local.adf.runtime.queue import slot
from local.adf.runtime.records import SECRET, RunRecord
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
) -> PipelineRun:
    """Run one pipeline, started by itself or by an activity of another (its `parent`)."""
    values = bind(pipeline, parameters)
    result = PipelineRun(str(uuid.uuid4()), pipeline.name, "InProgress", values, timestamp(), parent=parent)
    clock = time.monotonic()

    def tell(kind: str, **fields: object) -> None:
        settings.tell(
            Event(
                kind, result.run_id, pipeline.name, depth, result.run_id, pipeline.name, "Pipeline", **fields
            )
        )

    if started is not None:
        started(result.run_id)
    record = RunRecord(settings.runs_dir, result.run_id)
    try:
        record.write(
            "pipeline_started",
            run_id=result.run_id,
            pipeline=pipeline.name,
            parameters=_shown(pipeline, values),
            start=result.start,
            parent=parent,
        )
        run_stop = Stop(stop)
        with slot(
            settings.locks_dir,
            pipeline.name,
            pipeline.concurrency,
            run_stop,
            lambda: tell("pipeline_queued", status="Queued"),
        ):
            tell("pipeline_started", warnings=tuple(warnings))
            run = Run(
                settings, pipeline, result, record, run_stop,
                system=_system(settings.factory, result, values, trigger or {}),
                variables=initial_variables(pipeline), depth=depth,
            )  # fmt: skip
            _execute(run)
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


def _execute(run: Run) -> None:
    frame = Frame(run, "", run.depth + 1, OUTSIDE, ChainMap({}), run.stop)
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


def _shown(pipeline: Pipeline, values: dict) -> dict:
    """The parameters with those declared as secure left out."""
    return {
        name: SECRET if str(pipeline.parameters[name].get("type", "")).lower() == "securestring" else value
        for name, value in values.items()
    }


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
        "GroupId": result.run_id if result.parent is None else result.parent.get("group", result.run_id),
        **triggered,
        **called,
        "parameters": values,
        "globalParameters": dict(factory.global_parameters),
    }
