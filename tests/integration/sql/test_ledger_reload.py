"""A reload reads again what is served, beside the live windows."""

import pytest

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize("cursor", ["timestamp", "integer"])
def test_a_reload_covers_all_below_the_watermark_and_leaves_live_windows_alone(
    site, contract_of, pipeline, cursor
):
    site.add(contract_of(cursor=cursor, chunk_rows=2))
    for key in range(1, 6):
        site.insert("thing", key, **({"at": f"2024-01-01 00:00:0{key}+00"} if cursor == "timestamp" else {}))
    pipeline.run()
    live, mark = site.windows(), site.watermark()
    pipeline.silver["thing"].clear()
    assert pipeline.run("reload") == (0, "")
    assert pipeline.lost_or_doubled("thing") == []
    assert site.windows() == live and site.watermark() == mark
    reload = site.windows(kind="reload")
    assert reload[0][0] == live[0][0] and reload[-1][1] == mark
    assert [w[4] for w in reload] == [2, 2, 1]
    assert site.all("select distinct request from control.ledger where kind = 'reload'") == [("run-2",)]
    assert site.breaches() == []
    pipeline.run("reload")
    assert len(site.windows(kind="reload")) == 6, "each reload is a request of its own"


def test_an_unfinished_reload_is_finished_before_another_begins(site, contract_of, pipeline, crash):
    site.add(contract_of(chunk_rows=2))
    for key in range(6):
        site.insert("thing", key, at=f"2024-01-01 00:00:0{key}+00")
    pipeline.run()
    with pytest.raises(crash):
        pipeline.run("reload", crash_at=6)
    drawn = [w[:2] for w in site.windows(kind="reload")]
    assert len(drawn) == 3
    site.insert("thing", 100)
    site.settle_clock()
    assert pipeline.run() == (0, "")
    assert pipeline.run("reload") == (0, "")
    after = site.windows(kind="reload")
    assert [w[:2] for w in after] == drawn
    assert {w[2] for w in after} == {"merged"}
    assert site.breaches() == []


def test_a_row_that_is_written_while_a_reload_begins_is_found_by_it(site, contract_of, pipeline):
    """It has left the range that is read: without it, it would be taken for gone until the next live run."""
    site.add(contract_of(chunk_rows=2))
    for key in range(1, 4):
        site.insert("thing", key, at=f"2024-01-01 00:00:0{key}+00")
    pipeline.run()
    mark = site.watermark()
    site.control.execute("select control.begin_run('r', 'reload', 'reload', '*')")
    windows = pipeline.open("r", "thing", "reload")
    site.control.execute("update mobility.thing set body = 'new' where thing_id = 1")
    site.insert("thing", 9, at="9000-01-01 00:00:00+00")  # lies in no window
    for window in windows:
        pipeline.copy("r", window)
    read = [sorted(row["thing_id"] for row in pipeline.landing[w["path"]]) for w in windows]
    assert read == [[2], [1, 3]]
    assert site.windows(kind="reload")[-1][1] == mark
    pipeline.merge("r")
    site.settle_clock()
    assert pipeline.run() == (0, "")
    assert site.breaches() == []


def test_a_reload_of_rows_without_a_key_reads_none_that_the_next_live_run_reads(site, contract_of, pipeline):
    site.add(contract_of(cursor="integer", primary_key=[]))
    site.insert("thing", 1)
    pipeline.run()
    site.control.execute("select control.begin_run('r', 'reload', 'reload', '*')")
    (window,) = pipeline.open("r", "thing", "reload")
    site.insert("thing", 2)
    pipeline.copy("r", window)
    assert [row["thing_id"] for row in pipeline.landing[window["path"]]] == [1]


@pytest.mark.parametrize("cursor", ["timestamp", None])
def test_what_a_dead_reload_landed_is_read_again(site, contract_of, pipeline, crash, cursor):
    """It tells of a time that is past: a row that is not in it would be marked as gone."""
    site.add(contract_of(cursor=cursor))
    site.insert("thing", 1, 2)
    site.settle_clock()
    pipeline.run()
    with pytest.raises(crash, match="job merges thing"):
        pipeline.run("reload", crash_at=9)
    before = len(pipeline.landing["thing/2/1"])
    site.insert("thing", 3)
    site.settle_clock()
    assert pipeline.run() == (0, "")
    assert pipeline.run("reload") == (0, "")
    assert "copy" in pipeline.steps
    assert pipeline.lost_or_doubled("thing") == []
    assert (before, [w[2:4] for w in site.windows(kind="reload")]) == (2, [("merged", 2)])
    assert site.breaches() == []


def test_a_reload_of_a_snapshot_reads_its_content_though_it_did_not_change(site, contract_of, pipeline):
    site.add(contract_of(cursor=None))
    site.insert("thing", 1, 2)
    pipeline.run()
    pipeline.silver["thing"].clear()
    pipeline.run("reload")
    assert pipeline.lost_or_doubled("thing") == []
    assert [w[4] for w in site.windows(kind="reload")] == [2]
    pipeline.run()
    assert len(site.windows()) == 1


def test_nothing_served_is_nothing_to_reload(site, contract_of, pipeline):
    site.add(contract_of())
    site.insert("thing", 1, at="2024-01-01 00:00:00+00")
    assert pipeline.run("reload") == (0, "")
    assert site.windows(kind="reload") == []


def test_a_reload_and_an_ingest_at_once_keep_to_their_own_windows(site, contract_of, pipeline):
    site.add(contract_of())
    site.insert("thing", 1, at="2024-01-01 00:00:00+00")
    pipeline.run()
    site.insert("thing", 2)
    site.settle_clock()
    site.control.execute("select control.begin_run('r', 'reload', 'reload', '*')")
    site.control.execute("select control.begin_run('i', 'ingest', 'live', '*')")
    (old,) = pipeline.open("r", "thing", "reload")
    (new,) = pipeline.open("i", "thing", "live")
    pipeline.copy("r", old)
    pipeline.copy("i", new)
    # The reload reads on to what is newest, and its range ends at the watermark all the same.
    assert [len(pipeline.landing[w["path"]]) for w in (old, new)] == [2, 1]
    pipeline.merge("i")
    pipeline.merge("r")
    assert pipeline.lost_or_doubled("thing") == []
    assert site.breaches() == []
    assert {w[2] for w in [*site.windows(), *site.windows(kind="reload")]} == {"merged"}
