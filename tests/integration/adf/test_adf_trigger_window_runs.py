"""Windows whose state is in a real PostgreSQL: filled, repeated, waiting, over restarts and failures.

https://learn.microsoft.com/azure/data-factory/how-to-create-tumbling-window-trigger
"""

import threading
import time
from datetime import timedelta

import psycopg
import pytest
from triggerlab import HOUR, START, TriggerLab, windows

from local.adf.history import History
from local.adf.triggers.store import Claim
from local.adf.triggers.windows import Window
from local.errors import HighwaterError

pytestmark = pytest.mark.postgres


@pytest.fixture
def lab(database, tmp_path):
    return lambda **definitions: TriggerLab(database, tmp_path, **definitions)


class TestWindows:
    def test_past_windows_are_filled_in_order_and_once(self, lab):
        made = lab(hourly=windows())
        ended = made.pass_time(made.watch(), 5 * HOUR)
        assert sorted(one.due for one in ended) == [START + number * HOUR for number in range(5)]
        assert made.rows() == [(number, "Succeeded", 1) for number in range(5)]
        with History(made.conninfo, made.folder) as history:
            run = history.load(next(one.run_id for one in ended if one.due == START + HOUR))
        assert run.parameters == {"low": "2024-01-01T01:00:00Z", "high": "2024-01-01T02:00:00Z"}
        again = made.pass_time(made.watch(), HOUR)  # a restart: only the new one
        assert [one.due for one in again] == [START + 5 * HOUR]

    def test_no_more_run_at_a_time_than_allowed(self, lab):
        made = lab(hourly=windows(maxConcurrency=3))
        running, most, lock = 0, 0, threading.Lock()

        def start(*given, **options):
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.1)
            with lock:
                running -= 1
            return made.start(*given, **options)

        made.pass_time(made.watch(start), 8 * HOUR)
        assert most == 3 and made.rows() == [(number, "Succeeded", 1) for number in range(8)]

    def test_a_failed_run_is_repeated_as_the_policy_says(self, lab, monkeypatch):
        made = lab(hourly=windows("bad", retryPolicy={"count": 2, "intervalInSeconds": 30}))
        watch = made.watch()
        monkeypatch.setattr(watch._windows._ending, "wait", lambda seconds: False)
        ended = made.pass_time(watch, HOUR)
        assert [(one.status, one.due) for one in ended] == [("Failed", START)] * 3
        assert len({one.run_id for one in ended}) == 3 and made.rows() == [(0, "Failed", 3)]
        assert made.pass_time(made.watch(), timedelta()) == []  # it stays failed

    def test_one_that_depends_on_itself_stops_at_a_failure_and_goes_on_after_a_rerun(self, lab):
        itself = {"type": "SelfDependencyTumblingWindowTriggerReference", "offset": "-01:00:00"}
        low = "@if(equals(trigger().outputs.windowStartTime, '2024-01-01T01:00:00Z'), 'bad', 'good')"
        made = lab(hourly=windows(low, dependsOn=[itself], maxConcurrency=10))
        ended = made.pass_time(made.watch(), 4 * HOUR)
        assert [(one.due.hour, one.status) for one in ended] == [(0, "Succeeded"), (1, "Failed")]
        assert made.rows() == [
            (0, "Succeeded", 1), (1, "Failed", 1), (2, "WaitingOnDependency", 0), (3, "WaitingOnDependency", 0),
        ]  # fmt: skip
        assert made.store.adopt(ended[1].run_id, "the re-run", "Succeeded") == 1
        assert [one.due.hour for one in made.pass_time(made.watch(), timedelta())] == [2, 3]

    def test_one_waits_for_the_windows_of_another(self, lab):
        upstream = {
            "type": "TumblingWindowTriggerDependencyReference",
            "referenceTrigger": {"referenceName": "up"},
        }
        made = lab(down=windows(dependsOn=[upstream]), up=windows(startTime="2024-01-01T00:00:00Z"))
        made.stopped = {"up"}
        assert made.pass_time(made.watch(), 2 * HOUR) == []
        made.stopped = set()
        ended = [(one.trigger, one.due.hour) for one in made.pass_time(made.watch(), timedelta())]
        assert sorted(ended) == [("down", 0), ("down", 1), ("up", 0), ("up", 1)]
        assert ended.index(("up", 0)) < ended.index(("down", 0))

    @pytest.mark.parametrize(
        ("died", "runs", "attempt"),
        [("before the run began", 1, 1), ("after it had succeeded", 0, 1), ("while it ran", 1, 1)],
    )
    def test_a_watch_that_died_neither_loses_nor_doubles_a_window(self, lab, died, runs, attempt):
        made = lab(hourly=windows())
        claim = Claim(Window(START, START + HOUR), "11111111-0000-0000-0000-000000000000", 1)
        assert made.store.claim("hourly", claim)
        if died == "after it had succeeded":
            made.start("p", {"low": "x"}, trigger={"TriggerName": "hourly"}, run_id=claim.run_id)
        elif died == "while it ran":
            with psycopg.connect(made.conninfo) as connection:
                connection.execute(
                    "insert into adf.pipeline_runs (run_id, pipeline, status, parameters, run_group_id, started_at,"
                    " owner) values (%s, 'p', 'InProgress', '{}', %s, now(), '{\"pid\": 1, \"started\": 1}')",
                    [claim.run_id, claim.run_id],
                )
        ended = made.pass_time(made.watch(), HOUR)
        assert [one.due for one in ended] == [START] * runs
        assert made.rows() == [(0, "Succeeded", attempt)]

    def test_what_could_not_be_taken_up_is_tried_again(self, lab):
        made = lab(hourly=windows())
        for number in range(2):
            start = START + number * HOUR
            assert made.store.claim("hourly", Claim(Window(start, start + HOUR), f"died-{number}", 1))
        watch = made.watch()
        away = [HighwaterError("The history of runs can't be read")]

        def outcome(run_id: str) -> str | None:
            if away:
                raise away.pop()
            return "Succeeded" if run_id == "died-0" else None

        watch._windows._outcome = outcome
        assert made.pass_time(watch, timedelta()) == [] and "can't be read" in made.notes[0]
        assert [one.due for one in made.pass_time(watch, timedelta())] == [START + HOUR]
        assert made.rows() == [(0, "Succeeded", 1), (1, "Succeeded", 1)]

    def test_a_window_has_one_taker(self, lab):
        made = lab(hourly=windows())
        one = Window(START, START + HOUR)
        assert made.store.claim("hourly", Claim(one, "a", 1))
        assert not made.store.claim("hourly", Claim(one, "b", 1))
        assert made.store.claim("hourly", Claim(one, "b", 2), instead_of="a")
        assert not made.store.claim("hourly", Claim(one, "c", 2), instead_of="a")
        made.store.settle("hourly", START, "Succeeded")
        assert not made.store.claim("hourly", Claim(one, "c", 2), instead_of="b")

    def test_a_database_that_is_away_fires_nothing_and_is_tried_again(self, lab):
        made = lab(hourly=windows())
        good = made.store._conninfo
        made.store._conninfo = good + " dbname=no_such_database"
        watch = made.watch()
        assert made.pass_time(watch, HOUR) == [] and made.pass_time(watch, timedelta()) == []
        assert len(made.notes) == 1 and "can't be reached" in made.notes[0]
        made.store._conninfo = good
        assert [one.due for one in made.pass_time(watch, timedelta())] == [START]
