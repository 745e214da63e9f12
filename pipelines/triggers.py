"""Triggers: when a pipeline runs by itself."""

import datetime
from collections.abc import Mapping

from pulumi_azure_native import datafactory

from pipelines.expr import Expr, dynamic

Parameters = Mapping[str, Expr | str]

# The bounds of the span for which a tumbling window trigger started a run, in ISO 8601.
WINDOW_START = Expr("trigger().outputs.windowStartTime")
WINDOW_END = Expr("trigger().outputs.windowEndTime")


def every_minutes(
    minutes: int, start: str, pipeline: str, parameters: Parameters | None = None
) -> datafactory.ScheduleTriggerArgs:
    """A schedule in UTC.

    Args:
        minutes: from one run to the next.
        start: the time of a first run, in ISO 8601 with a Z; it may be past.
        pipeline: the pipeline that it runs.
        parameters: what it gives the pipeline.
    """
    return datafactory.ScheduleTriggerArgs(
        type="ScheduleTrigger",
        recurrence=datafactory.ScheduleTriggerRecurrenceArgs(
            frequency=datafactory.RecurrenceFrequency.MINUTE,
            interval=minutes,
            start_time=start,
            time_zone="UTC",
        ),
        pipelines=[_runs(pipeline, parameters)],
    )


def daily(
    at: str, start: str, pipeline: str, parameters: Parameters | None = None
) -> datafactory.ScheduleTriggerArgs:
    """Once a day in UTC, for what looks after tables while nobody waits for them. A day that is missed is missed.

    Args:
        at: the time of day, as 02:30.
        start: from when on, in ISO 8601 with a Z; it may be past.
        pipeline: the pipeline that it runs.
        parameters: what it gives the pipeline.

    Raises:
        ValueError: `at` is no time of day.
    """
    time = datetime.time.fromisoformat(at)
    return datafactory.ScheduleTriggerArgs(
        type="ScheduleTrigger",
        recurrence=datafactory.ScheduleTriggerRecurrenceArgs(
            frequency=datafactory.RecurrenceFrequency.DAY,
            interval=1,
            start_time=start,
            time_zone="UTC",
            schedule=datafactory.RecurrenceScheduleArgs(hours=[time.hour], minutes=[time.minute]),
        ),
        pipelines=[_runs(pipeline, parameters)],
    )


def every_window(
    hours: int, start: str, pipeline: str, parameters: Parameters | None = None, retries: int = 3
) -> datafactory.TumblingWindowTriggerArgs:
    """A run for each span of time since `start`, in UTC and one after the other.

    Unlike a schedule it tries a failed run again, and makes up for the spans that passed while it was stopped:
    what compares a span of a table, as reconciliation does, leaves none out.

    Args:
        hours: the length of a span.
        start: where the first span begins, in ISO 8601 with a Z. All spans since a past start are run.
        pipeline: the pipeline that it runs.
        parameters: what it gives the pipeline; `WINDOW_START` and `WINDOW_END` are the span's bounds.
        retries: how often a failed run is tried again, five minutes apart.
    """
    return datafactory.TumblingWindowTriggerArgs(
        type="TumblingWindowTrigger",
        frequency=datafactory.TumblingWindowFrequency.HOUR,
        interval=hours,
        start_time=start,
        max_concurrency=1,  # two spans at once would read one table twice and gain nothing
        retry_policy=datafactory.RetryPolicyArgs(count=retries, interval_in_seconds=300),
        pipeline=_runs(pipeline, parameters),
    )


def _runs(pipeline: str, parameters: Parameters | None) -> datafactory.TriggerPipelineReferenceArgs:
    """What a trigger starts, and with what."""
    return datafactory.TriggerPipelineReferenceArgs(
        pipeline_reference=datafactory.PipelineReferenceArgs(
            type="PipelineReference", reference_name=pipeline
        ),
        parameters={key: dynamic(value) for key, value in (parameters or {}).items()},
    )
