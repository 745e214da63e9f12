"""What the console remembers of the report: the same answer until a table has a new commit, and what it is of."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace

import pyarrow as pa
import pytest
from delta_writer import INSTANT
from served_line import CONTRACTS

from local.console.answers import Answers, Published
from local.errors import HighwaterError
from local.report import Reading, Report
from local.serving.engine import Kept
from sql import serving
from sql.serving.batches import FOLDER

AT = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
PUBLISHED = pa.schema(
    [("batch_id", pa.int64()), ("run_id", pa.string()), ("published_at", INSTANT), ("tables", pa.string())]
)


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


ONE = next(v for v in Report().page("Data freshness and quality").visuals if v.title == "Trips by status")


def trip(lake, number: int) -> None:
    lake.gold("trip", {"trip_id": number, "status": "completed", "is_deleted": False})


def publish(lake, batch: int) -> None:
    row = {"batch_id": batch, "run_id": f"r{batch}", "published_at": AT, "tables": "|dim_driver|"}
    lake.put("gold", FOLDER, pa.Table.from_pylist([row], schema=PUBLISHED))


class Watched:
    """What is asked of the views, in this order; `hold` keeps the answers of one visual back."""

    def __init__(self, monkeypatch):
        self.asked, self.hold, real = [], threading.Event(), Reading.ask

        def ask(session, visual, *how):
            self.asked.append(visual.id)
            if visual.id == ONE.id:
                assert self.hold.wait(60)
            return real(session, visual, *how)

        monkeypatch.setattr(Reading, "ask", ask)


def test_who_asks_one_visual_of_what_is_new_has_others_asked_in_the_background(lake, answers):
    for number in (1, 2):
        trip(lake, number)
        before = len(answers)
        answers.ask(ONE, {}, None)
        until = time.monotonic() + 60
        while len(answers) == before + 1 and time.monotonic() < until:
            time.sleep(0.05)
        assert len(answers) > before + 1


def test_once_a_batch_is_published_all_visuals_are_asked_in_the_background_and_once(
    lake, answers, monkeypatch
):
    trip(lake, 1)
    watched = Watched(monkeypatch)
    watched.hold.set()
    answers.follow()
    time.sleep(0.5)
    assert watched.asked == []
    for batch in (1, 2):
        watched.asked.clear()
        publish(lake, batch)
        answers.follow()
        until = time.monotonic() + 60
        while ONE.id not in watched.asked and time.monotonic() < until:
            time.sleep(0.05)
        answers.follow()
        time.sleep(0.5)
        assert watched.asked.count(ONE.id) == 1
        assert len(watched.asked) == len(set(watched.asked)) > 20


def test_what_two_ask_at_the_same_time_is_asked_once(lake, answers, monkeypatch):
    trip(lake, 1)
    watched = Watched(monkeypatch)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(answers.ask, ONE, {}, None) for _ in range(2)]
        time.sleep(0.5)
        watched.hold.set()
        first, second = (future.result() for future in both)
    assert first.found is second.found and [row[:2] for row in first.found.rows] == [("completed", 1)]
    assert watched.asked.count(ONE.id) == 1


def test_an_error_reaches_all_who_asked_and_is_not_remembered(lake, answers, monkeypatch):
    trip(lake, 1)
    real, watched = Reading.ask, Watched(monkeypatch)
    held = Reading.ask

    def fails(session, visual, *how):
        found = held(session, visual, *how)
        if visual.id == ONE.id:
            raise HighwaterError("the query failed")
        return found

    monkeypatch.setattr(Reading, "ask", fails)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(answers.ask, ONE, {}, None) for _ in range(2)]
        time.sleep(0.5)
        watched.hold.set()
        assert [str(future.exception()) for future in both] == ["the query failed"] * 2
    monkeypatch.setattr(Reading, "ask", real)
    assert [row[:2] for row in answers.ask(ONE, {}, None).found.rows] == [("completed", 1)]


def test_what_is_asked_in_the_background_lets_a_reader_go_first(lake, answers, monkeypatch):
    trip(lake, 1)
    watched = Watched(monkeypatch)
    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(answers.ask, ONE, {}, None)
        time.sleep(1)
        assert watched.asked == [ONE.id]
        watched.hold.set()
        reader.result()
    until = time.monotonic() + 60
    while len(set(watched.asked)) < 20 and time.monotonic() < until:
        time.sleep(0.05)
    assert len(set(watched.asked)) >= 20 and watched.asked.count(ONE.id) == 1


def test_an_answer_is_remembered_until_the_next_commit_for_what_is_let_through(lake, answers):
    trip(lake, 1)
    first = answers.ask(ONE, {}, None)
    assert [row[:2] for row in first.found.rows] == [("completed", 1)]
    again = answers.ask(ONE, {}, None)
    assert again == first and again.found is first.found
    trip(lake, 2)
    second = answers.ask(ONE, {}, None)
    assert [row[:2] for row in second.found.rows] == [("completed", 2)]
    assert second.state != first.state
    chosen = {("Trip", "Status"): ["open"]}
    assert answers.ask(ONE, chosen, None).found.rows == []


def test_what_was_asked_while_a_commit_came_is_of_the_state_before_it_and_not_remembered(
    lake, answers, monkeypatch
):
    trip(lake, 1)
    asks, commits = Reading.ask, [lambda: trip(lake, 2)]

    def ask(self, visual, *how):
        found = asks(self, visual, *how)
        if visual.id == ONE.id and commits:
            commits.pop()()
        return found

    monkeypatch.setattr(Reading, "ask", ask)
    during, after = answers.ask(ONE, {}, None), answers.ask(ONE, {}, None)
    assert during.state != after.state
    assert [row[1] for row in (*during.found.rows, *after.found.rows)] == [1, 2]


def test_the_batch_that_a_page_is_of_is_told_with_what_is_ahead_of_it(lake, answers):
    for _, text in serving.batch_scripts([CONTRACTS["driver"]]):
        lake.run(text)
    lake.gold("driver", {"driver_id": 1, "_batch_id": 1})
    assert answers.mark() is None
    publish(lake, 1)
    first = answers.mark()
    lake.gold("driver", {"driver_id": 1, "_batch_id": 2})
    assert answers.mark() == first
    assert answers.published().found == Published(1, AT.replace(tzinfo=None), (("dim_driver", 2),))
    publish(lake, 2)
    assert answers.mark() != first
    assert answers.published().found == Published(2, AT.replace(tzinfo=None), ())


def test_the_batch_is_told_though_a_table_has_no_row_yet(lake, answers):
    publish(lake, 3)
    assert answers.published().found == Published(3, AT.replace(tzinfo=None), ())
