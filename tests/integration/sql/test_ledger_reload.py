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
    assert [len(pipeline.landing[w["path"]]) for w in (old, new)] == [1, 1]
    pipeline.merge("i")
    pipeline.merge("r")
    assert pipeline.lost_or_doubled("thing") == []
    assert site.breaches() == []
    assert {w[2] for w in [*site.windows(), *site.windows(kind="reload")]} == {"merged"}
