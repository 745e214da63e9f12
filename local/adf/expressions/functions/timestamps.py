"""Reads the times that strings hold: ISO 8601, and what else .NET's DateTime.Parse takes in en-US.

https://learn.microsoft.com/dotnet/standard/base-types/parsing-datetime
"""

import calendar
import re
from datetime import UTC, date, datetime

from local.adf.expressions.errors import ExpressionError
from local.adf.expressions.functions.moments import (
    DAY,
    LOCAL_KIND,
    MAX_TICKS,
    NO_KIND,
    SECOND,
    UTC_KIND,
    Moment,
    to_ticks,
)

_MONTHS = {
    name: number
    for number in range(1, 13)
    for name in (calendar.month_name[number].lower(), calendar.month_abbr[number].lower())
}
_WEEKDAYS = {
    name: number
    for number in range(7)
    for name in (calendar.day_name[number].lower(), calendar.day_abbr[number].lower())
}


def _any_of(names: dict[str, int]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


_MONTH = _any_of(_MONTHS)
_OFFSET = r"[+-]\d{1,2}(?::?\d{2})?"
_ISO = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})(?:T(?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d+))?)?)?"
    rf"(?:\s*(?P<zone>Z|{_OFFSET}))?(?P<half>$)",
    re.IGNORECASE | re.ASCII,
)
_TIME = (
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:\.(?P<fraction>\d+))?)?"
    r"(?:\s*(?P<half>[AP]M))?|\s*(?P<only>[AP]M))"
)
_PART = rf"(?:\d{{1,4}}|{_MONTH})"
_LOOSE = re.compile(
    rf"(?:(?P<weekday>{_any_of(_WEEKDAYS)})\b,?\s*)?"
    rf"(?:(?P<day>{_PART}(?:(?:\s*[-/.,]\s*|\s+|(?<=\d)(?=[a-z])|(?<=[a-z])(?=\d)){_PART}){{1,2}})"
    rf"(?:(?P<joint>\s*T\s*|,?\s+){_TIME})?|{_TIME.replace('(?P<', '(?P<alone_')})"
    rf"(?:\s*(?<!m)(?P<zone>Z|GMT)|\s*(?P<offset>{_OFFSET}))?",
    re.IGNORECASE | re.ASCII,
)
LAST_OF_CENTURY = 29  # 29 is 2029, 30 is 1930


def read(name: str, text: str) -> Moment:
    """The time that a string holds.

    Raises:
        ExpressionError: it holds none; `name` is the function that asked.
    """
    given = text.strip()
    try:
        found = _ISO.fullmatch(given)
        if found is not None:
            return _moment(found.groupdict(), date.fromisoformat(found["day"]))
        found = _LOOSE.fullmatch(given)
        if found is not None:
            part = found.groupdict()
            return _loose({**part, "zone": part["zone"] or part["offset"]})
    except (ValueError, OverflowError):
        pass
    raise ExpressionError(
        f"In function '{name}', the value provided for date time string '{text}' was not valid. "
        "The datetime string must match ISO 8601 format."
    )


def _loose(part: dict) -> Moment:
    if part["day"] is None:
        day = datetime.now(UTC).date()
        part |= {key.removeprefix("alone_"): value for key, value in part.items() if key.startswith("alone_")}
    else:
        day = _day(re.findall(rf"\d+|{_MONTH}", part["day"], re.IGNORECASE))
    if part["weekday"] and _WEEKDAYS[part["weekday"].lower()] != day.weekday():
        raise ValueError(part["weekday"])
    if part["day"] is not None and not _may_have_zone(part):
        raise ValueError(part["zone"])
    if "T" in (part["joint"] or "").upper() and not _may_follow_t(part):
        raise ValueError(part["joint"])
    return _moment({**part, "half": part["half"] or part["only"]}, day)


def _may_have_zone(part: dict) -> bool:
    """A date of two parts has no zone of a name, and one with a minus would be a third part."""
    parts = len(re.findall(rf"\d+|{_MONTH}", part["day"], re.IGNORECASE))
    zone = part["zone"] or "+"
    return parts == 3 or part["joint"] is not None or zone[0] == "+"


def _may_follow_t(part: dict) -> bool:
    """After a T stands a time as ISO 8601 has it, and before it a date that starts with the year."""
    fields = [part[key] for key in ("hour", "minute", "second") if part[key] is not None]
    plain = part["half"] is None and part["only"] is None and (part["zone"] or "").upper() != "GMT"
    return plain and all(len(field) == 2 for field in fields) and re.match(r"\d{3}", part["day"]) is not None


def _day(parts: list[str]) -> date:
    """The day that two or three numbers or names of months mean; a month has its first day."""
    shape = "".join("N" if part.isdigit() else "M" for part in parts)
    names = [_MONTHS[part.lower()] for part in parts if not part.isdigit()]
    numbers = [part for part in parts if part.isdigit()]
    if len(names) > 1 or not numbers:
        raise ValueError(parts)
    big = [len(number) > 2 for number in numbers]
    if shape == "NNN":
        year, month, day = numbers if big[0] else (numbers[2], numbers[0], numbers[1])
        return date(_year(year), int(month), int(day))
    if shape == "NN":
        if any(big):
            year, month = numbers if big[0] else reversed(numbers)
            return date(_year(year), int(month), 1)
        return date(datetime.now(UTC).year, int(numbers[0]), int(numbers[1]))
    if len(numbers) == 2:
        day, year = reversed(numbers) if big[0] else numbers
        return date(_year(year), names[0], int(day))
    if big[0] or shape == "NM":
        return date(_year(numbers[0]), names[0], 1)
    return date(datetime.now(UTC).year, names[0], int(numbers[0]))


def _year(text: str) -> int:
    if len(text) > 2:
        return int(text)
    return int(text) + (2000 if int(text) <= LAST_OF_CENTURY else 1900)


def _moment(part: dict, day: date) -> Moment:
    clock = datetime(
        day.year, day.month, day.day, _hour(part), int(part["minute"] or 0), int(part["second"] or 0)
    )
    fraction = part["fraction"] or "0"
    rounded = int(fraction[:7].ljust(7, "0")) + (fraction[7:8] >= "5")
    zone = (part["zone"] or "").upper()
    offset = _offset(zone) if zone[:1] in "+-" and zone else 0
    ticks = to_ticks(clock) + rounded - offset
    if ticks < 0 and day == date.min:  # .NET takes the first day for no day at all, and turns the clock round
        ticks += DAY
    if not 0 <= ticks <= MAX_TICKS:
        raise OverflowError(ticks)
    return Moment(ticks, NO_KIND if not zone else LOCAL_KIND if zone[0] in "+-" else UTC_KIND)


def _hour(part: dict) -> int:
    hour, half = int(part["hour"] or 0), (part["half"] or "").upper()
    if half == "AM":
        if hour > 12:
            raise ValueError(hour)
        return hour % 12
    return hour + 12 if half == "PM" and hour < 12 else hour


def _offset(zone: str) -> int:
    """Ticks of +05:30, +0530 or +5; at most 14 hours."""
    digits = zone[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    if minutes > 59 or hours * 60 + minutes > 14 * 60:
        raise ValueError(zone)
    return (hours * 60 + minutes) * 60 * SECOND * (-1 if zone[0] == "-" else 1)
