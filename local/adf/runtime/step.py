"""Performs one activity: attempts, time limit, record, events."""

import time
import uuid
from dataclasses import replace

from local.adf.definition import Activity
from local.adf.definition.resolve import resolve
from local.adf.durations import seconds_of
from local.adf.errors import ActivityError, RunCancelled
from local.adf.expressions import ExpressionError
from local.adf.runtime.events import ActivityRun, timestamp
from local.adf.runtime.frame import Frame
from local.adf.runtime.handlers import HANDLERS
from local.adf.runtime.records import redacted
from local.adf.runtime.stop import Stop
from local.adf.runtime.task import Task

DEFAULT_TIMEOUT = 12 * 3600.0
DEFAULT_RETRY_INTERVAL = 30
REUSED = "not run again: its result is that of the run that is being recovered"


def perform(activity: Activity, frame: Frame) -> str:
    """Run an activity to its end; how it counts for those that depend on it: Succeeded, Failed, Skipped.

    Raises:
        RunCancelled: the run is being cancelled.
        RunStopped: a hook raised.
    """
    settings, name = frame.run.settings, frame.step_name(activity.name)
    _check_cancelled(frame)
    if activity.mark_inactive is not None:
        return _not_run(activity, frame, "Inactive", activity.mark_inactive)
    stands = None if frame.reuse is None else frame.reuse.succeeded(activity, frame.join(activity.name))
    if stands is not None:
        return _take_over(activity, frame, stands)
    settings.step(f"{name}:before")
    attempts, interval = _retries(activity, frame)
    for attempt in range(1, attempts + 1):
        ended = _attempt(activity, frame, attempt, again=interval if attempt < attempts else None)
        if ended == "Succeeded" or attempt == attempts:
            break
        settings.sleep(interval, frame.stop)
        _check_cancelled(frame)
    settings.step(f"{name}:after")
    return ended


def skip(activity: Activity, frame: Frame) -> str:
    """Record an activity whose conditions were not met."""
    return _not_run(activity, frame, "Skipped", "Skipped")


def _check_cancelled(frame: Frame) -> None:
    if frame.run.stop.reason is not None:
        raise RunCancelled(frame.run.pipeline.name)


def _retries(activity: Activity, frame: Frame) -> tuple[int, float]:
    """How many attempts, and the seconds between them. A malformed number counts as none."""
    if not HANDLERS[activity.type].has_policy:
        return 1, 0.0
    try:
        policy = resolve(dict(activity.policy), frame.context())
        retry, interval = policy.get("retry"), policy.get("retryIntervalInSeconds")
        return 1 + int(retry or 0), float(DEFAULT_RETRY_INTERVAL if interval is None else interval)
    except (ExpressionError, TypeError, ValueError):
        return 1, 0.0


def _attempt(activity: Activity, frame: Frame, attempt: int, again: float | None) -> str:
    handler = HANDLERS[activity.type]
    limit = seconds_of(activity.policy.get("timeout"), DEFAULT_TIMEOUT) if handler.has_policy else None
    stop = Stop(frame.stop, limit)
    task = Task(activity, frame, stop, str(uuid.uuid4()), attempt)
    run = frame.run
    start, clock = timestamp(), time.monotonic()
    run.record.write(
        "activity_started",
        activity_run_id=task.run_id,
        name=activity.name,
        type=activity.type,
        path=frame.join(activity.name),
        item=frame.shown_item,
        attempt=attempt,
        start=start,
    )
    run.settings.tell(task.event("activity_started"))
    error: ActivityError | None = None
    try:
        output = handler.call(task)
        task.output = {} if output is None else output
    except ActivityError as failed:
        error = failed
    except ExpressionError as failed:
        error = ActivityError(failed.message, "InvalidTemplate")
    except Exception as failed:  # a fault of ours is a failed activity, not a lost run
        error = ActivityError(f"{type(failed).__name__}: {failed}", "InternalError", "SystemError")
        error.__cause__ = failed
    finally:
        stop.close()
    if error is not None and stop.reason == "timeout":
        error = ActivityError(
            f"The activity '{activity.name}' timed out after {limit:g} s"
            f" (policy.timeout {activity.policy.get('timeout', '0.12:00:00')}). {error.message}",
            "Timeout",
        )
    cancelled = run.stop.reason is not None and error is not None
    status = "Cancelled" if cancelled else "Failed" if error else "Succeeded"
    ended = ActivityRun(
        activity_run_id=task.run_id,
        name=activity.name,
        type=activity.type,
        path=frame.join(activity.name),
        status=status,
        start=start,
        end=timestamp(),
        seconds=time.monotonic() - clock,
        attempt=attempt,
        item=frame.shown_item,
        input=task.input,
        output=task.output,
        error=None if error is None else error_of(error, activity.name),
        warnings=task.warnings,
        rows=task.rows,
    )
    _publish(task, ended, again if status == "Failed" else None)
    if cancelled:
        raise RunCancelled(run.pipeline.name)
    return status


def error_of(error: ActivityError, target: str) -> dict:
    """An error as activity('X').error shows it."""
    return {
        "errorCode": error.code,
        "message": error.message,
        "failureType": error.kind,
        "target": target,
        "details": "",
    }


def _publish(task: Task, ended: ActivityRun, again: float | None) -> None:
    """The result for expressions, the record and the listener, in this order."""
    activity, frame = task.activity, task.frame
    frame.results[activity.name] = _shown(ended)
    shown = redacted(ended, activity.policy)
    message = "" if shown.error is None else shown.error["message"]
    if again is not None:
        message += f" (trying again in {again:g} s)"
    frame.run.ended(shown)
    frame.run.settings.tell(
        task.event(
            "activity_ended",
            status=ended.status,
            rows=task.rows,
            seconds=ended.seconds,
            message=message,
            warnings=tuple(ended.warnings),
        )
    )


def _shown(ended: ActivityRun) -> dict:
    """What activity('X') gives."""
    return {
        "output": ended.output,
        "status": ended.status,
        "error": ended.error,
        "ActivityName": ended.name,
        "ActivityType": ended.type,
        "ActivityRunId": ended.activity_run_id,
        "ExecutionStartTime": ended.start,
        "ExecutionEndTime": ended.end,
        "Duration": _duration(ended.seconds),
    }


def _take_over(activity: Activity, frame: Frame, stands: ActivityRun) -> str:
    """Let the result of the run that is being recovered stand, without running the activity again."""
    run_id = str(uuid.uuid4())
    first = stands.reused_from or frame.reuse.run_id
    ended = replace(stands, activity_run_id=run_id, item=frame.shown_item, reused_from=first)
    frame.results[activity.name] = _shown(ended)
    frame.run.ended(ended)
    task = Task(activity, frame, frame.stop, run_id, stands.attempt)
    frame.run.settings.tell(
        task.event("activity_ended", status="Succeeded", rows=stands.rows, message="", warnings=(REUSED,))
    )
    return "Succeeded"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours:02d}:{minutes:02d}:{rest:010.7f}"


def _not_run(activity: Activity, frame: Frame, status: str, counts_as: str) -> str:
    now = timestamp()
    stop = Stop(frame.stop)
    stop.close()
    task = Task(activity, frame, stop, str(uuid.uuid4()), 0)
    ended = ActivityRun(
        task.run_id, activity.name, activity.type, frame.join(activity.name), status, now, now, 0.0, 0,
        frame.shown_item,
    )  # fmt: skip
    frame.results[activity.name] = {"output": None, "status": counts_as, "error": None}
    frame.run.ended(ended)
    frame.run.settings.tell(task.event("activity_ended", status=status))
    return counts_as
