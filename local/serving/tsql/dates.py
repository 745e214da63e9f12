"""DATEADD, DATEDIFF, DATEPART and their kin."""

from datetime import datetime, timedelta

from local.serving.tsql import types
from local.serving.tsql.conversions import convert
from local.serving.tsql.errors import Refused, untranslated
from local.serving.tsql.types import BIGINT, DATE, DATETIME, INT
from local.serving.tsql.values import Value, quoted

_PARTS = {
    "year": "yy yyyy", "quarter": "qq q", "month": "mm m", "dayofyear": "dy y", "day": "dd d",
    "week": "wk ww", "weekday": "dw w", "hour": "hh", "minute": "mi n", "second": "ss s", "millisecond": "ms",
    "microsecond": "mcs", "iso_week": "isowk isoww", "nanosecond": "ns", "tzoffset": "tz",
}  # fmt: skip
_BY_NAME = {alias: part for part, short in _PARTS.items() for alias in (part, *short.split())}
_TIME_PARTS = ("hour", "minute", "second", "millisecond", "microsecond")
_READ = {
    "year": "year({})", "quarter": "quarter({})", "month": "month({})", "dayofyear": "dayofyear({})",
    "day": "day({})", "week": "tsql_week({})", "weekday": "tsql_weekday({})", "iso_week": "weekofyear({})",
    "hour": "hour({})", "minute": "minute({})", "second": "second({})",
    "millisecond": "(millisecond({}) % 1000)", "microsecond": "(microsecond({}) % 1000000)",
}  # fmt: skip


def part(name: str, function: str) -> str:
    """The full name of a date part such as `hh`."""
    found = _BY_NAME.get(name.lower())
    if found is None:
        raise Refused(f"{function}({name}, ..)", f"{name} is not a date part.",
                      f"Parts: {', '.join(_PARTS)}.")  # fmt: skip
    if found in ("nanosecond", "tzoffset"):
        raise untranslated(f"{function}({found}, ..)", "Times are held to the microsecond, in UTC.")
    return found


def moment(value: Value, function: str) -> Value:
    """A date or time as it is, a text literal as DATETIME2."""
    if value.type.is_date:
        return value
    if value.type.is_string:
        return convert(value, types.datetime2(7))
    raise Refused(f"{function}({value.type})", f"{function} takes a date or a time.")


def date_part(name: str, value: Value) -> Value:
    which, when = part(name, "DATEPART"), moment(value, "DATEPART")
    if which in _TIME_PARTS and when.type == DATE:
        raise _no_time(which, "DATEPART")
    return Value(f"CAST({_READ[which].format(when.sql)} AS INTEGER)", INT)


def date_name(name: str, value: Value) -> Value:
    which, when = part(name, "DATENAME"), moment(value, "DATENAME")
    if which in ("month", "weekday"):
        return Value(f"strftime({when.sql}, '{'%B' if which == 'month' else '%A'}')", types.varchar(30, True))
    return convert(date_part(name, when), types.varchar(30, True))


def _no_time(which: str, function: str) -> Refused:
    why = f"The datepart {which} is not supported by {function} for DATE."
    return Refused(f"{function}({which}, DATE)", why, "Convert the date to DATETIME2 first.")


def date_diff(name: str, start: Value, end: Value, big: bool) -> Value:
    """How many boundaries of the part lie between; weeks start on Sunday whatever the session says."""
    function = "DATEDIFF_BIG" if big else "DATEDIFF"
    which = part(name, function)
    a, b = (moment(v, function) for v in (start, end))
    x, y = (f"CAST({v.sql} AS TIMESTAMP)" for v in (a, b))
    if which == "iso_week":
        raise Refused(f"{function}(iso_week, ..)", "T-SQL has no such difference.")
    if which == "week":
        counted = f"tsql_weeks({x}, {y})"
    else:
        counted = f"date_diff('{'day' if which in ('weekday', 'dayofyear') else which}', {x}, {y})"
    return Value(f"CAST({counted} AS {(BIGINT if big else INT).duckdb})", BIGINT if big else INT)


def date_add(name: str, count: Value, value: Value) -> Value:
    """The date moved by whole parts; it keeps its type. Months end on their last day where they must."""
    which = part(name, "DATEADD")
    which = "day" if which in ("weekday", "dayofyear") else which
    if which == "iso_week":
        raise Refused("DATEADD(iso_week, ..)", "T-SQL does not take it here.", "Use week.")
    when = moment(value, "DATEADD")
    if which in _TIME_PARTS and when.type == DATE:
        raise _no_time(which, "DATEADD")
    finest = {"millisecond": 3, "microsecond": 6}.get(which, 0)
    if when.type.name == "DATETIME2" and not value.type.is_string and when.type.args[0] < finest:
        raise untranslated(
            f"DATEADD({which}, {when.type})", "The result would have more digits than its type."
        )
    step = convert(count, INT).sql
    units = {"quarter": ("months", 3), "week": ("days", 7)}
    unit, factor = units.get(which, (which + "s", 1))
    moved = f"({when.sql} + to_{unit}(CAST({step} AS {'BIGINT' if unit in _BIG else 'INTEGER'}) * {factor}))"
    kind = DATETIME if value.type.is_string else when.type
    return Value(f"CAST({moved} AS {kind.duckdb})", kind)


_BIG = ("hours", "minutes", "seconds", "milliseconds", "microseconds")


def end_of_month(value: Value, months: Value | None) -> Value:
    when = moment(value, "EOMONTH")
    shifted = when if months is None else date_add("month", months, when)
    return Value(f"last_day({shifted.sql})", DATE)


def from_parts(year: Value, month: Value, day: Value) -> Value:
    y, m, d = (convert(v, INT).sql for v in (year, month, day))
    return Value(f"make_date({y}, {m}, {d})", DATE)


def now(instant: datetime, kind: types.SqlType) -> Value:
    """The statement's one moment, in UTC as on Azure. DATETIME steps by 1/300 second."""
    if kind == DATETIME:
        ticks = round(instant.microsecond * 3 / 10000)
        instant = instant.replace(microsecond=0) + timedelta(milliseconds=round(ticks * 10 / 3))
    return Value(f"TIMESTAMP {quoted(instant.strftime('%Y-%m-%d %H:%M:%S.%f'))}", kind)
