"""When schedule triggers are due.

https://learn.microsoft.com/azure/data-factory/concepts-pipeline-execution-triggers#examples-of-trigger-recurrence-schedules
https://learn.microsoft.com/azure/data-factory/how-to-create-schedule-trigger#time-zone-option
"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.adf.triggers import TriggerError, read
from local.adf.triggers.schedule import FREQUENCIES, Recurrence, due, following

NEW_YORK = "Eastern Standard Time"
ZONES = ["UTC", NEW_YORK, "W. Europe Standard Time", "Lord Howe Standard Time", "India Standard Time"]


def recurrence(frequency: str, start: str, schedule: dict | None = None, **more: object) -> Recurrence:
    definition = {
        "type": "ScheduleTrigger",
        "recurrence": {"frequency": frequency, "startTime": start, "schedule": schedule or {}, **more},
        "pipelines": [{"pipelineReference": {"referenceName": "p"}}],
    }
    return read("t", definition).recurrence


def first(found: Recurrence, count: int, after: str | None = None) -> list[str]:
    """The next occurrences, in UTC."""
    at = found.start - timedelta(seconds=1) if after is None else datetime.fromisoformat(after)
    shown = []
    while len(shown) < count and (at := following(found, at)) is not None:
        shown.append(at.strftime("%Y-%m-%d %H:%M"))
    return shown


def test_a_start_in_the_past_is_counted_from():
    """The page's own example: every two days from the 7th at 14:00; on the 8th at 13:00 the next is the 9th."""
    every_two = recurrence("Day", "2017-04-07T14:00:00Z", interval=2)
    assert first(every_two, 3, "2017-04-08T13:00:00+00:00") == [
        "2017-04-09 14:00", "2017-04-11 14:00", "2017-04-13 14:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("frequency", "schedule", "expected"),
    [
        ("Day", {"hours": [5]}, ["02 05:25", "03 05:25"]),
        ("Day", {"minutes": [15], "hours": [5]}, ["02 05:15", "03 05:15"]),
        ("Day", {"minutes": [15], "hours": [5, 17]}, ["01 17:15", "02 05:15", "02 17:15"]),
        ("Day", {"minutes": [15, 45], "hours": [5, 17]}, ["01 17:15", "01 17:45", "02 05:15", "02 05:45"]),
        ("Day", {"minutes": [0, 15, 30, 45]}, ["01 12:30", "01 12:45", "01 13:00", "01 13:15"]),
        ("Day", {"hours": list(range(24))}, ["01 12:25", "01 13:25", "01 14:25"]),
        ("Day", {"minutes": [0]}, ["01 13:00", "01 14:00", "01 15:00"]),
        ("Week", {"hours": [17], "weekDays": ["saturday"]}, ["04 17:25", "11 17:25"]),
        ("Week", {"hours": [17], "weekDays": ["Monday", "wednesday", "friday"]},
         ["01 17:25", "03 17:25", "06 17:25", "08 17:25"]),
        ("Week", {"weekDays": ["tuesday", "thursday"]}, ["02 12:25", "07 12:25", "09 12:25"]),
        ("Week", {}, ["01 12:25", "08 12:25", "15 12:25"]),
        ("Month", {"minutes": [0], "hours": [6], "monthDays": [28]}, ["28 06:00"]),
        ("Month", {"minutes": [0], "hours": [6], "monthDays": [-1]}, ["30 06:00"]),
        ("Month", {"monthDays": [1, 14]}, ["01 12:25", "14 12:25"]),
        ("Month", {"minutes": [0], "hours": [5], "monthlyOccurrences": [{"day": "friday", "occurrence": 1}]},
         ["03 05:00"]),
        ("Month", {"monthlyOccurrences": [{"day": "friday", "occurrence": -3}]}, ["10 12:25"]),
        ("Month", {"monthlyOccurrences": [{"day": "friday", "occurrence": 1}, {"day": "friday", "occurrence": -1}]},
         ["03 12:25", "24 12:25"]),
        ("Month", {"monthlyOccurrences": [{"day": "sunday"}]}, ["05 12:25", "12 12:25", "19 12:25", "26 12:25"]),
        ("Month", {"minutes": [15, 45], "hours": [5, 17],
                   "monthlyOccurrences": [{"day": "wednesday", "occurrence": 3}]},
         ["15 05:15", "15 05:45", "15 17:15", "15 17:45"]),
    ],
)  # fmt: skip
def test_the_examples_of_the_page(frequency, schedule, expected):
    """All from Wednesday 2023-11-01, 12:25."""
    found = recurrence(frequency, "2023-11-01T12:25:00Z", schedule)
    assert first(found, len(expected)) == [f"2023-11-{one}" for one in expected]


def test_every_fifteen_minutes_of_the_last_friday():
    found = recurrence(
        "Month", "2023-11-01T12:25:00Z",
        {"minutes": [0, 15, 30, 45], "monthlyOccurrences": [{"day": "friday", "occurrence": -1}]},
    )  # fmt: skip
    shown = first(found, 97)
    assert (
        shown[0] == "2023-11-24 00:00" and shown[95] == "2023-11-24 23:45" and shown[96] == "2023-12-29 00:00"
    )


def test_a_day_that_a_month_does_not_have_is_left_out():
    found = recurrence("Month", "2023-01-31T00:00:00Z", {"monthDays": [31]})
    assert first(found, 4) == ["2023-01-31 00:00", "2023-03-31 00:00", "2023-05-31 00:00", "2023-07-31 00:00"]
    fifth = recurrence(
        "Month", "2023-11-01T00:00:00Z", {"monthlyOccurrences": [{"day": "friday", "occurrence": 5}]}
    )
    assert first(fifth, 2) == ["2023-12-29 00:00", "2024-03-29 00:00"]


def test_leap_days_are_years_apart():
    found = recurrence("Month", "2024-02-29T06:00:00Z", {"monthDays": [29]}, interval=12)
    assert first(found, 2) == ["2024-02-29 06:00", "2028-02-29 06:00"]
    never = recurrence("Month", "2024-02-01T06:00:00Z", {"monthDays": [30]}, interval=12)
    assert following(never, never.start) is None


def test_the_clock_of_a_zone_keeps_its_time_over_both_changes():
    """Documented: with a recurrence of days or above, the trigger adjusts to daylight saving."""
    found = recurrence("Day", "2024-03-08T09:00:00", timeZone=NEW_YORK)
    assert first(found, 4) == ["2024-03-08 14:00", "2024-03-09 14:00", "2024-03-10 13:00", "2024-03-11 13:00"]
    assert first(found, 2, "2024-11-02T20:00:00+00:00") == ["2024-11-03 14:00", "2024-11-04 14:00"]


def test_hours_go_on_regularly_over_a_change():
    """Documented: with a recurrence of hours or minutes it continues at regular intervals."""
    found = recurrence("Hour", "2024-03-10T00:30:00", timeZone=NEW_YORK, interval=12)
    assert first(found, 3) == ["2024-03-10 05:30", "2024-03-10 17:30", "2024-03-11 05:30"]


def test_a_time_that_the_clock_skips_or_shows_twice():
    found = recurrence("Day", "2024-03-09T02:30:00", timeZone=NEW_YORK)
    assert first(found, 3) == [
        "2024-03-09 07:30",
        "2024-03-10 07:30",
        "2024-03-11 06:30",
    ]  # 03:30 by its clock
    autumn = recurrence("Day", "2024-11-02T01:30:00", timeZone=NEW_YORK)
    assert first(autumn, 3) == ["2024-11-02 05:30", "2024-11-03 05:30", "2024-11-04 06:30"]


def test_times_that_fall_together_in_spring_are_one():
    found = recurrence("Day", "2024-03-10T00:00:00", {"hours": [2, 3], "minutes": [0, 30]}, timeZone=NEW_YORK)
    assert first(found, 3) == ["2024-03-10 07:00", "2024-03-10 07:30", "2024-03-11 06:00"]


def test_the_end_is_the_last_moment_allowed():
    found = recurrence("Hour", "2024-01-01T00:00:00Z", endTime="2024-01-01T02:00:00Z")
    assert first(found, 9) == ["2024-01-01 00:00", "2024-01-01 01:00", "2024-01-01 02:00"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"frequency": "Year"}, "frequency is 'Year'"),
        ({"timeZone": "America/New_York"}, "no Windows name"),
        ({"startTime": "tomorrow"}, "no time in ISO 8601"),
        ({"startTime": None}, "no startTime"),
        ({"interval": 0}, "interval is 0"),
        ({"schedule": {"weekDays": ["monday"]}}, "weekDays goes with Week, not with Day"),
        ({"schedule": {"hours": [24]}}, "hours is"),
        ({"frequency": "Week", "schedule": {"weekDays": ["noday"]}}, "'noday' is no day"),
        ({"frequency": "Minute", "schedule": {"minutes": [5]}}, "minutes goes with Day or Week or Month"),
        ({"frequency": "Month", "schedule": {"monthDays": [0]}}, "monthDays is"),
    ],
)
def test_what_is_wrong_is_named(more, words):
    with pytest.raises(TriggerError, match=words):
        recurrence(**{"frequency": "Day", "start": "2024-01-01T00:00:00Z", **more})


@st.composite
def recurrences(draw) -> Recurrence:
    frequency = draw(st.sampled_from(FREQUENCIES))
    start = draw(st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1))).replace(microsecond=0)
    schedule: dict = {}
    if frequency in ("Day", "Week", "Month"):
        schedule["minutes"] = draw(st.lists(st.integers(0, 59), max_size=3))
        schedule["hours"] = draw(st.lists(st.integers(0, 23), max_size=3))
    if frequency == "Week":
        schedule["weekDays"] = draw(st.lists(st.sampled_from(["Monday", "Sunday", "Friday"]), max_size=3))
    if frequency == "Month":
        schedule["monthDays"] = draw(st.lists(st.sampled_from([1, 15, 28, -1, -2]), max_size=3))
    zone, interval = draw(st.sampled_from(ZONES)), draw(st.integers(1, 5))
    return recurrence(frequency, start.isoformat(), schedule, interval=interval, timeZone=zone)


@settings(max_examples=150, deadline=None)
@given(recurrences(), st.integers(-400, 4000), st.integers(1, 60), st.integers(1, 60))
def test_whatever_is_looked_at_in_parts_is_the_whole(found, begin, one, other):
    """No occurrence falls in a gap between two looks, none is seen twice, and they come in order."""
    unit = timedelta(minutes=7) if found.frequency in ("Minute", "Hour") else timedelta(hours=31)
    start = found.start + begin * unit / 40
    middle, end = start + one * unit, start + (one + other) * unit
    whole = due(found, start, end)
    assert whole == due(found, start, middle) + due(found, middle, end)
    assert whole == sorted(set(whole)) and all(start < moment <= end for moment in whole)
    assert all(moment >= found.start and moment.tzinfo is UTC for moment in whole)


@settings(max_examples=150, deadline=None)
@given(recurrences(), st.integers(0, 4000))
def test_the_next_one_is_the_first_of_those_that_are_due(found, minutes):
    after = found.start + timedelta(minutes=minutes)
    upcoming = following(found, after)
    if upcoming is not None:
        assert upcoming > after and due(found, after, upcoming) == [upcoming]


@settings(max_examples=100, deadline=None)
@given(recurrences().filter(lambda one: one.frequency in ("Day", "Week", "Month")), st.integers(0, 3000))
def test_the_clock_of_the_zone_shows_a_scheduled_time(found, days):
    """Whatever the zone does: minutes and hours are those of the schedule, but for what the clock skips."""
    after = found.start + timedelta(days=days)
    wall = found.start.astimezone(found.zone)
    hours = found.hours or (tuple(range(24)) if found.minutes else (wall.hour,))
    for moment in due(found, after, after + timedelta(days=40)):
        shown = moment.astimezone(found.zone)
        before = (moment - timedelta(hours=3)).astimezone(found.zone)
        if shown.utcoffset() == before.utcoffset():
            assert shown.hour in hours and shown.minute in (found.minutes or (wall.minute,))
