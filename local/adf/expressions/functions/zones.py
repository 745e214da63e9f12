"""Time zone functions. Zones go by their Windows names, as the service documents; the rules are IANA's.

https://learn.microsoft.com/azure/data-factory/control-flow-expression-language-functions#date-functions
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from local.adf.expressions.errors import ExpressionError
from local.adf.expressions.functions.base import expects, function, invalid
from local.adf.expressions.functions.dates import shown, when
from local.adf.expressions.functions.moments import MAX_TICKS, NO_KIND, SECOND, UTC_KIND, Moment
from local.adf.expressions.functions.windows_zones import WINDOWS_ZONES

_LATE = 2037  # the last year that rules of zones are laid down for


def find_zone(name: str, value: object, which: str) -> ZoneInfo:
    """The zone of a Windows name, or of an IANA name: the engine takes what the system under it knows."""
    if not isinstance(value, str):
        raise expects(name, which, "a string that contains the time zone", value)
    known = WINDOWS_ZONES.get("UTC" if value.lower() == "utc" else value)
    if known is None and is_iana(value):
        known = "Etc/Zulu" if value == "Etc/UTC" else value  # only UTC by its own name gives the Z
    if known is None:
        raise ExpressionError(
            f"In the template language function '{name}', the value provided for the time zone id '{value}' "
            "was not valid."
        )
    return ZoneInfo(known)


def is_iana(value: str) -> bool:
    """Whether this is a name of a zone that only IANA has."""
    return value not in WINDOWS_ZONES and value.upper() != "UTC" and value in _iana()


@cache
def _iana() -> frozenset[str]:
    return frozenset(available_timezones())


def _is_utc(zone: ZoneInfo) -> bool:
    return zone.key == "Etc/UTC"


def _to_zone(moment: Moment, zone: ZoneInfo) -> Moment:
    """A UTC moment on the zone's clock, cut off at the ends of the calendar."""
    if _is_utc(zone):
        return Moment(moment.ticks, UTC_KIND)
    try:
        offset = moment.clock.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    except OverflowError:
        offset = zone.utcoffset(moment.clock)
    return Moment(min(max(moment.ticks + _ticks(offset, zone), 0), MAX_TICKS), NO_KIND)


def _ticks(offset: timedelta | None, zone: ZoneInfo) -> int:
    """An offset as .NET has it: whole minutes away from the zone's own. Local mean times lose their seconds."""
    seconds = int((offset or timedelta()).total_seconds())
    if seconds % 60:
        summer = datetime(_LATE, 7, 1, tzinfo=zone)
        standard = summer.utcoffset() - (summer.dst() or timedelta())
        base = int(standard.total_seconds())
        seconds = base + int((seconds - base) / 60) * 60
    return seconds * SECOND


def _to_utc(name: str, moment: Moment, zone: ZoneInfo) -> Moment:
    """A moment on the zone's clock in UTC; one that the clock never or twice shows is refused."""
    clock = moment.clock
    first, second = (clock.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    if first != second:
        raise ExpressionError(
            f"The template language function '{name}' was given a timestamp '{moment.round_trip()}' that was "
            f"invalid or ambiguous in the source time zone '{zone.key}'."
        )
    return Moment(min(max(moment.ticks - _ticks(first, zone), 0), MAX_TICKS), UTC_KIND)


@function("convertFromUtc", takes="a timestamp, a target time zone and an optional format", least=2, most=3)
def convert_from_utc(name: str, values: list) -> str:
    moment = when(name, values[0], "a string that contains a UTC date time")
    zone = find_zone(name, values[1], "second parameter")
    if moment.kind != UTC_KIND:
        raise invalid(
            name,
            "expects its first parameter to be a string that contains a UTC date time. "
            f"The value was '{moment.round_trip()}'.",
        )
    return shown(name, _to_zone(moment, zone), values, 2)


@function("convertToUtc", takes="a timestamp, a source time zone and an optional format", least=2, most=3)
def convert_to_utc(name: str, values: list) -> str:
    moment = when(name, values[0], "a string that contains the time")
    zone = find_zone(name, values[1], "second parameter")
    if moment.kind not in ((NO_KIND, UTC_KIND) if _is_utc(zone) else (NO_KIND,)):
        raise invalid(
            name,
            "expects its second parameter to be a time zone matching that of the timestamp. "
            f"The provided value '{values[1]}' is not valid or does not match the timestamp "
            f"'{moment.round_trip()}'.",
        )
    return shown(name, _to_utc(name, moment, zone), values, 2)


@function(
    "convertTimeZone",
    takes="a timestamp, a source and a target time zone and an optional format",
    least=3,
    most=4,
)
def convert_time_zone(name: str, values: list) -> str:
    moment = when(name, values[0], "a string that contains the time")
    source = find_zone(name, values[1], "second parameter")
    target = find_zone(name, values[2], "third parameter")
    # A time that says its own zone is believed: the source zone is then not looked at.
    instant = _to_utc(name, moment, source) if moment.kind == NO_KIND else Moment(moment.ticks, UTC_KIND)
    return shown(name, _to_zone(instant, target), values, 3)
