"""The windows of a tumbling window trigger: which there are, which are due, which may run now.

Windows are of one size, touch and never overlap; they go by UTC. One is due when it has ended and the delay has
passed. The oldest go first; at most `max_concurrency` run at a time; one that depends on other windows waits
until all of those have succeeded, for at most seven days.
https://learn.microsoft.com/azure/data-factory/how-to-create-tumbling-window-trigger
https://learn.microsoft.com/azure/data-factory/tumbling-window-trigger-dependency
"""

import calendar
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from local.adf.triggers.model import WindowTrigger

WAITING, RUNNING, SUCCEEDED, FAILED, CANCELLED = (
    "WaitingOnDependency", "Running", "Succeeded", "Failed", "Cancelled",
)  # fmt: skip
SETTLED = (SUCCEEDED, FAILED, CANCELLED)
PATIENCE = timedelta(days=7)
_LOOK_AHEAD = 500  # windows that wait are passed over, up to so many


@dataclass(frozen=True)
class Window:
    """[start, end)."""

    start: datetime
    end: datetime


@dataclass
class Decision:
    """What to do with the windows that are due: run, note that they wait, or give them up."""

    run: list[Window] = field(default_factory=list)
    wait: list[Window] = field(default_factory=list)
    expire: list[Window] = field(default_factory=list)


@dataclass(frozen=True)
class Standing:
    """What is known of a window: its status, and since when it is considered."""

    status: str
    since: datetime


Known = Mapping[datetime, Standing]


def window(trigger: WindowTrigger, number: int) -> Window:
    """The window of this number, from 0."""
    return Window(_boundary(trigger, number), _boundary(trigger, number + 1))


def _boundary(trigger: WindowTrigger, number: int) -> datetime:
    if trigger.frequency != "Month":
        return trigger.start + number * trigger.size
    months = trigger.start.year * 12 + trigger.start.month - 1 + number * trigger.interval
    year, month = divmod(months, 12)
    day = min(trigger.start.day, calendar.monthrange(year, month + 1)[1])
    return trigger.start.replace(year=year, month=month + 1, day=day)


def number_at(trigger: WindowTrigger, moment: datetime) -> int:
    """The number of the window that a moment falls in; negative before the first."""
    if trigger.frequency != "Month":
        return (moment - trigger.start) // trigger.size
    months = (moment.year - trigger.start.year) * 12 + moment.month - trigger.start.month
    number = months // trigger.interval + 1
    while _boundary(trigger, number) > moment:
        number -= 1
    return number


def count_due(trigger: WindowTrigger, now: datetime) -> int:
    """How many windows are due: those that have ended by now, less the delay, and by the trigger's end."""
    moment = now - trigger.delay if trigger.end is None else min(now - trigger.delay, trigger.end)
    return max(number_at(trigger, moment), 0)


def overlapping(trigger: WindowTrigger, start: datetime, end: datetime) -> Iterator[Window]:
    """The windows that share time with [start, end), those before the first left out."""
    number = max(number_at(trigger, start), 0)
    while (found := window(trigger, number)).start < end:
        if trigger.end is not None and found.end > trigger.end:
            return
        yield found
        number += 1


def satisfied(
    trigger: WindowTrigger, one: Window, known_of: Callable[[str], tuple[WindowTrigger, Known]]
) -> bool:
    """Whether all windows that a window depends on have succeeded.

    Args:
        known_of: a trigger and what is known of its windows, by its name.
    """
    for dependency in trigger.depends_on:
        upstream, known = known_of(dependency.trigger)
        start = one.start + dependency.offset
        end = start + (dependency.size or one.end - one.start)
        for needed in overlapping(upstream, start, end):
            standing = known.get(needed.start)
            if standing is None or standing.status != SUCCEEDED:
                return False
    return True


def decide(
    trigger: WindowTrigger,
    now: datetime,
    known: Known,
    may_run: Callable[[Window], bool],
    first: int = 0,
) -> Decision:
    """What to do now.

    Args:
        known: the windows that were considered before, by their start.
        may_run: whether what a window depends on is there.
        first: number of the first window that is not settled.
    """
    decision = Decision()
    free = trigger.max_concurrency - sum(one.status == RUNNING for one in known.values())
    waiting = 0
    for number in range(first, count_due(trigger, now)):
        if free <= 0 or waiting >= _LOOK_AHEAD:
            break
        one = window(trigger, number)
        standing = known.get(one.start)
        if standing is not None and standing.status != WAITING:
            continue
        if may_run(one):
            decision.run.append(one)
            free -= 1
        elif standing is not None and now - standing.since >= PATIENCE:
            decision.expire.append(one)
        else:
            waiting += 1
            if standing is None:
                decision.wait.append(one)
    return decision


def first_unsettled(trigger: WindowTrigger, known: Known, first: int = 0) -> int:
    """The number of the first window that is not settled, looking from `first`."""
    while (standing := known.get(_boundary(trigger, first))) is not None and standing.status in SETTLED:
        first += 1
    return first
