"""Claims: who may move a window, and how one that was overtaken learns of it."""

import json
import threading

import psycopg
import pytest

pytestmark = pytest.mark.postgres


@pytest.fixture
def opened(site, contract_of, pipeline):
    """A run `a` that has claimed one window of two rows."""
    site.add(contract_of())
    site.insert("thing", 1, 2, at="2024-01-01 00:00:00+00")
    begin(site, "a")
    (window,) = pipeline.open("a", "thing")
    return window


def begin(site, run: str, pipeline: str = "ingest", kind: str = "live") -> None:
    site.control.execute("select control.begin_run(%s, %s, %s, '*')", [run, pipeline, kind])


def state(site) -> tuple:
    return site.all("select status, attempt, claimed_by from control.ledger")[0]


def landed(site, run: str, attempt: int, rows: int = 2) -> str:
    return site.one("select control.landed(1, %s, %s, 1, %s)", attempt, run, rows)


def test_a_claim_that_has_not_expired_is_not_taken(site, opened, pipeline):
    begin(site, "b", pipeline="other")
    assert pipeline.open("b", "thing") == []
    assert state(site) == ("open", 1, "a")


def test_a_step_that_outlives_its_killed_run_leaves_no_claim_behind(site, contract_of, pipeline):
    """The next run begins while the statement that claims is still at work: it waits, and has the window."""
    site.add(contract_of())
    site.insert("thing", 1, 2, at="2024-01-01 00:00:00+00")
    begin(site, "a")
    (row,) = pipeline.ask("begin", "select bounds_query from control.begin_table('a', 'thing', 'live')")
    (bounds,) = pipeline.ask("bounds", row["bounds_query"])
    claims = "select window_id from control.open_windows('a', 'thing', 'live', %s)"
    with site.connect(autocommit=False) as late:
        assert late.execute(claims, [json.dumps(bounds, default=str)]).fetchall() == [(1,)]
        following = threading.Thread(target=begin, args=(site, "b"))
        following.start()
        following.join(0.5)
        assert following.is_alive()
    following.join(30)
    (taken,) = pipeline.open("b", "thing")
    assert (taken["window_id"], taken["attempt"]) == (1, 2)


def test_an_expired_claim_is_taken_under_the_next_attempt_and_the_zombie_fails(site, opened, pipeline):
    site.control.execute("update control.ledger set lease_until = clock_timestamp() - interval '1 s'")
    begin(site, "b", pipeline="other")
    (taken,) = pipeline.open("b", "thing")
    assert (taken["window_id"], taken["attempt"], taken["path"]) == (1, 2, "thing/1/2")
    assert taken["query"] == opened["query"], "the same bounds"
    with pytest.raises(psycopg.errors.RaiseException) as refused:
        landed(site, "a", 1)
    assert (
        refused.value.diag.message_primary == "window 1 of thing is no longer claimed by run a as attempt 1"
    )
    assert refused.value.diag.message_detail == "it is open, at attempt 2, claimed by run b"
    with pytest.raises(psycopg.errors.RaiseException, match="no longer claimed by run a"):
        site.one("select control.release(1, 1, 'a', 'woke up')")
    assert landed(site, "b", 2) == "landed"
    assert state(site) == ("landed", 2, "b")


def test_the_attempt_alone_or_the_run_alone_is_not_enough(site, opened):
    for run, attempt in (("a", 2), ("a", 0)):
        with pytest.raises(psycopg.errors.RaiseException, match="no longer claimed"):
            landed(site, run, attempt)
    begin(site, "b", pipeline="other")
    with pytest.raises(psycopg.errors.RaiseException, match="no longer claimed"):
        landed(site, "b", 1)


def test_a_later_run_of_the_pipeline_takes_over_at_once_and_ends_the_earlier(site, opened, pipeline):
    begin(site, "b")
    assert state(site) == ("open", 1, None)
    assert site.one("select status from control.run where run_id = 'a'") == "abandoned"
    (taken,) = pipeline.open("b", "thing")
    assert taken["attempt"] == 2
    for step in ("begin_table('a', 'thing', 'live')", "open_windows('a', 'thing', 'live', '{}')",
                 "make_plan('a')", "table_failed('a', 'thing', 'x')"):  # fmt: skip
        with pytest.raises(psycopg.errors.RaiseException, match="run a is over: it was abandoned"):
            site.control.execute(f"select control.{step}")
    assert site.all("select * from control.finish_run('a')") == [(1, "run a was abandoned: run b began")]
    assert state(site) == ("open", 2, "b"), "the zombie released nothing"


def test_a_run_of_another_pipeline_leaves_claims_alone(site, opened):
    begin(site, "b", pipeline="reload", kind="reload")
    assert state(site) == ("open", 1, "a")


def test_a_zombie_s_receipts_move_nothing(site, opened, receipt_of):
    landed(site, "a", 1)
    assert site.one("select windows from control.make_plan('a')") == 1
    plan = {"window_id": 1, "attempt": 1}
    begin(site, "b")
    # Its claim is released and nobody has taken it yet.
    assert site.one("select control.settle('a', %s)", json.dumps([receipt_of("a", "thing", [plan])])) == 0
    assert state(site) == ("landed", 1, None)
    site.control.execute("select control.begin_table('b', 'thing', 'live')")
    assert site.one("select windows from control.make_plan('b')") == 1
    assert site.one("select control.settle('a', %s)", json.dumps([receipt_of("a", "thing", [plan])])) == 0
    assert state(site) == ("landed", 2, "b")
    # Nor does run b's claim serve a receipt that names the attempt before.
    assert site.one("select control.settle('b', %s)", json.dumps([receipt_of("b", "thing", [plan])])) == 0
    assert state(site) == ("landed", 2, "b")
    plan = {"window_id": 1, "attempt": 2}
    assert site.one("select control.settle('b', %s)", json.dumps([receipt_of("b", "thing", [plan])])) == 1
    assert state(site) == ("merged", 2, None)


def test_a_plan_takes_what_a_dead_run_landed_from_where_it_landed(site, opened):
    landed(site, "a", 1)
    begin(site, "b")
    site.control.execute("select control.begin_table('b', 'thing', 'live')")
    assert site.one("select windows from control.make_plan('b')") == 1
    row = site.all("select window_id, attempt, path, rows from control.plan('b')")
    assert row == [(1, 2, "thing/1/1", 2)]
    assert site.breaches() == []


def test_steps_may_be_asked_twice(site, opened, pipeline, receipt_of):
    """A Lookup may be retried after its answer was lost."""
    assert site.all("select table_name from control.begin_run('a', 'ingest', 'live', '*')") == [("thing",)]
    (again,) = pipeline.open("a", "thing")
    assert (again["window_id"], again["attempt"], again["query"]) == (1, 2, opened["query"])
    assert landed(site, "a", 2) == landed(site, "a", 2) == "landed"
    assert site.one("select rows from control.run_table") == 2
    assert [site.one("select windows from control.make_plan('a')") for _ in range(2)] == [1, 1]
    receipts = json.dumps([receipt_of("a", "thing", [{"window_id": 1, "attempt": 2}])])
    assert [site.one("select control.settle('a', %s)", receipts) for _ in range(2)] == [1, 1]
    assert [site.all("select * from control.finish_run('a')") for _ in range(2)] == [[(0, "")], [(0, "")]]
    with pytest.raises(psycopg.errors.RaiseException, match="run a is over: it succeeded"):
        begin(site, "a")


def test_a_second_landing_with_other_rows_is_refused(site, opened):
    landed(site, "a", 1, rows=2)
    with pytest.raises(psycopg.errors.RaiseException, match="has landed already, with 2 rows in 1 files"):
        landed(site, "a", 1, rows=3)


def test_a_released_window_is_the_next_run_s(site, opened, pipeline):
    assert site.one("select control.release(1, 1, 'a', 'disk full') ") is True
    assert site.one("select control.release(1, 1, 'a', 'disk full') ") is True
    assert state(site) == ("open", 1, None)
    assert site.all("select * from control.finish_run('a')") == [(1, "thing: disk full")]
    begin(site, "b", pipeline="other")
    (taken,) = pipeline.open("b", "thing")
    assert taken["attempt"] == 2


def test_a_window_whose_rows_are_gone_is_closed_when_it_lands(site, opened):
    assert landed(site, "a", 1, rows=0) == "merged"
    assert landed(site, "a", 1, rows=0) == "merged"
    assert site.one("select windows from control.make_plan('a')") == 0
    assert site.all("select status, path, files, rows from control.ledger") == [("merged", None, 0, 0)]
    assert site.breaches() == []


def test_two_sessions_that_open_at_once_share_no_window(site, contract_of, pipeline):
    """The second waits for the first to commit, and then finds its claims taken."""
    site.add(contract_of())
    site.insert("thing", 1, at="2024-01-01 00:00:00+00")
    begin(site, "a")
    begin(site, "b", pipeline="other")
    bounds = json.dumps({"high": "2024-02-01 00:00:00.000000", "rows": 1, "cuts": "[]"})
    one, two = site.connect(autocommit=False), site.connect(autocommit=False)
    ask = "select window_id, attempt from control.open_windows(%s, 'thing', 'live', %s)"
    assert one.execute(ask, ["a", bounds]).fetchall() == [(1, 1)]
    two.execute("set lock_timeout = '200ms'")
    with pytest.raises(psycopg.errors.LockNotAvailable):
        two.execute(ask, ["b", bounds])
    two.rollback()
    one.commit()
    assert two.execute(ask, ["b", bounds]).fetchall() == []
    two.commit()
    assert len(site.windows()) == 1


@pytest.mark.parametrize("kind", ["backfill", "reconcile"])
def test_ingest_beside_a_request_takes_nothing_of_it_and_wakes_to_find_its_own_taken(
    site, contract_of, pipeline, kind
):
    """Both hold windows of one table at once; when every lease has run out, each window goes to its own kind of run."""
    site.add(contract_of(deletes={"kind": "keys"}))
    site.insert("thing", 1, 2, at="2024-01-01 00:00:00+00")
    site.settle_clock()
    assert pipeline.run() == (0, "")
    site.insert("thing", 3, at="2024-01-02 00:00:00+00")
    site.control.execute("update mobility.thing set body = 'live' where thing_id = 3")
    begin(site, "a")
    site.settle_clock()
    (live,) = pipeline.open("a", "thing")
    ask = "select table_name from control.begin_request(%s, %s, %s, 'thing', '2024-01-01', '', '', '', '')"

    def request(run: str, name: str) -> list[dict]:
        site.control.execute(ask, [run, name, kind])
        return pipeline.open(run, "thing", kind)

    (theirs,) = request("b", kind)
    assert theirs["window_id"] != live["window_id"]
    assert request("b2", f"{kind} too") == [], "what is claimed is nobody else's"
    site.control.execute("update control.ledger set lease_until = clock_timestamp() - interval '1 s' "
                         "where claimed_by is not null")  # fmt: skip
    begin(site, "c", pipeline="other")
    assert [(w["window_id"], w["attempt"]) for w in pipeline.open("c", "thing")] == [(live["window_id"], 2)]
    assert [(w["window_id"], w["attempt"]) for w in request("b3", f"{kind} three")] == [
        (theirs["window_id"], 2)
    ]
    for run, window in (("a", live), ("b", theirs)):
        with pytest.raises(
            psycopg.errors.RaiseException, match=f"no longer claimed by run {run} as attempt 1"
        ):
            pipeline.copy(run, window)
    assert site.breaches() == []
