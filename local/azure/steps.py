"""What the engine does, as it does it: one step a resource."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pulumi.automation.events import EngineEvent, OpType, StepEventMetadata

START, DONE, FAILED = "start", "done", "failed"


@dataclass(frozen=True)
class Step:
    """One resource's operation.

    Attributes:
        op: create, update, replace, delete, read or same; `wait` for an engine that is waited for.
        type: Pulumi's type token.
        name: Pulumi's logical name.
        urn: its URN.
        status: start, done or failed.
        seconds: how long it took; 0 at its start.
        changes: paths of the changed properties, with what happens to each (`update`, `add-replace`, ...).
    """

    op: str
    type: str
    name: str
    urn: str
    status: str
    seconds: float = 0.0
    changes: dict[str, str] = field(default_factory=dict)


OnStep = Callable[[Step], Any]

# A replacement is three steps of the engine; the user sees one.
_OPS = {
    OpType.CREATE_REPLACEMENT: "replace",
    OpType.READ_REPLACEMENT: "read",
    OpType.IMPORT_REPLACEMENT: "replace",
    OpType.REPLACE: None,
    OpType.DELETE_REPLACED: None,
    OpType.DISCARD_REPLACED: None,
    OpType.REMOVE_PENDING_REPLACE: None,
}


class Steps:
    """Takes the engine's events, gives steps to `on_step`, and keeps what happened.

    Attributes:
        finished: every finished step, the stack itself and the providers left out.
        errors: pairs of URN (empty when of no resource) and message, in the order they came.
    """

    def __init__(self, on_step: OnStep | None = None):
        self.finished: list[Step] = []
        self.errors: list[tuple[str, str]] = []
        self._on_step = on_step
        self._began: dict[str, float] = {}
        self._changes: dict[str, dict[str, str]] = {}
        self._told: set[tuple[str, str, str]] = set()
        self._lock = threading.Lock()
        self._begun, self._ended = False, threading.Event()

    def on_event(self, event: EngineEvent) -> None:
        """One event of the engine's stream; called from its own thread."""
        with self._lock:
            self._begun = True
            if event.cancel_event is not None:  # the last one, however the operation ended
                self._ended.set()
            elif event.resource_pre_event is not None:
                self._began[event.resource_pre_event.metadata.urn] = time.monotonic()
                self._step(event.resource_pre_event.metadata, START)
            elif event.res_outputs_event is not None:
                self._step(event.res_outputs_event.metadata, DONE)
            elif event.res_op_failed_event is not None:
                self._step(event.res_op_failed_event.metadata, FAILED)
            elif event.diagnostic_event is not None and event.diagnostic_event.severity == "error":
                self.errors.append((event.diagnostic_event.urn or "", event.diagnostic_event.message.strip()))

    def wait(self, seconds: float = 10.0) -> None:
        """Wait for the end of the stream: the engine's process may end before its last events are taken."""
        if self._begun:
            self._ended.wait(seconds)

    def wait_for(self, pid: int) -> None:
        """Say that the engine of an earlier command is waited for."""
        if self._on_step is not None:
            name = f"the engine of an earlier command (process {pid})"
            self._on_step(Step(op="wait", type="", name=name, urn="", status=START))

    def count(self, op: str) -> int:
        """How many resources ended with this operation done."""
        return sum(step.op == op and step.status == DONE for step in self.finished)

    def _step(self, meta: StepEventMetadata, status: str) -> None:
        op = _OPS.get(meta.op, meta.op.value)
        if op is None or _is_plumbing(meta.type) or (meta.urn, op, status) in self._told:
            return
        self._told.add((meta.urn, op, status))  # a component is done twice: registered, and with its outputs
        if changes := _changes(meta):
            self._changes[meta.urn] = changes
        began = self._began.get(meta.urn)
        step = Step(
            op=op, type=meta.type, name=meta.urn.rpartition("::")[2], urn=meta.urn, status=status,
            seconds=0.0 if status == START or began is None else time.monotonic() - began,
            changes=self._changes.get(meta.urn, {}) if op in ("update", "replace") else {},
        )  # fmt: skip
        if status != START:
            self.finished.append(step)
        if self._on_step is not None:
            self._on_step(step)


def _changes(meta: StepEventMetadata) -> dict[str, str]:
    """What changes, as the provider says; of one that only says that something does, by the inputs before and after."""
    if meta.detailed_diff:
        return {path: diff.diff_kind.value for path, diff in meta.detailed_diff.items()}
    if meta.old is None or meta.new is None:
        return {}
    old, new = meta.old.inputs or {}, meta.new.inputs or {}
    return {
        name: "update" if name in old and name in new else "add" if name in new else "delete"
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    }


def _is_plumbing(type: str) -> bool:
    """The stack itself and the providers: part of the engine's bookkeeping, not of the estate."""
    return type == "pulumi:pulumi:Stack" or type.startswith("pulumi:providers:")


@dataclass(frozen=True)
class Summary:
    """What an operation did, or would do.

    Attributes:
        created, updated, replaced, deleted, unchanged: resources, without the stack and the providers.
        seconds: how long it took.
        steps: every resource's step, with the changed property paths.
        problems: what went wrong without stopping the operation (a destroy goes on to the end).
    """

    created: int
    updated: int
    replaced: int
    deleted: int
    unchanged: int
    seconds: float
    steps: tuple[Step, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def changes(self) -> int:
        """How many resources are not as they were."""
        return self.created + self.updated + self.replaced + self.deleted


def summarized(steps: Steps, began: float, problems: tuple[str, ...] = ()) -> Summary:
    """The summary of what `steps` saw since `began` (time.monotonic())."""
    return Summary(
        created=steps.count("create"),
        updated=steps.count("update"),
        replaced=steps.count("replace"),
        deleted=steps.count("delete"),
        unchanged=steps.count("same"),
        seconds=time.monotonic() - began,
        steps=tuple(steps.finished),
        problems=problems,
    )
