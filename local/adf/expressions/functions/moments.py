"""Points in time as the service holds them: ticks of 100 ns since year 1, and what is known of the zone.

Like .NET's DateTime, a time with an offset is turned into local time when it is read, and the service's
local time is UTC: '+05:30' goes in, '+00:00' comes out.
"""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

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
