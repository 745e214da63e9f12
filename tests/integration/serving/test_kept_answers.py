"""What the console remembers of the report: the same answer until a table has a new commit."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from types import SimpleNamespace

import pytest

from local.console.answers import Answers
from local.report import Report
from local.serving.engine import Kept


@pytest.fixture
def kept():
    kept = Kept()
    yield kept
    kept.close()


def test_threads_ask_one_kept_session_side_by_side_each_in_utc(kept):
    def ask(number: int) -> tuple:
        with kept.session() as connection:
            return connection.execute(
                "select current_setting('TimeZone'), tsql_div(?::int, 2)", [number]
            ).fetchone()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(8))) == [("UTC", number // 2) for number in range(8)]


@pytest.fixture
def answers(lake, kept):
    stack = SimpleNamespace(container=lambda name: lake.folder / name, serving=lake.server)
    made = Answers(SimpleNamespace(stack=stack, lake=kept), cache(Report))
    yield made
    made.close()


def test_who_asks_one_visual_of_what_is_new_has_others_asked_in_the_background(lake, answers):
    one = next(v for v in Report().page("Data freshness and quality").visuals if v.title == "Trips by status")
    for trips in (1, 2):
        lake.gold("trip", {"trip_id": trips, "status": "completed", "is_deleted": False})
        before = len(answers)
        answers.ask(one, {}, None)
        until = time.monotonic() + 60
        while len(answers) == before + 1 and time.monotonic() < until:
            time.sleep(0.05)
        assert len(answers) > before + 1


def test_an_answer_is_remembered_until_the_next_commit_for_what_is_let_through(lake, answers):
    visual = next(
        v for v in Report().page("Data freshness and quality").visuals if v.title == "Trips by status"
    )
    lake.gold("trip", {"trip_id": 1, "status": "completed", "is_deleted": False})
    first = answers.ask(visual, {}, None)
    assert [row[:2] for row in first.rows] == [("completed", 1)]
    assert answers.ask(visual, {}, None) is first
    lake.gold("trip", {"trip_id": 2, "status": "completed", "is_deleted": False})
    assert [row[:2] for row in answers.ask(visual, {}, None).rows] == [("completed", 2)]
    chosen = {("Trip", "Status"): ["open"]}
    assert answers.ask(visual, chosen, None).rows == []
