"""Triggers by their wire names."""

import pytest

from pipelines import triggers

START = "2024-01-01T00:00:00Z"


def reference(pipeline: str, **parameters: str):
    return {"name": pipeline, "parameters": parameters}


def read(found) -> dict:
    return {
        "name": found.pipeline_reference.reference_name,
        "parameters": {k: v if isinstance(v, str) else v["value"] for k, v in found.parameters.items()},
    }


def test_a_daily_trigger_fires_at_its_time_in_utc():
    trigger = triggers.daily("02:30", START, "maintain", {"tables": "*"})
    assert trigger.type == "ScheduleTrigger"
    recurrence = trigger.recurrence
    assert (recurrence.frequency, recurrence.interval, recurrence.time_zone) == ("Day", 1, "UTC")
    assert (recurrence.schedule.hours, recurrence.schedule.minutes) == ([2], [30])
    assert [read(p) for p in trigger.pipelines] == [reference("maintain", tables="*")]


@pytest.mark.parametrize("wrong", ["24:00", "half past two", ""])
def test_a_time_that_is_none_is_refused(wrong: str):
    with pytest.raises(ValueError):
        triggers.daily(wrong, START, "maintain")


def test_a_window_trigger_runs_one_span_at_a_time_and_tells_the_pipeline_its_bounds():
    bounds = {"low": triggers.WINDOW_START, "high": triggers.WINDOW_END}
    trigger = triggers.every_window(6, START, "reconcile", bounds, retries=2)
    assert trigger.type == "TumblingWindowTrigger"
    assert (trigger.frequency, trigger.interval, trigger.start_time) == ("Hour", 6, START)
    assert trigger.max_concurrency == 1
    assert (trigger.retry_policy.count, trigger.retry_policy.interval_in_seconds) == (2, 300)
    assert read(trigger.pipeline) == reference(
        "reconcile", low="@trigger().outputs.windowStartTime", high="@trigger().outputs.windowEndTime"
    )
