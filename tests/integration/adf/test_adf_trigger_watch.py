"""Firing schedules, and what a watch refuses, follows and records, over a real PostgreSQL.

https://learn.microsoft.com/azure/data-factory/concepts-pipeline-execution-triggers
"""

from datetime import timedelta

import pytest
from triggerlab import HOUR, PIPELINE, START, TriggerLab, schedule, windows

from local.adf import Factory
from local.adf.history import History
from local.adf.triggers import TriggerError, read
from local.adf.triggers.firing import check

pytestmark = pytest.mark.postgres


@pytest.fixture
def lab(database, tmp_path):
    return lambda **definitions: TriggerLab(database, tmp_path, **definitions)


class TestSchedule:
    def test_it_fires_when_it_is_due_and_its_runs_are_recorded_with_its_name(self, lab):
        made = lab(hourly=schedule(low="@trigger().scheduledTime"))
        watch = made.watch()
        assert [one.due for one in made.pass_time(watch, timedelta(minutes=30))] == []
        (fired,) = made.pass_time(watch, timedelta(minutes=31))
        assert (fired.trigger, fired.due, fired.status) == ("hourly", START + HOUR, "Succeeded")
        assert made.pass_time(watch, timedelta(minutes=58)) == []
        with History(made.conninfo, made.folder) as history:
            run = history.load(fired.run_id)
            assert run.activity("Say").output["value"] == "hourly ScheduleTrigger 2024-01-01T01:00:00Z"
            assert (
                history.runs()[0]["trigger"] == "hourly" and run.trigger["TriggerType"] == "ScheduleTrigger"
            )

    def test_one_that_is_stopped_does_not_fire_and_makes_up_for_nothing(self, lab):
        made = lab(hourly=schedule(low="x"))
        watch = made.watch()
        made.pass_time(watch, timedelta(minutes=1))
        made.stopped = {"hourly"}
        assert made.pass_time(watch, 3 * HOUR) == []
        made.stopped = set()
        assert made.pass_time(watch, timedelta(minutes=30)) == []
        assert [one.due for one in made.pass_time(watch, timedelta(minutes=40))] == [START + 4 * HOUR]

    def test_what_was_missed_while_nobody_looked_is_said_and_left_out(self, lab):
        made = lab(hourly=schedule(low="x"))
        watch = made.watch()
        made.pass_time(watch, timedelta(minutes=1))
        assert [one.due for one in made.pass_time(watch, 5 * HOUR)] == [START + 5 * HOUR]
        assert "4 runs that were due since 00:01:00 were missed" in made.notes[0]

    def test_a_run_that_can_not_start_is_told_and_the_others_go_on(self, lab):
        made = lab(bad=schedule(nothing="x"), good=schedule(low="x"))
        watch = made.watch()
        made.pass_time(watch, timedelta(minutes=1))
        ended = {one.trigger: one for one in made.pass_time(watch, HOUR)}
        assert ended["good"].status == "Succeeded" and ended["bad"].status == "Refused"
        assert "no parameter 'nothing'" in ended["bad"].message


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        (schedule(low="@trigger().scheduledTime("), "(?s)Unable to parse .*position 24"),
        (schedule(low="@nonsense(1)"), "'nonsense' is not to be had"),
        (schedule(low="@pipeline().RunId"), "'pipeline' is not to be had"),
        ({**schedule(), "pipelines": [{"pipelineReference": {"referenceName": "gone"}}]}, "'gone' is not declared"),
        (windows(dependsOn=[{"type": "TumblingWindowTriggerDependencyReference",
                             "referenceTrigger": {"referenceName": "gone"}}]), "'gone', on which it depends"),
    ],
)  # fmt: skip
def test_what_could_not_be_fired_is_refused_before(definition, words):
    with pytest.raises(TriggerError, match=words):
        check(Factory({"p": PIPELINE}), {"t": read("t", definition)})


def test_a_watch_ends_in_time_and_on_its_own(lab):
    made = lab(hourly=schedule(low="x"))
    watch = made.watch()
    watch.watch(until=START)
    assert watch.running == 0 and watch.upcoming() == [("hourly", START + HOUR)]


def test_a_changed_declaration_counts_from_the_next_look_on(lab):
    made = lab(hourly=schedule(low="x"))
    news = [{"hourly": read("hourly", schedule(low="new")), "past": read("past", windows())}]
    watch = made.watch()
    watch._changed = lambda: news.pop() if news and made.now > START + HOUR else None
    made.pass_time(watch, timedelta(minutes=1))
    ended = {one.trigger: one for one in made.pass_time(watch, HOUR)}
    assert ended.keys() == {"hourly", "past"} and ended["past"].due == START
    with History(made.conninfo, made.folder) as history:
        assert history.load(ended["hourly"].run_id).parameters["low"] == "new"
