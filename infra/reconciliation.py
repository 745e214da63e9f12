"""Reconciliation of a stack: its settings, and the trigger that runs the pipeline for one span after the other."""

from collections.abc import Callable, Mapping, Sequence

import pulumi
from pydantic import Field

from infra.section import Section
from infra.sections import Factory
from infra.trigger import Trigger
from pipelines import ingest, requests, triggers

TRIGGER = "every_window"
# Azure keeps a window's state by these, and takes no change of them: another trigger takes the old one's place
# (github.com/MicrosoftDocs/azure-docs/issues/52805).
_FIXED = ["properties.frequency", "properties.interval", "properties.startTime"]


class Reconciliation(Section):
    """How often keys are compared with the source, of the tables whose contract sees deletes by keys."""

    hours: int = Field(24, ge=1, le=744)
    # Where the first span begins. The spans between it and the first deployment are made up for, and compare once.
    start: str = Field("2026-11-01T03:30:00Z", pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")


def declare(
    settings: Reconciliation,
    factory: Factory,
    inside: Mapping[str, pulumi.Input[str]],
    options: Callable[..., pulumi.ResourceOptions],
    pipeline: pulumi.Resource,
    ready: Sequence[pulumi.Resource],
) -> None:
    """The tumbling window trigger of the pipeline `reconcile`.

    A comparison is of a whole table as it is now, so a span's run tells the pipeline its end alone: a table that was
    compared since then is left out, and many missed spans read its keys once.

    Args:
        factory: the stack's factory settings.
        inside: the inputs that say in which factory it is.
        options: makes the options of a resource in the factory that depends on the given ones.
        pipeline: the pipeline `reconcile`.
        ready: what must be there before a pipeline may run by itself.
    """
    given = {"tables": ingest.EVERY_TABLE, "due": triggers.WINDOW_END}
    Trigger(
        TRIGGER,
        triggers.every_window(settings.hours, settings.start, requests.RECONCILE, given),
        inside,
        factory,
        pulumi.ResourceOptions.merge(
            options(pipeline, *ready),
            pulumi.ResourceOptions(replace_on_changes=_FIXED, delete_before_replace=True),
        ),
    )
