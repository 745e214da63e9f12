"""Reads triggers as they were declared, as ARM has them or as Pulumi sends them.

https://learn.microsoft.com/azure/data-factory/concepts-pipeline-execution-triggers
https://learn.microsoft.com/azure/data-factory/how-to-create-tumbling-window-trigger
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from local.adf.durations import is_span, seconds_of
from local.adf.expressions.functions.windows_zones import WINDOWS_ZONES
from local.adf.triggers.model import (
    Dependency,
    ScheduleTrigger,
    Target,
    Trigger,
    TriggerError,
    WindowTrigger,
)
from local.adf.triggers.schedule import FREQUENCIES, WEEK_DAYS, Recurrence

SELF, OTHER = "SelfDependencyTumblingWindowTriggerReference", "TumblingWindowTriggerDependencyReference"
MAX_INTERVAL, MAX_CONCURRENCY, MAX_DEPENDENCIES = 1000, 50, 5
MIN_WINDOW = timedelta(minutes=5)
_SEVENTH_DIGIT = re.compile(r"(\.\d{6})\d+")


def read(name: str, definition: Mapping) -> Trigger:
    """A trigger from its definition.

    Raises:
        TriggerError: it is of an unsupported type, or something in it is missing or wrong.
    """
    outer = definition.get("properties")
    inner = dict(outer if isinstance(outer, Mapping) else definition)
    found = {**inner, **(inner.get("typeProperties") or {})}
    reader = {"ScheduleTrigger": _schedule, "TumblingWindowTrigger": _windows}.get(str(found.get("type")))
    if reader is None:
        raise TriggerError(name, f"triggers of type {found.get('type')} are not supported")
    return reader(_Reader(name, found))


@dataclass(frozen=True)
class _Reader:
    """Takes values out of a definition, and names what is wrong."""

    name: str
    found: Mapping

    def refuse(self, why: str) -> TriggerError:
        return TriggerError(self.name, why)

    def inside(self, key: str) -> "_Reader":
        return _Reader(self.name, self.found.get(key) or {})

    def choice(self, key: str, allowed: tuple[str, ...]) -> str:
        value = str(self.found.get(key) or "")
        for one in allowed:
            if one.lower() == value.lower():
                return one
        raise self.refuse(f"{key} is '{value}'; supported are {', '.join(allowed)}")

    def number(self, key: str, default: int | None, low: int, high: int) -> int:
        value = self.found.get(key, default)
        try:
            found = int(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            found = low - 1
        if not low <= found <= high or isinstance(value, bool):
            raise self.refuse(f"{key} is {value!r}; it must be a whole number of {low} to {high}")
        return found

    def numbers(self, key: str, allowed: set[int]) -> tuple[int, ...] | None:
        values = self.found.get(key)
        if values in (None, []):
            return None
        values = values if isinstance(values, list) else [values]
        try:
            found = tuple(sorted({int(value) for value in values}))
        except (TypeError, ValueError):
            found = (max(allowed) + 1,)
        if not set(found) <= allowed:
            raise self.refuse(f"{key} is {values!r}; allowed are {min(allowed)} to {max(allowed)}")
        return found

    def moment(self, key: str, zone: ZoneInfo, required: bool = False) -> datetime | None:
        """A time as written, on the clock of the zone unless it has an offset of its own, in UTC."""
        value = self.found.get(key)
        if value in (None, ""):
            if required:
                raise self.refuse(f"it has no {key}")
            return None
        try:
            found = datetime.fromisoformat(_SEVENTH_DIGIT.sub(r"\1", str(value)))
        except ValueError:
            raise self.refuse(f"{key} is {value!r}, which is no time in ISO 8601") from None
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)

    def span(self, key: str, default: timedelta | None, signed: bool = False) -> timedelta | None:
        value = self.found.get(key)
        if value in (None, ""):
            return default
        text = str(value)
        minus = signed and text.startswith("-")
        if not is_span(text[1:] if minus else text):
            raise self.refuse(f"{key} is {value!r}, which is no time span: [d.]hh:mm:ss")
        found = timedelta(seconds=seconds_of(text[1:] if minus else text, 0))
        return -found if minus else found

    def target(self, found: Mapping) -> Target:
        pipeline = (found.get("pipelineReference") or {}).get("referenceName")
        if not pipeline:
            raise self.refuse("it names no pipeline")
        return Target(pipeline, found.get("parameters") or {})


def _schedule(reader: _Reader) -> ScheduleTrigger:
    targets = tuple(reader.target(one) for one in reader.found.get("pipelines") or ())
    if not targets:
        raise reader.refuse("it names no pipeline")
    return ScheduleTrigger(reader.name, _recurrence(reader.inside("recurrence")), targets)


def _recurrence(reader: _Reader) -> Recurrence:
    frequency = reader.choice("frequency", FREQUENCIES)
    zone = _zone(reader)
    schedule = reader.inside("schedule")
    months, hours = {*range(1, 32), *range(-31, 0)}, set(range(24))
    recurrence = Recurrence(
        frequency=frequency,
        interval=reader.number("interval", 1, 1, MAX_INTERVAL),
        start=reader.moment("startTime", zone, required=True),  # type: ignore[arg-type]
        end=reader.moment("endTime", zone),
        zone=zone,
        minutes=schedule.numbers("minutes", set(range(60))),
        hours=schedule.numbers("hours", hours),
        week_days=_week_days(schedule),
        month_days=schedule.numbers("monthDays", months),
        occurrences=_occurrences(schedule),
    )
    rules = {"minutes": ("Day", "Week", "Month"), "hours": ("Day", "Week", "Month"), "weekDays": ("Week",),
             "monthDays": ("Month",), "monthlyOccurrences": ("Month",)}  # fmt: skip
    for key, value in schedule.found.items():
        if value and frequency not in rules.get(key, ()):
            allowed = " or ".join(rules.get(key, ())) or "no frequency"
            raise reader.refuse(f"schedule.{key} goes with {allowed}, not with {frequency}")
    return recurrence


def _zone(reader: _Reader) -> ZoneInfo:
    name = str(reader.found.get("timeZone") or "UTC")
    known = WINDOWS_ZONES.get("UTC" if name.upper() == "UTC" else name)
    if known is None:
        raise reader.refuse(f"timeZone is '{name}', which is no Windows name of a time zone")
    return ZoneInfo(known)


def _week_day(reader: _Reader, value: object) -> int:
    for number, one in enumerate(WEEK_DAYS):
        if one.lower() == str(value).lower():
            return number
    raise reader.refuse(f"'{value}' is no day of the week")


def _week_days(reader: _Reader) -> tuple[int, ...] | None:
    values = reader.found.get("weekDays")
    return tuple(sorted({_week_day(reader, value) for value in values})) if values else None


def _occurrences(reader: _Reader) -> tuple[tuple[int, int], ...] | None:
    values = reader.found.get("monthlyOccurrences")
    if not values:
        return None
    return tuple(
        (_week_day(reader, one.get("day")), _Reader(reader.name, one).number("occurrence", 0, -5, 5))
        for one in values
    )


def _windows(reader: _Reader) -> WindowTrigger:
    retry = reader.inside("retryPolicy")
    frequency = reader.choice("frequency", ("Minute", "Hour", "Month"))
    trigger = WindowTrigger(
        name=reader.name,
        frequency=frequency,
        interval=reader.number("interval", None, 1, 100_000),
        start=reader.moment("startTime", ZoneInfo("Etc/UTC"), required=True),  # type: ignore[arg-type]
        end=reader.moment("endTime", ZoneInfo("Etc/UTC")),
        delay=reader.span("delay", timedelta()),  # type: ignore[arg-type]
        max_concurrency=reader.number("maxConcurrency", None, 1, MAX_CONCURRENCY),
        retries=retry.number("count", 0, 0, 1_000),
        retry_seconds=float(retry.number("intervalInSeconds", 30, 30, 86_400)),
        depends_on=_dependencies(reader),
        target=reader.target(reader.found.get("pipeline") or {}),
    )
    if frequency != "Month" and trigger.size < MIN_WINDOW:
        raise reader.refuse(f"its windows are {trigger.size} long; the service's shortest are 5 minutes")
    return trigger


def _dependencies(reader: _Reader) -> tuple[Dependency, ...]:
    found = []
    for one in reader.found.get("dependsOn") or ():
        inner = _Reader(reader.name, one)
        kind = inner.choice("type", (SELF, OTHER))
        offset, size = inner.span("offset", None, signed=True), inner.span("size", None)
        if kind == SELF and (offset is None or offset >= timedelta()):
            raise reader.refuse("the offset of a dependency on itself must be there and negative")
        upstream = (one.get("referenceTrigger") or {}).get("referenceName")
        if kind == OTHER and not upstream:
            raise reader.refuse("a dependency names no trigger")
        name = reader.name if kind == SELF else str(upstream)
        found.append(Dependency(name, offset or timedelta(), size))
    if len(found) > MAX_DEPENDENCIES:
        raise reader.refuse(f"it depends on {len(found)} triggers; the service takes {MAX_DEPENDENCIES}")
    return tuple(found)
