"""The windows of tumbling window triggers.

https://learn.microsoft.com/azure/data-factory/how-to-create-tumbling-window-trigger
https://learn.microsoft.com/azure/data-factory/tumbling-window-trigger-dependency
"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.adf import DefinitionError, Factory, Runtime
from local.adf.triggers import TriggerError, WindowTrigger, read
from local.adf.triggers.windows import (
    RUNNING,
    SUCCEEDED,
    WAITING,
    Standing,
    count_due,
    decide,
    first_unsettled,
    overlapping,
    satisfied,
    window,
)

START = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def trigger(name: str = "t", **more: object) -> WindowTrigger:
    properties = {
        "frequency": "Hour", "interval": 1, "startTime": "2024-01-01T00:00:00Z", "maxConcurrency": 50, **more,
    }  # fmt: skip
    pipeline = {"pipelineReference": {"referenceName": "p"}}
    return read(name, {"type": "TumblingWindowTrigger", "typeProperties": properties, "pipeline": pipeline})  # type: ignore[return-value]


def starts(windows) -> list[str]:
    return [one.start.strftime("%d %H:%M") for one in windows]


def settled(found: WindowTrigger, *numbers: int, status: str = SUCCEEDED) -> dict:
    return {window(found, number).start: Standing(status, START) for number in numbers}


def test_the_start_bounds_the_windows():
    """The page's own example: hourly from 10:10:10, the first window is [10:10:10, 11:10:10)."""
    found = trigger(startTime="2017-09-01T10:10:10Z")
    assert window(found, 0).start == datetime(2017, 9, 1, 10, 10, 10, tzinfo=UTC)
    assert window(found, 0).end == datetime(2017, 9, 1, 11, 10, 10, tzinfo=UTC)


def test_windows_of_months_keep_the_day():
    found = trigger(frequency="Month", startTime="2024-01-31T00:00:00Z")
    bounds = [window(found, number).start.strftime("%m-%d") for number in range(4)]
    assert bounds == ["01-31", "02-29", "03-31", "04-30"]
    assert count_due(found, datetime(2024, 3, 30, tzinfo=UTC)) == 1
    assert count_due(found, datetime(2024, 3, 31, tzinfo=UTC)) == 2


def test_a_window_is_due_when_it_has_ended_and_the_delay_has_passed():
    found = trigger(delay="00:10:00")
    assert count_due(found, START + HOUR + timedelta(minutes=9, seconds=59)) == 0
    assert count_due(found, START + HOUR + timedelta(minutes=10)) == 1
    assert window(found, 0).start == START  # the delay alters no window


def test_windows_of_the_past_are_filled_oldest_first_so_many_at_a_time():
    """The page's own example: 24 windows of yesterday with maxConcurrency 10."""
    found = trigger(maxConcurrency=10)
    now = START + 24 * HOUR
    first = decide(found, now, {}, lambda one: True)
    assert starts(first.run) == [f"01 {hour:02d}:00" for hour in range(10)]
    busy = settled(found, *range(10), status=RUNNING)
    assert decide(found, now, busy, lambda one: True).run == []
    busy |= settled(found, 3)
    assert starts(decide(found, now, busy, lambda one: True).run) == ["01 10:00"]


def test_no_window_ends_after_the_end():
    found = trigger(endTime="2024-01-01T02:30:00Z")
    assert starts(decide(found, START + 48 * HOUR, {}, lambda one: True).run) == ["01 00:00", "01 01:00"]


def test_one_that_depends_on_itself_goes_window_by_window():
    """The page's own example: offset -01:00:00, size 01:00:00."""
    itself = {
        "type": "SelfDependencyTumblingWindowTriggerReference",
        "size": "01:00:00",
        "offset": "-01:00:00",
    }
    found = trigger(dependsOn=[itself])
    now = START + 5 * HOUR

    def runs(known: dict) -> list[str]:
        return starts(
            decide(found, now, known, lambda one: satisfied(found, one, lambda name: (found, known))).run
        )

    assert runs({}) == ["01 00:00"]  # before the first there is nothing to wait for
    assert runs(settled(found, 0, status=RUNNING)) == []
    assert runs(settled(found, 0)) == ["01 01:00"]
    assert runs(settled(found, 0, status="Failed")) == []
    assert runs(settled(found, 0, 1, 2)) == ["01 03:00"]


def test_offset_and_size_say_which_windows_of_the_other():
    upstream = trigger("up")
    other = {
        "type": "TumblingWindowTriggerDependencyReference", "referenceTrigger": {"referenceName": "up"},
        "offset": "-02:00:00", "size": "03:00:00",
    }  # fmt: skip
    found = trigger("down", dependsOn=[other])

    def holds(number: int, *done: int) -> bool:
        known = settled(upstream, *done)
        return satisfied(found, window(found, number), lambda name: (upstream, known))

    assert holds(5, 3, 4, 5) and not holds(5, 3, 4) and not holds(5, 4, 5)
    assert holds(0, 0) and not holds(1, 1)  # windows before the other's first do not exist


def test_without_a_size_its_own_counts_and_all_windows_inside():
    upstream = trigger("up", frequency="Minute", interval=15)
    other = {"type": "TumblingWindowTriggerDependencyReference", "referenceTrigger": {"referenceName": "up"}}
    found = trigger("down", dependsOn=[other])
    needed = overlapping(upstream, *(window(found, 1).start, window(found, 1).end))
    assert starts(needed) == ["01 01:00", "01 01:15", "01 01:30", "01 01:45"]
    known = settled(upstream, 4, 5, 6)
    assert not satisfied(found, window(found, 1), lambda name: (upstream, known))
    known = settled(upstream, 4, 5, 6, 7)
    assert satisfied(found, window(found, 1), lambda name: (upstream, known))


def test_waiting_ends_after_seven_days():
    found, now = trigger(maxConcurrency=1), START + 10 * HOUR
    first = decide(found, now, {}, lambda one: False)
    assert len(first.wait) == 10 and first.run == first.expire == []
    waiting = settled(found, *range(10), status=WAITING)
    later = decide(found, START + timedelta(days=7), waiting, lambda one: False)
    assert len(later.expire) == 10
    assert starts(decide(found, now, waiting, lambda one: one.start.hour > 3).run) == ["01 04:00"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"frequency": "Day"}, "frequency is 'Day'"),
        ({"frequency": "Minute", "interval": 4}, "shortest are 5 minutes"),
        ({"maxConcurrency": 51}, "maxConcurrency is 51"),
        ({"maxConcurrency": None}, "maxConcurrency is None"),
        ({"delay": "soon"}, "delay is 'soon'"),
        ({"retryPolicy": {"count": 1, "intervalInSeconds": 5}}, "intervalInSeconds is 5"),
        ({"dependsOn": [{"type": "SelfDependencyTumblingWindowTriggerReference", "offset": "01:00:00"}]},
         "must be there and negative"),
        ({"dependsOn": [{"type": "TumblingWindowTriggerDependencyReference"}]}, "names no trigger"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(more, words):
    with pytest.raises(TriggerError, match=words):
        trigger(**more)


def test_a_trigger_of_another_type_is_refused_by_name():
    with pytest.raises(TriggerError, match="type BlobEventsTrigger are not supported"):
        read("t", {"properties": {"type": "BlobEventsTrigger", "typeProperties": {}}})


FREQUENCIES = st.sampled_from(
    [("Minute", 5), ("Minute", 45), ("Hour", 1), ("Hour", 24), ("Month", 1), ("Month", 5)]
)


@settings(max_examples=150, deadline=None)
@given(
    FREQUENCIES,
    st.datetimes(datetime(2020, 1, 1), datetime(2023, 1, 1)),
    st.integers(0, 200),
    st.integers(0, 7000),
)
def test_windows_touch_and_none_is_left_out(size, start, number, hours):
    found = trigger(frequency=size[0], interval=size[1], startTime=start.isoformat() + "Z")
    one, after = window(found, number), window(found, number + 1)
    assert one.start < one.end == after.start
    now = found.start + hours * HOUR
    count = count_due(found, now)
    assert count == 0 or window(found, count - 1).end <= now
    assert window(found, count).end > now
    inside = one.start + (one.end - one.start) / 3
    assert list(overlapping(found, inside, inside + timedelta(seconds=1))) == [one]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6), st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=60), st.randoms())
def test_however_runs_end_and_watches_restart_every_window_runs_once(at_once, events, chance):
    """A simulated day: time passes by some hours, some runs end; or the watch begins anew from what is kept."""
    found = trigger(maxConcurrency=at_once)
    kept: dict = {}  # the rows of the database
    begun: list[datetime] = []
    now, first = START, 0
    for hours, restart in events:
        now += hours * HOUR
        if restart:
            first = 0
        first = first_unsettled(found, kept, first)
        for one in decide(found, now, kept, lambda one: True, first).run:
            begun.append(one.start)
            kept[one.start] = Standing(RUNNING, now)
        running = [start for start, standing in kept.items() if standing.status == RUNNING]
        assert len(running) <= at_once
        for start in running:
            if chance.random() < 0.7:
                kept[start] = Standing(SUCCEEDED, now)
    assert begun == [START + number * HOUR for number in range(len(begun))]  # in order, no gap, none twice


def test_a_pipeline_that_uses_trigger_is_refused_by_name(tmp_path):
    """It is to be had in a trigger's own definition: a pipeline gets what it needs by parameters."""
    value = "@trigger().scheduledTime"
    note = {"name": "Note", "type": "SetVariable", "variableName": "v", "value": value}
    factory = Factory({"p": {"variables": {"v": {"type": "String"}}, "activities": [note]}})
    with pytest.raises(DefinitionError, match=r"trigger\(\) is used in a pipeline"):
        Runtime(factory, tmp_path).run("p")
