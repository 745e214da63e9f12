"""What a run tells whoever listens, and what is recorded of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

# Interrupted is ours: the process that ran it died. A service that never dies has no name for it.
Status = Literal[
    "InProgress", "Queued", "Succeeded", "Failed", "Skipped", "Inactive", "Cancelled", "Interrupted"
]


def timestamp() -> str:
    """Now, in UTC, as records and expressions have it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


@dataclass
class ActivityRun:
    """One activity in one run, once it has ended.

    Attributes:
        path: where it stands: `Load tables[2]/Load table`; the number counts the items of a loop.
        item: the item of the loop that it is in, None outside of one.
        attempt: how many times it was tried.
        input, output: as the service shows them; "***" where the policy says secure.
        error: {errorCode, message, failureType, target}, None unless it failed.
        warnings: limits of the service that it came up against.
        rows: rows moved or returned, None where that means nothing.
        reused_from: the run whose result was taken over by a run that recovers it.
    """

    activity_run_id: str
    name: str
    type: str
    path: str
    status: Status
    start: str
    end: str
    seconds: float
    attempt: int = 1
    item: object = None
    input: object = None
    output: object = None
    error: dict | None = None
    warnings: list[str] = field(default_factory=list)
    rows: int | None = None
    reused_from: str | None = None


@dataclass
class PipelineRun:
    """One run of a pipeline.

    Attributes:
        activities: what ended in it, in the order of ending. Those of a pipeline that it executed are in
            that run's own record: the output of ExecutePipeline has its run id.
        error: {errorCode, message, failureType, target} of the first failure that decided, None otherwise.
        parent: run id and activity that executed it, None when it was started by itself.
        group: run id of the first of the runs that recover one another; its own when it recovers none.
        rerun_of: the run that it recovers, None for a run of its own.
        trigger: {name, type, time, ...} of what started it, None when somebody did.
    """

    run_id: str
    pipeline: str
    status: Status
    parameters: dict
    start: str
    end: str = ""
    seconds: float = 0.0
    activities: list[ActivityRun] = field(default_factory=list)
    error: dict | None = None
    return_value: dict | None = None
    parent: dict | None = None
    group: str = ""
    rerun_of: str | None = None
    trigger: dict | None = None

    @property
    def message(self) -> str:
        """Why it did not succeed, empty when it did."""
        return "" if self.error is None else self.error["message"]

    def activity(self, name: str) -> ActivityRun:
        """The last run of the activity of this name. KeyError when it did not run."""
        found = [one for one in self.activities if one.name == name]
        if not found:
            raise KeyError(name)
        return found[-1]


Kind = Literal[
    "pipeline_queued",
    "pipeline_started",
    "pipeline_ended",
    "activity_started",
    "activity_progress",
    "activity_ended",
]


@dataclass(frozen=True)
class Event:
    """Something that happened in a run.

    Attributes:
        depth: 0 for the pipeline that was started, one more for every container and child pipeline.
        key: the same in all events of one activity run, or of one pipeline run.
        message: what to show: the progress, or why it failed.
        rows: rows moved or returned so far, None where that means nothing.
    """

    kind: Kind
    run_id: str
    pipeline: str
    depth: int
    key: str
    name: str
    type: str
    path: str = ""
    status: Status = "InProgress"
    item: object = None
    attempt: int = 1
    rows: int | None = None
    seconds: float = 0.0
    message: str = ""
    warnings: tuple[str, ...] = ()
    at: float = field(default_factory=time.monotonic)


Listener = Callable[[Event], None]
