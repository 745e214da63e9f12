"""Points in time as the service holds them: ticks of 100 ns since year 1, and what is known of the zone.

Like .NET's DateTime, a time with an offset is turned into local time when it is read, and the service's
local time is UTC: '+05:30' goes in, '+00:00' comes out.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from local.adf.expressions.errors import ExpressionError

SECOND = 10_000_000
DAY = 86_400 * SECOND
MAX_TICKS = date.max.toordinal() * DAY - 1
_EPOCH = datetime(1, 1, 1)

UTC_KIND, LOCAL_KIND, NO_KIND = "Z", "+00:00", ""


@dataclass(frozen=True)
class Moment:
    """`kind` is the suffix that the round-trip format gives it: Z, +00:00 or nothing."""

    ticks: int
    kind: str

    @property
    def clock(self) -> datetime:
        """Date and time to the microsecond, without a zone."""
        return _EPOCH + timedelta(microseconds=self.ticks // 10)

    @property
    def fraction(self) -> int:
        """Ticks within the second."""
        return self.ticks % SECOND

    def with_ticks(self, ticks: int) -> "Moment":
        return Moment(ticks, self.kind)

    def round_trip(self) -> str:
        """As format o shows it: 2024-02-29T13:05:09.0000000Z."""
        clock = self.clock
        day = f"{clock.year:04d}-{clock.month:02d}-{clock.day:02d}"
        return f"{day}T{clock:%H:%M:%S}.{self.fraction:07d}{self.kind}"


def now() -> Moment:
    return Moment(to_ticks(datetime.now(UTC).replace(tzinfo=None)), UTC_KIND)


def to_ticks(clock: datetime) -> int:
    return (clock - _EPOCH) // timedelta(microseconds=1) * 10


def add_months(moment: Moment, months: int) -> Moment:
    """The same day so many months on, or the last of a shorter month. OverflowError outside years 1..9999."""
    clock = moment.clock
    year, month = divmod(clock.year * 12 + clock.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError(year)
    day = min(clock.day, calendar.monthrange(year, month + 1)[1])
    midnight = (date(year, month + 1, day).toordinal() - 1) * DAY
    return moment.with_ticks(midnight + moment.ticks % DAY)


_MONTHS = {
    name: number
    for number in range(1, 13)
    for name in (calendar.month_name[number].lower(), calendar.month_abbr[number].lower())
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ZONE = r"(?:\s*(?P<zone>Z|GMT|UTC|[+-]\d{1,2}(?::?\d{2})?))?"
_LOOSE = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:\.(?P<fraction>\d+))?)?"
    r"(?:\s*(?P<half>[AP]M))?"
)
_FORMS = [
    re.compile(form + _ZONE, re.IGNORECASE | re.ASCII)
    for form in (
        r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"
        r"(?:T(?P<hour>\d{2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<fraction>\d+))?)?)?",
        r"(?P<year>\d{4})[-/](?P<month>\d{1,2})(?:[-/](?P<day>\d{1,2}))?(?:\s+" + _LOOSE + ")?",
        r"(?P<month>\d{1,2})[-/](?P<day>\d{1,2})[-/](?P<year>\d{4})(?:\s+" + _LOOSE + ")?",
        rf"(?:[a-z]{{3,9}},?\s+)?(?P<day>\d{{1,2}})[ -](?P<name>{_MONTH})[ -](?P<year>\d{{4}})(?:\s+"
        + _LOOSE
        + ")?",
        rf"(?:[a-z]{{3,9}},?\s+)?(?P<name>{_MONTH})\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}})(?:\s+"
        + _LOOSE
        + ")?",
        _LOOSE,
    )
]


def read(name: str, text: str) -> Moment:
    """The time that a string holds.

    Raises:
        ExpressionError: it holds none; `name` is the function that asked.
    """
    for form in _FORMS:
        found = form.fullmatch(text.strip())
        if found:
            try:
                return _moment(found.groupdict())
            except (ValueError, OverflowError):
                break
    raise ExpressionError(
        f"In function '{name}', the value provided for date time string '{text}' was not valid. "
        "The datetime string must match ISO 8601 format."
    )


def _moment(part: dict) -> Moment:
    today = datetime.now(UTC)
    if "year" in part:
        month = _MONTHS[part["name"].lower()] if part.get("name") else int(part["month"])
        day = date(int(part["year"]), month, int(part["day"] or 1))
    else:
        day = today.date()
    clock = datetime(
        day.year, day.month, day.day, _hour(part), int(part["minute"] or 0), int(part["second"] or 0)
    )
    fraction = part["fraction"] or "0"
    rounded = int(fraction[:7].ljust(7, "0")) + (fraction[7:8] >= "5")
    zone = (part["zone"] or "").upper()
    offset = _offset(zone) if zone[:1] in "+-" and zone else 0
    ticks = to_ticks(clock) + rounded - offset
    if not 0 <= ticks <= MAX_TICKS:
        raise OverflowError(ticks)
    return Moment(ticks, NO_KIND if not zone else LOCAL_KIND if zone[0] in "+-" else UTC_KIND)


def _hour(part: dict) -> int:
    hour = int(part["hour"] or 0)
    if part.get("half"):
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        return hour % 12 + (12 if part["half"].upper() == "PM" else 0)
    return hour


def _offset(zone: str) -> int:
    """Ticks of +05:30, +0530 or +5; at most 14 hours."""
    digits = zone[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    if minutes > 59 or hours * 60 + minutes > 14 * 60:
        raise ValueError(zone)
    return (hours * 60 + minutes) * 60 * SECOND * (-1 if zone[0] == "-" else 1)
