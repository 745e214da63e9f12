"""When a schedule trigger is due.

https://learn.microsoft.com/azure/data-factory/concepts-pipeline-execution-triggers#schedule-trigger
https://learn.microsoft.com/azure/data-factory/how-to-create-schedule-trigger#time-zone-option

- Minute and Hour go by regular intervals, whatever clocks do; Day, Week and Month by the clock of the time zone.
- Minutes without hours mean every hour; hours without minutes the minute of the start; neither, its time.
- Where the service documents nothing: a time that the clock skips in spring is due as much later as the clock
  skips, one that it shows twice in autumn is due once, at the first; weeks begin on Sunday.
"""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

FREQUENCIES = ("Minute", "Hour", "Day", "Week", "Month")
WEEK_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_STEPS = {"Minute": timedelta(minutes=1), "Hour": timedelta(hours=1)}
_SPANS = {"Day": timedelta(days=1), "Week": timedelta(days=7), "Month": timedelta(days=31)}
_AROUND = timedelta(days=2)  # a wall clock is never further than this from UTC, leaps included
_LOOKS = (
    100  # periods without an occurrence after which there is none: fifth Fridays of February are 40 apart
)
_LAST_YEAR = 9000


@dataclass(frozen=True)
class Recurrence:
    """How often, from when, at which times.

    Attributes:
        start, end: moments; `end` is the last one allowed.
        minutes, hours, week_days, month_days: None where the schedule does not say. Week days count from
            Monday = 0; month days from 1, or from -1 backwards.
        occurrences: (week day, which of the month: 1 the first, -1 the last, 0 all of them).
    """

    frequency: str
    interval: int
    start: datetime
    end: datetime | None
    zone: ZoneInfo
    minutes: tuple[int, ...] | None = None
    hours: tuple[int, ...] | None = None
    week_days: tuple[int, ...] | None = None
    month_days: tuple[int, ...] | None = None
    occurrences: tuple[tuple[int, int], ...] | None = None


def due(recurrence: Recurrence, after: datetime, until: datetime) -> list[datetime]:
    """The moments in (after, until] at which it is due, in UTC, in order."""
    last = until if recurrence.end is None else min(until, recurrence.end)
    if recurrence.frequency in _STEPS:
        found = _regular(recurrence, after, last)
    else:
        found = _by_the_clock(recurrence, after, last)
    return sorted({one for one in found if recurrence.start <= one <= last and one > after})


def following(recurrence: Recurrence, after: datetime) -> datetime | None:
    """The first moment after this one at which it is due, None when there is none."""
    unit = _STEPS.get(recurrence.frequency) or _SPANS[recurrence.frequency]
    after = max(after, recurrence.start - timedelta(microseconds=1))
    for turn in range(_LOOKS):
        try:
            start = after + turn * recurrence.interval * unit
            until = start + 2 * recurrence.interval * unit
        except OverflowError:
            return None
        if (recurrence.end is not None and start > recurrence.end) or start.year > _LAST_YEAR:
            return None
        found = due(recurrence, after, until)
        if found:
            return found[0]
    return None


def _regular(recurrence: Recurrence, after: datetime, last: datetime) -> Iterator[datetime]:
    step = recurrence.interval * _STEPS[recurrence.frequency]
    number = max((after - recurrence.start) // step, 0)
    while (moment := recurrence.start + number * step) <= last:
        yield moment
        number += 1


def _by_the_clock(recurrence: Recurrence, after: datetime, last: datetime) -> Iterator[datetime]:
    begin = recurrence.start.astimezone(recurrence.zone)
    times = _times(recurrence, begin.time().replace(fold=0))
    first_day, last_day = max(after - _AROUND, recurrence.start - _AROUND).date(), (last + _AROUND).date()
    for day in _days(recurrence, begin.date(), first_day, last_day):
        for wall in times:
            # Before a leap forward, fold 0 is the offset from before it: the moment falls as much later.
            yield datetime.combine(day, wall, recurrence.zone).astimezone(UTC)


def _times(recurrence: Recurrence, begin: time) -> list[time]:
    if recurrence.hours is not None:
        hours = recurrence.hours
    else:
        hours = (begin.hour,) if recurrence.minutes is None else tuple(range(24))
    minutes = (begin.minute,) if recurrence.minutes is None else recurrence.minutes
    return [begin.replace(hour=hour, minute=minute) for hour in hours for minute in minutes]


def _days(recurrence: Recurrence, begin: date, first: date, last: date) -> Iterator[date]:
    """The days between two that the recurrence falls on, by the clock of its zone."""
    every = recurrence.interval
    if recurrence.frequency == "Month":
        yield from _month_days(recurrence, begin, first, last)
        return
    if recurrence.frequency == "Week":
        chosen = recurrence.week_days if recurrence.week_days is not None else (begin.weekday(),)
        sunday = begin - timedelta(days=(begin.weekday() + 1) % 7)
        offsets, base, size = sorted((day + 1) % 7 for day in chosen), sunday, 7 * every
    else:
        offsets, base, size = [0], begin, every
    number = max((first - base).days // size, 0)
    while (start := base + timedelta(days=number * size)) <= last:
        for offset in offsets:
            yield start + timedelta(days=offset)
        number += 1


def _month_days(recurrence: Recurrence, begin: date, first: date, last: date) -> Iterator[date]:
    origin = begin.year * 12 + begin.month - 1
    number = max((first.year * 12 + first.month - 1 - origin) // recurrence.interval, 0)
    while (month := origin + number * recurrence.interval) <= last.year * 12 + last.month - 1:
        year, zero_based = divmod(month, 12)
        for day in sorted(_days_of(recurrence, begin, year, zero_based + 1)):
            yield date(year, zero_based + 1, day)
        number += 1


def _days_of(recurrence: Recurrence, begin: date, year: int, month: int) -> set[int]:
    """Days of one month. A day that the month does not have is left out, as documented."""
    first_weekday, count = calendar.monthrange(year, month)
    wanted = recurrence.month_days
    if wanted is None and recurrence.occurrences is None:
        wanted = (begin.day,)
    found = {day if day > 0 else count + 1 + day for day in wanted or ()}
    for weekday, which in recurrence.occurrences or ():
        days = list(range(1 + (weekday - first_weekday) % 7, count + 1, 7))
        if which == 0:
            found |= set(days)
        elif abs(which) <= len(days):
            found.add(days[which - 1] if which > 0 else days[which])
    return {day for day in found if 1 <= day <= count}
