"""Triggers: when a pipeline runs by itself."""

from pulumi_azure_native import datafactory

from pipelines.expr import Expr, dynamic


def every_minutes(
    minutes: int, start: str, pipeline: str, parameters: dict[str, Expr | str] | None = None
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
        pipelines=[
            datafactory.TriggerPipelineReferenceArgs(
                pipeline_reference=datafactory.PipelineReferenceArgs(
                    type="PipelineReference", reference_name=pipeline
                ),
                parameters={key: dynamic(value) for key, value in (parameters or {}).items()},
            )
        ],
    )
