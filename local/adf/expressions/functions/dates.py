"""Date functions.

https://learn.microsoft.com/azure/data-factory/control-flow-expression-language-functions#date-functions
"""

from collections.abc import Callable

from local.adf.expressions.errors import ExpressionError
from local.adf.expressions.functions.base import expects, function, invalid, text
from local.adf.expressions.functions.dateformat import format_moment, has_words
from local.adf.expressions.functions.moments import DAY, MAX_TICKS, SECOND, Moment, add_months, now
from local.adf.expressions.functions.timestamps import read
from local.adf.expressions.values import int32, is_integer

_UNITS = {"second": SECOND, "minute": 60 * SECOND, "hour": 3600 * SECOND, "day": DAY, "week": 7 * DAY}
_MONTHS = {"month": 1, "year": 12}
_ORDINALS = ("first", "second", "third", "fourth")


def when(name: str, value: object, kind: str = "of type string", which: str = "first parameter") -> Moment:
    """The time argument of a function."""
    if not isinstance(value, str):
        raise expects(name, which, kind, value)
    return read(name, value)


def shown(name: str, moment: Moment, values: list, at: int) -> str:
    """The moment in the format that may stand at `at`, else in round-trip format."""
    if len(values) <= at:
        return moment.round_trip()
    if not isinstance(values[at], str):
        raise expects(name, f"{_ORDINALS[at]} parameter", "of type string", values[at])
    return format_moment(name, moment, values[at])


def _moved(name: str, moment: Moment, count: int, ticks: int) -> Moment:
    moved = moment.ticks + count * ticks
    if not 0 <= moved <= MAX_TICKS:
        raise _unrepresentable(name, count)
    return moment.with_ticks(moved)


def _unrepresentable(name: str, count: int) -> ExpressionError:
    return ExpressionError(
        f"The template language function '{name}' second parameter '{count}' is not valid. "
        "The added or subtracted value results in an unrepresentable DateTime."
    )


def _adder(ticks: int) -> Callable[[str, list], str]:
    def add(name: str, values: list) -> str:
        moment = when(name, values[0], "a string that contains the time")
        if not is_integer(values[1]):
            raise expects(name, "second parameter", "an integer", values[1])
        return shown(name, _moved(name, moment, values[1], ticks), values, 2)

    return add


for _unit in ("second", "minute", "hour", "day"):
    function(
        f"add{_unit.capitalize()}s",
        takes=f"a timestamp, the number of {_unit}s to add and an optional format",
        least=2,
        most=3,
    )(_adder(_UNITS[_unit]))


def _shifted(name: str, moment: Moment, count: object, unit: object, sign: int, first: int) -> Moment:
    """The moment moved by `count` of the named unit; `first` is the position of count, for messages."""
    if not is_integer(count):
        raise expects(name, f"{_ORDINALS[first]} parameter", "an integer", count)
    if not isinstance(unit, str):
        raise expects(name, f"{_ORDINALS[first + 1]} parameter", "a string that contains the time unit", unit)
    known = unit.strip().lower()
    count = int32(count)
    if count == -(2**31):
        raise _unrepresentable(name, count)
    if known in _UNITS:
        return _moved(name, moment, sign * count, _UNITS[known])
    if known in _MONTHS:
        try:
            return add_months(moment, sign * count * _MONTHS[known])
        except OverflowError:
            raise _unrepresentable(name, count) from None
    raise invalid(
        name,
        "expects its second parameter to be a string that represents a valid time unit. "
        f"The provided value '{unit}' is not a valid time unit.",
    )


@function("addToTime", takes="a timestamp, an interval, a time unit and an optional format", least=3, most=4)
def add_to_time(name: str, values: list) -> str:
    moment = when(name, values[0], "a string that contains the time")
    return shown(name, _shifted(name, moment, values[1], values[2], 1, 1), values, 3)


@function(
    "subtractFromTime", takes="a timestamp, an interval, a time unit and an optional format", least=3, most=4
)
def subtract_from_time(name: str, values: list) -> str:
    moment = when(name, values[0], "a string that contains the time")
    return shown(name, _shifted(name, moment, values[1], values[2], -1, 1), values, 3)


@function("getFutureTime", takes="an interval, a time unit and an optional format", least=2, most=3)
def get_future_time(name: str, values: list) -> str:
    return shown(name, _shifted(name, now(), values[0], values[1], 1, 0), values, 2)


@function("getPastTime", takes="an interval, a time unit and an optional format", least=2, most=3)
def get_past_time(name: str, values: list) -> str:
    return shown(name, _shifted(name, now(), values[0], values[1], -1, 0), values, 2)


@function("utcNow", takes="no parameters or an optional format", least=0, most=1)
def utc_now(name: str, values: list) -> str:
    return shown(name, now(), values, 0)


@function("formatDateTime", takes="a timestamp, an optional format and an optional locale", least=1, most=3)
def format_date_time(name: str, values: list) -> str:
    moment = when(name, values[0])
    if len(values) == 3:
        locale = text(name, values[2], "third parameter")
        if locale.lower() not in ("en-us", "") and has_words(values[1]):
            raise invalid(
                name,
                f"third parameter, the locale '{locale}', is not supported: words are in en-US alone.",
            )
    return shown(name, moment, values[:2], 1)


@function("dayOfWeek", takes="one parameter: a timestamp")
def day_of_week(name: str, values: list) -> int:
    return when(name, values[0], "a string that represents a timestamp", "parameter").clock.isoweekday() % 7


@function("dayOfMonth", takes="one parameter: a timestamp")
def day_of_month(name: str, values: list) -> int:
    return when(name, values[0], "a string that represents a timestamp", "parameter").clock.day


@function("dayOfYear", takes="one parameter: a timestamp")
def day_of_year(name: str, values: list) -> int:
    return (
        when(name, values[0], "a string that represents a timestamp", "parameter").clock.timetuple().tm_yday
    )


@function("ticks", takes="one parameter: a timestamp")
def ticks(name: str, values: list) -> int:
    return when(name, values[0], "a string that represents a timestamp", "parameter").ticks


@function("startOfDay", takes="a timestamp and an optional format", least=1, most=2)
def start_of_day(name: str, values: list) -> str:
    moment = when(name, values[0])
    return shown(name, moment.with_ticks(moment.ticks - moment.ticks % DAY), values, 1)


@function("startOfHour", takes="a timestamp and an optional format", least=1, most=2)
def start_of_hour(name: str, values: list) -> str:
    moment = when(name, values[0])
    return shown(name, moment.with_ticks(moment.ticks - moment.ticks % _UNITS["hour"]), values, 1)


@function("startOfMonth", takes="a timestamp and an optional format", least=1, most=2)
def start_of_month(name: str, values: list) -> str:
    moment = when(name, values[0])
    start = moment.ticks - moment.ticks % DAY - (moment.clock.day - 1) * DAY
    return shown(name, moment.with_ticks(start), values, 1)
