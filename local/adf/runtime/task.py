"""One attempt at one activity, as the code that performs it sees it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from local.adf.definition import Activity, Factory
from local.adf.definition.resolve import Connection, Data, connection, data, resolve
from local.adf.errors import ActivityError
from local.adf.expressions import Context
from local.adf.runtime.events import Event
from local.adf.runtime.frame import Frame
from local.adf.runtime.handlers import HANDLERS
from local.adf.runtime.stop import Stop

_REQUIRED = object()
MAX_PAYLOAD = 896 * 1024


@dataclass
class Task:
    """What an activity is performed with.

    Attributes:
        stop: ends this attempt: its time limit, or the run being cancelled.
        input: what was evaluated for it, for the record.
        output: what it gives so far; kept when it fails.
        rows: rows moved or returned, for whoever watches.
    """

    activity: Activity
    frame: Frame
    stop: Stop
    run_id: str
    attempt: int
    input: dict = field(default_factory=dict)
    output: object = None
    warnings: list[str] = field(default_factory=list)
    rows: int | None = None

    @property
    def context(self) -> Context:
        return self.frame.context()

    @property
    def factory(self) -> Factory:
        return self.frame.run.settings.factory

    def value(self, key: str, default: object = _REQUIRED) -> object:
        """A property with its expressions evaluated; recorded as part of the input."""
        if self.activity.properties.get(key) is None:
            if default is _REQUIRED:
                raise ActivityError(f"The activity '{self.activity.name}' has no '{key}'.")
            return default
        found = resolve(self.activity.properties[key], self.context)
        self.input[key] = found
        self._check_payload(found)
        return found

    def _check_payload(self, value: object) -> None:
        """https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits"""
        if not isinstance(value, str | list | dict) or not HANDLERS[self.activity.type].has_policy:
            return
        size = len(json.dumps(self.input, ensure_ascii=False, default=str).encode("utf-8", "replace"))
        if size > MAX_PAYLOAD:
            raise ActivityError(
                f"The payload of '{self.activity.name}' is {size:,} bytes; an activity run may have {MAX_PAYLOAD:,}"
                " (896 KB). Check for settings with very large values.",
                "2002",
            )

    def data(self, reference: Mapping) -> Data:
        """The dataset that a reference names, with its values."""
        return data(self.factory, reference, self.context)

    def connection(self) -> Connection:
        """The activity's own linked service."""
        if self.activity.linked_service is None:
            raise ActivityError(f"The activity '{self.activity.name}' names no linked service.")
        return connection(self.factory, self.activity.linked_service, self.context)

    def warn(self, message: str) -> None:
        """Say loudly what the service would do in silence."""
        if message not in self.warnings:
            self.warnings.append(message)

    def progress(self, message: str = "", rows: int | None = None) -> None:
        """Tell the listener how far it is."""
        self.rows = self.rows if rows is None else rows
        self.frame.run.settings.tell(self.event("activity_progress", message=message, rows=rows))

    def step(self, moment: str) -> None:
        """Call the hook, outside of what the activity's own errors cover."""
        self.frame.run.settings.step(f"{self.frame.step_name(self.activity.name)}:{moment}")

    def event(self, kind: str, **fields: object) -> Event:
        run = self.frame.run
        return Event(
            kind=kind,
            run_id=run.result.run_id,
            pipeline=run.pipeline.name,
            depth=self.frame.depth,
            key=self.run_id,
            name=self.activity.name,
            type=self.activity.type,
            path=self.frame.join(self.activity.name),
            item=self.frame.shown_item,
            attempt=self.attempt,
            **fields,
        )
