"""What `control.repair` proposes for each breach, and what it does."""

import pytest

pytestmark = pytest.mark.postgres


def repair(site, apply: bool = False, windows: str = "") -> list[tuple]:
    return site.all(
        "select breach, window_id, action, command, done from control.repair(%s, %s)", apply, windows
    )


@pytest.fixture
def things(site, contract_of, pipeline):
    """A merged window of three rows and a landed one of two, whose run is over."""
    site.add(contract_of(deletes={"kind": "keys"}))
    for key in (1, 2, 3):
        site.insert("thing", key, at=f"2024-01-01 12:00:0{key}+00")
    assert pipeline.run() == (0, "")
    site.insert("thing", 4, 5)
    site.settle_clock()
    site.control.execute("select control.begin_run('late', 'ingest', 'live', '*')")
    pipeline.load("late", "thing")
    return pipeline


def test_a_landed_window_is_read_again_unless_a_run_is_at_work_on_it(site, things):
    assert repair(site) == []
    assert repair(site, True, "2") == [("named", 2, None, None, False)], "its run lives"
    site.control.execute("select control.finish_run('late')")
    assert repair(site, False, "2") == [("named", 2, "read_again", None, False)]
    assert site.windows()[1][2:] == ("landed", 1, 2)
    assert repair(site, True, "2") == [("named", 2, "read_again", None, True)]
    assert site.windows()[1][2:] == ("open", 2, None)
    assert things.run() == (0, "") and things.lost_or_doubled("thing") == []
    assert site.windows()[1][2:] == ("merged", 3, 2) and site.breaches() == []


def test_the_claim_of_a_dead_run_is_freed_and_what_is_merged_is_read_by_a_backfill(site, things):
    site.control.execute("update control.run set status = 'abandoned', ended = now() where run_id = 'late'")
    assert repair(site) == [("claim without a live run", 2, "release", None, False)]
    assert repair(site, True) == [("claim without a live run", 2, "release", None, True)]
    assert repair(site) == []
    assert things.run() == (0, "") and things.lost_or_doubled("thing") == []
    ((low, high, *_), *_) = site.windows()
    assert repair(site, True, "1") == [
        ("named", 1, "backfill", f'highwater backfill thing --from "{low}" --to "{high}"', False)
    ]
    assert repair(site, True, "99") == [("named", 99, None, None, False)]


def test_keys_that_no_window_has_read_ask_for_a_backfill_until_there_was_one(site, things):
    low, high = "2024-01-01 12:00:01.000000", "2024-01-01 12:00:02.500000"
    site.control.execute("insert into control.reconciled (run_id, table_name, missed, missed_low, missed_high) "
                         "values ('run-1', 'thing', 2, %s, %s)", [low, high])  # fmt: skip
    command = f'highwater backfill thing --from "{low}"'
    assert repair(site) == [("rows never read", None, "backfill", command, False)]
    text = "select control.begin_request('b', 'backfill', 'backfill', 'thing', %s, '', '', '', '')"
    site.control.execute(text, [low])
    things.load("b", "thing", "backfill")
    things.merge("b")
    assert repair(site) == []
