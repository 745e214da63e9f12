"""Plans, receipts and the end of a run."""

import json

import pytest

pytestmark = pytest.mark.postgres


@pytest.fixture
def planned(site, contract_of, pipeline) -> dict[str, dict]:
    """Run `a` with the plan of two tables, one window each."""
    for table in ("alpha", "beta"):
        site.add(contract_of(table=table))
        site.insert(table, 1, 2, at="2024-01-01 00:00:00+00")
    site.control.execute("select control.begin_run('a', 'ingest', 'live', '*')")
    for table in ("alpha", "beta"):
        pipeline.load("a", table)
    assert site.one("select windows from control.make_plan('a')") == 2
    names = ("table_name", "window_id", "attempt")
    return {r[0]: dict(zip(names, r, strict=True))
            for r in site.all(f"select {', '.join(names)} from control.plan('a')")}  # fmt: skip


def finish(site) -> tuple[int, str]:
    return site.all("select failed, message from control.finish_run('a')")[0]


def settle(site, *receipts: dict) -> int:
    return site.one("select control.settle('a', %s)", json.dumps(receipts))


def test_a_plan_carries_what_the_job_needs_and_no_more_windows_than_are_claimed(site, planned):
    rows = site.all("select run_id, batch_id, table_name, contract_version, contract, kind, path, files, "
                    "rows from control.plan('a')")  # fmt: skip
    assert [r[2] for r in rows] == ["alpha", "beta"]
    alpha = site.contracts["alpha"]
    assert rows[0] == ("a", 1, "alpha", alpha.version, alpha.plan_json(), "live",
                       f"alpha/{planned['alpha']['window_id']}/1", 1, 2)  # fmt: skip
    assert site.all("select * from control.plan('nobody')") == []


def test_counts_of_a_receipt_are_recorded(site, planned, receipt_of):
    counts = {
        "landed": 2,
        "duplicates": 0,
        "superseded": 1,
        "quarantined": 0,
        "inserted": 1,
        "updated": 1,
        "deleted": 0,
    }
    full = receipt_of(
        "a", "alpha", [planned["alpha"]], **counts, seconds=1.25, versions={"silver": 3, "gold": 2}
    )
    assert settle(site, full, receipt_of("a", "beta", [planned["beta"]])) == 2
    assert finish(site) == (0, "")
    row = site.all(
        "select landed, duplicates, superseded, quarantined, inserted, updated, deleted, "
        "merge_seconds::float, versions, status, complete from control.run_table where table_name = 'alpha'"
    )
    assert row == [(2, 0, 1, 0, 1, 1, 0, 1.25, {"silver": 3, "gold": 2}, "succeeded", True)]
    assert site.one("select status from control.run") == "succeeded"
    assert site.breaches() == []


def test_one_failed_table_does_not_stop_the_other(site, planned, receipt_of):
    failed = receipt_of("a", "alpha", [], status="failed", error="bad 'row'")
    assert settle(site, failed, receipt_of("a", "beta", [planned["beta"]])) == 1
    assert finish(site) == (1, "alpha: bad 'row'")
    assert site.watermark("alpha") is None and site.watermark("beta") is not None
    assert site.all("select status, claimed_by from control.ledger order by table_name") == [
        ("landed", None), ("merged", None)]  # fmt: skip
    assert site.one("select status from control.run") == "failed"


def test_a_missing_receipt_fails_its_table_and_the_next_run_merges_it(site, planned, pipeline, receipt_of):
    assert settle(site, receipt_of("a", "beta", [planned["beta"]])) == 1
    assert finish(site) == (1, "alpha: 1 windows have landed and the job left no receipt for them")
    assert pipeline.run() == (0, "")
    assert site.all("select distinct status from control.ledger") == [("merged",)]
    assert pipeline.lost_or_doubled("alpha") == []


@pytest.mark.parametrize("receipts", [None, "[]", "null"])
def test_no_receipts_at_all(site, planned, receipts):
    if receipts != "null":
        assert site.one("select control.settle('a', %s)", receipts) == 0
    failed, message = finish(site)
    assert (
        failed == 2 and message.startswith("alpha: 1 windows have landed") and "; beta: 1 windows" in message
    )


def test_a_job_tried_twice_leaves_both_receipts_and_the_merge_counts(site, planned, receipt_of):
    failed = receipt_of("a", "alpha", [planned["alpha"]], status="failed", error="first try")
    merged = [receipt_of("a", t, [planned[t]]) for t in ("alpha", "beta")]
    assert settle(site, failed, *merged) == 2
    assert finish(site) == (0, "")


def test_windows_that_come_as_text_are_read(site, planned, receipt_of):
    row = receipt_of("a", "alpha", [planned["alpha"]])
    assert settle(site, row | {"windows": json.dumps(row["windows"])}) == 1


def test_receipts_of_another_run_or_table_move_nothing(site, planned, receipt_of):
    assert settle(site, receipt_of("b", "alpha", [planned["alpha"]])) == 0
    assert settle(site, receipt_of("a", "beta", [planned["alpha"]])) == 0
    assert site.all("select distinct status from control.ledger") == [("landed",)]


def test_a_table_whose_copy_failed_is_not_planned(site, contract_of, pipeline):
    site.add(contract_of(chunk_rows=1))
    site.insert("thing", 1, at="2024-01-01 00:00:00+00")
    site.insert("thing", 2, at="2024-01-02 00:00:00+00")
    site.control.execute("select control.begin_run('a', 'ingest', 'live', '*')")
    first, second = pipeline.open("a", "thing")
    pipeline.copy("a", first)
    site.control.execute("select control.release(%s, %s, 'a', 'source gone')", [second["window_id"], 1])
    site.control.execute("select control.table_failed('a', 'thing', 'Inner activity failed')")
    assert site.one("select windows from control.make_plan('a')") == 0
    assert site.all("select * from control.plan('a')") == []
    assert finish(site) == (1, "thing: source gone"), "the cause, not what followed from it"
    assert pipeline.run() == (0, "")
    assert pipeline.lost_or_doubled("thing") == []
    assert [w[3] for w in site.windows()] == [2, 2], "the landed one was taken over, the other read again"
    assert sorted(pipeline.landing) == ["thing/1/1", "thing/2/2"]


def test_a_table_that_was_never_begun_or_never_copied_is_named(site, contract_of, pipeline):
    for table in ("alpha", "beta"):
        site.add(contract_of(table=table))
        site.insert(table, 1, at="2024-01-01 00:00:00+00")
    site.control.execute("select control.begin_run('a', 'ingest', 'live', '*')")
    pipeline.open("a", "beta")
    assert finish(site) == (2, "alpha: was not started; beta: 1 windows were opened and not copied")
    assert site.all("select claimed_by from control.ledger") == [(None,)]


def test_a_run_that_was_never_begun_counts_as_failed(site):
    assert finish(site) == (1, "run a was not begun")


@pytest.mark.parametrize("as_text", [False, True], ids=["array", "text"])
def test_what_the_lake_does_not_hold_as_it_landed_is_read_again_by_the_next_run(
    site, planned, pipeline, receipt_of, as_text
):
    lost, kept = planned["alpha"]["window_id"], planned["beta"]["window_id"]
    unread = json.dumps([lost]) if as_text else [lost]
    settle(
        site,
        receipt_of("a", "alpha", [planned["alpha"]], status="failed", error="gone", unread=unread),
        receipt_of("a", "beta", [planned["beta"]], status="failed", error="else", unread=[]),
    )
    finish(site)
    states = site.all("select window_id, status, path is null from control.ledger order by window_id")
    assert states == [(lost, "open", True), (kept, "landed", False)]
    assert site.breaches() == []
    assert pipeline.run() == (0, "")
    assert pipeline.steps.count("copy") == 1
    assert pipeline.lost_or_doubled("alpha") == pipeline.lost_or_doubled("beta") == []
