"""The triggers that can be fired.

https://learn.microsoft.com/azure/data-factory/concepts-pipeline-execution-triggers
https://learn.microsoft.com/azure/data-factory/how-to-create-tumbling-window-trigger
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from local.adf.triggers.schedule import Recurrence
from local.errors import HighwaterError

_UNITS = {"Minute": timedelta(minutes=1), "Hour": timedelta(hours=1)}


class TriggerError(HighwaterError):
    """A trigger that can't be fired as it is declared."""

    def __init__(self, trigger: str, why: str):
        super().__init__(
            f"The trigger {trigger} can't be fired as it is declared:",
            why,
            "Correct the declaration; docs/adf-runtime.md lists what is supported.",
        )


@dataclass(frozen=True)
class Target:
    """A pipeline to run, and its parameters with their expressions."""

    pipeline: str
    parameters: Mapping[str, object]


@dataclass(frozen=True)
class ScheduleTrigger:
    """Runs pipelines at the times of a calendar, and does not wait for them."""

    name: str
    recurrence: Recurrence
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class Dependency:
    """The windows that one depends on: `offset` from its start, for `size` (its own size by default)."""

    trigger: str
    offset: timedelta
    size: timedelta | None


@dataclass(frozen=True)
class WindowTrigger:
    """Runs a pipeline for each of a row of windows, and sees to it that each is done.

    Attributes:
        frequency: Minute, Hour or Month.
        end: no window ends after it.
        retries: how often a failed run is repeated, `retry_seconds` later.
    """

    name: str
    frequency: str
    interval: int
    start: datetime
    end: datetime | None
    delay: timedelta
    max_concurrency: int
    retries: int
    retry_seconds: float
    depends_on: tuple[Dependency, ...]
    target: Target

    @property
    def size(self) -> timedelta:
        """Of a window of minutes or hours."""
        return self.interval * _UNITS[self.frequency]


Trigger = ScheduleTrigger | WindowTrigger
