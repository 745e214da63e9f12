"""Backfills and comparisons of keys: windows of a named range, beside the live ones."""

import itertools

import psycopg
import pytest

pytestmark = pytest.mark.postgres


def begin(site, run: str, kind: str, tables: str = "thing", **given: str) -> list[str]:
    values = [given.get(name, "") for name in ("low", "high", "chunk", "allow", "due")]
    text = "select table_name from control.begin_request(%s, %s, %s, %s, %s, %s, %s, %s, %s)"
    return [row[0] for row in site.all(text, run, kind, kind, tables, *values)]


def finish(site, pipeline, run: str) -> tuple:
    pipeline.merge(run)
    return site.all("select failed, message from control.finish_run(%s)", run)[0]


@pytest.fixture
def things(site, contract_of, pipeline):
    """Ten rows, one a second from 12:00:01 on, read by one live run."""
    site.add(contract_of(deletes={"kind": "keys"}))
    for key in range(1, 11):
        site.insert("thing", key, at=f"2024-01-01 12:00:{key:02}+00")
    assert pipeline.run() == (0, "")
    return pipeline


def test_a_backfill_covers_exactly_its_range_in_chunks_and_meets_the_watermark(site, things):
    mark = site.watermark()
    begin(site, "b", "backfill", low="2024-01-01T12:00:03Z", high="2999-01-01", chunk="3")
    for window in things.open("b", "thing", "backfill"):
        things.copy("b", window)
    drawn = site.windows(kind="backfill")
    assert [w[4] for w in drawn] == [3, 3, 2]
    assert drawn[0][0] == "2024-01-01 12:00:03.000000" and drawn[-1][1] == mark
    assert all(a[1] == b[0] for a, b in itertools.pairwise(drawn))
    # A live run goes on meanwhile, and neither takes the other's windows.
    site.insert("thing", 11)
    site.settle_clock()
    assert things.run() == (0, "")
    assert finish(site, things, "b") == (0, "")
    assert {w[2] for w in site.windows(kind="backfill")} == {"merged"}
    assert things.lost_or_doubled("thing") == [] and site.breaches() == []
    assert site.windows()[0][1] == mark, "the live windows are as they were"


def test_a_backfill_is_finished_by_the_next_one_and_older_versions_lose(site, things):
    begin(site, "b1", "backfill", low="2024-01-01", chunk="4")
    first, *rest = things.open("b1", "thing", "backfill")
    things.copy("b1", first)
    site.control.execute("update mobility.thing set body = 'new' where thing_id = 2")
    site.settle_clock()
    assert things.run() == (0, "")
    # The run died. The same range asked for again, and no range at all, finish what it left.
    begin(site, "b2", "backfill")
    again = things.open("b2", "thing", "backfill")
    assert [w["window_id"] for w in again] == [w["window_id"] for w in rest]
    for window in again:
        things.copy("b2", window)
    assert finish(site, things, "b2") == (0, "")
    assert things.silver["thing"][2]["body"] == "new"
    assert things.lost_or_doubled("thing") == [] and site.breaches() == []
    begin(site, "b3", "backfill")
    with pytest.raises(psycopg.errors.RaiseException, match="no backfill of thing is unfinished"):
        things.open("b3", "thing", "backfill")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"low": "2998-01-01"}, "behind the watermark"),
        ({"low": "2024-01-02", "high": "2024-01-01"}, "the range of thing is empty"),
        ({"low": "yesterday-ish"}, "is no bound of a cursor of kind timestamp"),
        ({"tables": "nothing"}, "no backfill of: nothing"),
        ({"tables": ""}, "none named"),
    ],
)
def test_a_range_that_cannot_be_is_refused(site, things, given, said):
    with pytest.raises(psycopg.errors.RaiseException, match=said):
        begin(site, "b", "backfill", given.pop("tables", "thing"), **given)
        things.open("b", "thing", "backfill")


def test_keys_are_read_with_what_changed_since_and_note_what_was_merged_before(site, things):
    site.insert("thing", 20)  # committed and not read yet
    site.control.execute("delete from mobility.thing where thing_id in (1, 2)")
    site.control.execute("update mobility.thing set body = 'moved' where thing_id = 3")
    begin(site, "r", "reconcile")
    (window,) = things.open("r", "thing", "reconcile")
    things.copy("r", window)
    keys = {row["thing_id"] for row in things.landing[window["path"]]}
    assert keys == {3, 4, 5, 6, 7, 8, 9, 10, 20}
    assert set(things.landing[window["path"]][0]) == {"thing_id", "updated_at"}
    # What is merged after the keys were read is no concern of theirs.
    site.settle_clock()
    assert things.run() == (0, "")
    things.ask("make plan", "select windows from control.make_plan(%s)", "r")
    (planned,) = things.ask("plan", "select * from control.reconcile_plan('r')")
    live = [row[0] for row in site.all("select window_id from control.ledger where kind = 'live' order by 1")]
    assert live[0] <= planned["newest"] < live[-1] and planned["unmerged"] == ""
    assert (planned["allow_share"], planned["allow_rows"]) == (0.1, 10)
    receipt = {
        "run_id": "r", "table_name": "thing", "status": "merged", "landed": 9, "compared": 10, "gone": 2,
        "deleted": 2, "revived": 0, "missed": 0, "seconds": 0.5, "versions": {"silver": 7},
        "windows": [{"window_id": window["window_id"], "attempt": window["attempt"]}],
    }  # fmt: skip
    assert site.one("select control.settle_reconcile('r', %s)", psycopg.types.json.Jsonb([receipt])) == 1
    assert site.all("select failed from control.finish_run('r')") == [(0,)]
    cost = "select keys, compared, gone, marked, compare_seconds from control.reconcile_report"
    assert [tuple(map(float, row)) for row in site.all(cost)] == [(9, 10, 2, 2, 0.5)]
    assert site.breaches() == [] and len(site.windows(kind="reconcile")) == 1
    # A schedule that makes up for missed runs compares once: these keys were read after that time.
    assert begin(site, "r2", "reconcile", due="2024-06-01") == []
    assert begin(site, "r3", "reconcile", due="2999-01-01") == ["thing"]


def test_a_range_whose_rows_are_all_gone_still_lands_and_keys_of_a_dead_run_are_read_again(site, things):
    begin(site, "r1", "reconcile", low="2024-01-01", high="2024-01-01T12:00:04Z")
    (window,) = things.open("r1", "thing", "reconcile")
    site.control.execute("delete from mobility.thing")
    things.copy("r1", window)
    assert things.landing[window["path"]] == []
    assert [w[2:] for w in site.windows(kind="reconcile")] == [("landed", 1, 0)]
    begin(site, "r2", "reconcile", low="2024-01-01", high="2024-01-01T12:00:04Z")
    (again,) = things.open("r2", "thing", "reconcile")
    assert (again["window_id"], again["attempt"]) == (window["window_id"], 2)
    snapshots = "select attempt, run_id from control.key_snapshot order by 1"
    assert site.all(snapshots) == [(1, "r1"), (2, "r2")]


def test_an_unmerged_window_is_named_and_a_table_without_keys_is_refused(site, contract_of, things):
    site.add(contract_of("other", cursor="integer"))
    with pytest.raises(psycopg.errors.RaiseException, match="no reconcile of: other"):
        begin(site, "r0", "reconcile", "other")
    site.insert("thing", 30)
    site.settle_clock()
    site.control.execute("select control.begin_run('i', 'ingest', 'live', 'thing')")
    (pending,) = things.open("i", "thing")
    assert begin(site, "r", "reconcile", "*") == ["thing"]
    things.open("r", "thing", "reconcile")
    assert site.all("select unmerged from control.key_snapshot") == [([pending["window_id"]],)]


def test_rows_without_a_key_are_not_backfilled(site, contract_of, pipeline):
    """Nothing but their windows tells them apart: read again, they would be there twice."""
    site.add(contract_of(cursor="integer", primary_key=[]))
    site.insert("thing", 1, 2)
    pipeline.run()
    with pytest.raises(psycopg.errors.RaiseException, match="no backfill of: thing") as refused:
        begin(site, "b", "backfill")
    assert "reloaded" in refused.value.diag.message_hint
    (window,) = site.all("select window_id from control.ledger where rows = 2")[0]
    found = site.all("select action, command from control.repair(false, %s)", str(window))
    assert found == [("reload", "highwater run reload --param tables=thing")]
