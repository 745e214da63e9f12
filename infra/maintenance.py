"""Maintenance of a stack: its settings, and the pipeline and trigger that come of them."""

from collections.abc import Callable, Mapping, Sequence

import pulumi
from pulumi_azure_native import datafactory
from pydantic import Field

from infra.section import Section
from infra.sections import Factory
from infra.trigger import Trigger
from pipelines import maintain, triggers

TRIGGER = "every_day"


class Maintenance(Section):
    """When the tables are looked after, and how long what is no longer current is kept."""

    # UTC. The default is night in Europe and evening in America: choose the hour with the fewest changes.
    at: str = Field("02:30", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    # Of a Delta table's removed files. Less than a week may take a file away from a reader or writer that is at
    # work; more than thirty days is longer than Delta keeps the log that names them.
    retention_hours: int = Field(168, ge=168, le=720)
    # From this age on a run begins no further table, since merges wait for it; the next run begins with those.
    minutes: int = Field(10, ge=1, le=720)
    # Superseded attempts of merged windows. No copy is at work for a day.
    attempts_days: int = Field(1, ge=1, le=365)
    # Plans and receipts of runs that are over.
    plans_days: int = Field(30, ge=7, le=3650)

    @property
    def keeping(self) -> maintain.Keeping:
        return maintain.Keeping(self.retention_hours, self.minutes, self.attempts_days, self.plans_days)


def declare(
    settings: Maintenance,
    factory: Factory,
    job: pulumi.Input[str],
    inside: Mapping[str, pulumi.Input[str]],
    options: Callable[..., pulumi.ResourceOptions],
    used: Sequence[pulumi.Resource],
    ready: Sequence[pulumi.Resource],
) -> None:
    """The pipeline, and the trigger that runs it once a day.

    Args:
        factory: the stack's factory settings.
        job: the Databricks job that merges.
        inside: the inputs that say in which factory it is.
        options: makes the options of a resource in the factory that depends on the given ones.
        used: the linked services and datasets.
        ready: what must be there before a pipeline may run by itself.
    """
    pipeline = datafactory.Pipeline(
        maintain.NAME,
        pipeline_name=maintain.NAME,
        **maintain.definition(job, settings.keeping, factory.merge_timeout_minutes),
        **inside,
        opts=options(*used),
    )
    Trigger(
        TRIGGER,
        triggers.daily(settings.at, factory.schedule_start, maintain.NAME, {"tables": maintain.EVERY_TABLE}),
        inside,
        factory,
        options(pipeline, *ready),
    )
