"""The lines of a run's record as rows of the history's tables."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

_NUL = "\x00"


@dataclass
class Batch:
    """Rows to write, in the order in which they may be written.

    Attributes:
        ended: whether the run's end is among them.
    """

    started: list[dict] = field(default_factory=list)
    status: list[dict] = field(default_factory=list)
    begun: list[dict] = field(default_factory=list)
    done: list[dict] = field(default_factory=list)
    finished: list[dict] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        return bool(self.finished)


def batch_of(run_id: str, lines: Iterable[tuple[int, dict]]) -> Batch:
    """The rows of some lines, each with its place in the file. A start is left out when its end is there too."""
    batch = Batch()
    begun: dict[str, dict] = {}
    for position, line in lines:
        kind = line.get("event")
        if kind == "pipeline_started":
            batch.started.append(_started(line))
        elif kind in ("pipeline_queued", "pipeline_running"):
            status = "Queued" if kind == "pipeline_queued" else "InProgress"
            batch.status.append({"run_id": run_id, "status": status})
        elif kind == "activity_started":
            begun[line["activity_run_id"]] = _activity(run_id, position, {**line, "status": "InProgress"})
        elif kind == "activity_ended":
            begun.pop(line["activity_run_id"], None)
            batch.done.append(_activity(run_id, position, line))
        elif kind == "pipeline_ended":
            batch.finished.append(_finished(line))
    batch.begun = list(begun.values())
    return batch


def _started(line: dict) -> dict:
    return {
        "run_id": line["run_id"],
        "pipeline": _text(line["pipeline"]),
        "parameters": dumps(line["parameters"]),
        "trigger": dumps(line.get("trigger")),
        "parent": dumps(line.get("parent")),
        "run_group_id": line.get("group") or line["run_id"],
        "rerun_of": line.get("rerun_of"),
        "started_at": moment(line["start"]),
        "owner": dumps(line.get("owner")),
    }


def _finished(line: dict) -> dict:
    return {
        "run_id": line["run_id"],
        "status": line["status"],
        "error": dumps(line["error"]),
        "return_value": dumps(line["return_value"]),
        "ended_at": moment(line["end"]),
        "seconds": line["seconds"],
    }


def _activity(run_id: str, position: int, line: dict) -> dict:
    return {
        "activity_run_id": line["activity_run_id"],
        "run_id": run_id,
        "name": _text(line["name"]),
        "type": _text(line["type"]),
        "path": _text(line["path"]),
        "status": line["status"],
        "attempt": line["attempt"],
        "item": dumps(line.get("item")),
        "input": dumps(line.get("input")),
        "output": dumps(line.get("output")),
        "error": dumps(line.get("error")),
        "warnings": dumps(line.get("warnings") or None),
        "row_count": line.get("rows"),
        "reused_from": line.get("reused_from"),
        "started_at": moment(line["start"]),
        "ended_at": moment(line["end"]) if line.get("end") else None,
        "seconds": line.get("seconds"),
        "position": position,
    }


def moment(text: str) -> datetime:
    """A record's time: 2024-01-31T10:15:30.1234567Z; a database knows no tenth of a microsecond."""
    return datetime.fromisoformat(text[:26] + "+00:00")


def dumps(value: object) -> str | None:
    """JSON as PostgreSQL takes it: ASCII, for text may hold half a character; None for null."""
    if value is None:
        return None
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        return json.dumps(_without_nan(value))


def _without_nan(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, list):
        return [_without_nan(one) for one in value]
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    return value


def _text(value: str) -> str:
    """Text as PostgreSQL takes it."""
    return value.replace(_NUL, "\ufffd").encode("utf-8", "replace").decode()
