"""A snapshot that the job would not merge: it is read again, and how many rows may be gone is part of the plan."""

import json

import psycopg
import pytest

pytestmark = pytest.mark.postgres


@pytest.fixture
def refuse(site, pipeline, receipt_of):
    """A run whose job doubts what has landed of `thing`."""

    def go(run: str) -> None:
        site.control.execute("select control.begin_run(%s, 'ingest', 'live', '*')", [run])
        for window in pipeline.open(run, "thing"):
            pipeline.copy(run, window)
        site.control.execute("select control.make_plan(%s)", [run])
        plan = pipeline.ask("plan", "select * from control.plan(%s)", run)
        windows = [p["window_id"] for p in plan]
        doubt = receipt_of(run, "thing", plan, "failed", error="rows are gone", unread=windows)
        site.control.execute("select control.settle(%s, %s)", [run, json.dumps([doubt])])
        site.control.execute("select control.finish_run(%s)", [run])

    return go


def test_what_was_refused_is_read_again_and_its_fingerprint_is_that_of_what_was_read(
    site, contract_of, pipeline, refuse
):
    site.add(contract_of(cursor=None))
    site.insert("thing", 1, 2)
    assert pipeline.run() == (0, "")
    site.control.execute("delete from mobility.thing")
    refuse("doubtful")
    assert [w[2:] for w in site.windows()] == [("merged", 1, 2), ("open", 2, None)]
    site.insert("thing", 1, 2)
    assert pipeline.run() == (0, "")
    assert [w[2:] for w in site.windows()] == [("merged", 1, 2), ("merged", 3, 2)]
    assert pipeline.lost_or_doubled("thing") == []
    # The very content that was refused: a change again, though it is what the window had first observed.
    site.control.execute("delete from mobility.thing")
    assert pipeline.run() == (0, "")
    assert len(site.windows()) == 3
    assert site.breaches() == [] and pipeline.silver["thing"] == {}


def test_a_run_that_says_how_many_rows_may_be_gone_has_it_in_its_plan(site, contract_of, pipeline):
    site.add(contract_of(cursor=None))
    site.insert("thing", 1)
    for run, said, planned in (("a", None, 0.1), ("b", "", 0.1), ("c", " 0.75", 0.75)):
        given = [run, *([] if said is None else [said])]
        marks = ", ".join("%s" for _ in given[1:])
        site.control.execute(
            f"select control.begin_run(%s, 'ingest', 'live', '*'{', ' * bool(marks)}{marks})", given
        )
        for window in pipeline.open(run, "thing"):
            pipeline.copy(run, window)
        site.control.execute("select control.make_plan(%s)", [run])
        asked = site.all(f"select allow_share, allow_rows from control.plan('{run}')")
        assert asked == [(planned, 10)], run
    with pytest.raises(psycopg.errors.CheckViolation, match="allow_share"):
        site.control.execute("select control.begin_run('d', 'ingest', 'live', '*', '75')")


def test_an_unfinished_snapshot_of_a_run_that_lives_keeps_its_high(site, contract_of, pipeline):
    site.add(contract_of(cursor=None))
    site.insert("thing", 1)
    site.control.execute("select control.begin_run('a', 'ingest', 'live', '*')")
    pipeline.open("a", "thing")
    ((_, high, *_),) = site.windows()
    site.insert("thing", 2)
    site.control.execute("select control.begin_run('b', 'other', 'live', '*')")
    assert pipeline.open("b", "thing") == []
    assert site.windows()[0][1] == high
