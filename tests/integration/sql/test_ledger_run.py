"""Whole runs against a real source: what is read, what moves the watermark, and what a dead run leaves."""

import pytest

pytestmark = pytest.mark.postgres


def fill(site, table: str, *ids: int) -> None:
    for key in ids:
        site.insert(table, key, at=f"2024-01-01 00:{key // 60:02}:{key % 60:02}+00")


def test_the_first_load_is_cut_and_the_watermark_ends_at_the_last_window(site, contract_of, pipeline):
    site.add(contract_of(chunk_rows=4))
    fill(site, "thing", *range(10))
    assert pipeline.run() == (0, "")
    windows = site.windows()
    assert [(w[0], w[1]) for w in windows[:2]] == [
        ("0001-01-01 00:00:00.000000", "2024-01-01 00:00:04.000000"),
        ("2024-01-01 00:00:04.000000", "2024-01-01 00:00:08.000000"),
    ]
    assert windows[2][0] == "2024-01-01 00:00:08.000000"
    assert [w[2:] for w in windows] == [("merged", 1, 4), ("merged", 1, 4), ("merged", 1, 2)]
    assert site.watermark() == windows[2][1]
    assert pipeline.lost_or_doubled("thing") == []
    assert sorted(pipeline.landing) == ["thing/1/1", "thing/2/1", "thing/3/1"]
    assert site.breaches() == []


@pytest.mark.parametrize("cursor", ["timestamp", "integer", None])
def test_a_second_run_with_nothing_new_moves_nothing(site, contract_of, pipeline, cursor):
    site.add(contract_of(cursor=cursor))
    site.insert("thing", 1, 2)
    site.settle_clock()
    pipeline.run()
    assert pipeline.lost_or_doubled("thing") == []
    before = site.watermark()
    for _ in range(2):
        pipeline.run()
        assert "copy" not in pipeline.steps and "write plan" not in pipeline.steps
    assert site.one("select sum(rows) from control.ledger") == 2
    assert site.one("select last_run_rows from control.status") == 0
    assert site.watermark() >= before
    assert site.breaches() == []


def test_exactly_the_inserted_and_updated_rows_land(site, contract_of, pipeline):
    site.add(contract_of())
    fill(site, "thing", *range(20))
    pipeline.run()
    site.insert("thing", 100, 101, 102)
    site.control.execute("update mobility.thing set body = 'changed' where thing_id < 5")
    site.settle_clock()
    pipeline.run()
    assert site.one("select last_run_rows from control.status") == 8
    assert pipeline.lost_or_doubled("thing") == []


def test_the_watermark_stays_until_the_windows_before_it_are_merged(site, contract_of, pipeline):
    site.add(contract_of(chunk_rows=2))
    fill(site, "thing", *range(6))
    site.control.execute("select control.begin_run('r', 'ingest', 'live', '*')")
    first, second, third = pipeline.open("r", "thing")
    assert site.watermark() is None
    for window in (first, second, third):
        pipeline.copy("r", window)
    assert site.watermark() is None, "landing moves no watermark"
    site.control.execute("select control.make_plan('r')")

    def merge(window: dict) -> None:
        text = ('[{"run_id": "r", "table_name": "thing", "status": "merged", "windows": '
                f'[{{"window_id": {window["window_id"]}, "attempt": 1}}]}}]')  # fmt: skip
        assert site.one("select control.settle('r', %s)", text) == 1

    merge(second)
    assert site.watermark() is None, "the first window is not merged"
    merge(first)
    assert site.watermark() == "2024-01-01 00:00:04.000000"
    assert site.breaches() == []
    merge(third)
    assert site.watermark() == site.windows()[2][1]


def test_idle_runs_do_not_grow_the_ledger(site, contract_of, pipeline):
    site.add(contract_of())
    for _ in range(6):
        pipeline.run()
    assert len(site.windows()) == 1
    first = site.windows()[0]
    assert (first[0], first[2], first[4]) == ("0001-01-01 00:00:00.000000", "merged", 0)
    site.insert("thing", 1)
    site.settle_clock()
    for _ in range(5):
        pipeline.run()
    assert [w[4] for w in site.windows()] == [0, 1, 0]
    assert pipeline.lost_or_doubled("thing") == []
    assert site.breaches() == []


def test_a_run_that_dies_at_any_step_is_healed_by_the_next_with_the_same_bounds(
    site, contract_of, pipeline, crash
):
    """Every step of a run with two tables is tried, before it happens and when only its answer is lost."""
    site.add(contract_of(table="alpha", chunk_rows=3))
    site.add(contract_of(table="zone", cursor=None))
    site.set_margin(0.05)
    fill(site, "alpha", *range(5))
    site.insert("zone", 1)

    def unmerged() -> dict:
        return {
            r[0]: r[1:]
            for r in site.all("select window_id, low, high from control.ledger where status <> 'merged'")
        }

    def change(number: int) -> None:
        # By the source's own clock: a row written below the frontier would be nobody's.
        site.control.execute(
            "update mobility.alpha set body = body || '.' where thing_id %% 2 = %s", [number % 2]
        )
        site.insert("zone", 1000 + number)
        site.settle_clock()

    pipeline.run()
    change(0)
    pipeline.run()
    names = list(pipeline.steps)
    load = ["begin table", "bounds", "open windows", "copy", "landed"]
    assert names == ["begin run", *load, *load, "make plan", "write plan", "job merges alpha",
                     "job merges zone", "settle", "finish"]  # fmt: skip
    for step in range(1, len(names) + 1):
        for after in (False, True):
            change(2 * step + after)
            with pytest.raises(crash, match=names[step - 1]):
                pipeline.run(crash_at=step, after=after)
            left = unmerged()
            assert pipeline.run() == (0, ""), (step, after)
            now = {r[0]: r[1:] for r in site.all("select window_id, low, high from control.ledger")}
            assert {k: now[k] for k in left} == left
            assert unmerged() == {}
            for table in ("alpha", "zone"):
                assert pipeline.lost_or_doubled(table) == [], (names[step - 1], after)
            assert site.breaches() == []


def test_a_snapshot_that_lost_all_its_rows_is_landed_and_merged(site, contract_of, pipeline):
    site.add(contract_of(cursor=None))
    site.insert("thing", 1, 2)
    pipeline.run()
    site.control.execute("delete from mobility.thing")
    assert pipeline.run() == (0, "")
    assert pipeline.silver["thing"] == {}
    assert [(w[2], w[4]) for w in site.windows()] == [("merged", 2), ("merged", 0)]
    assert site.one("select path from control.ledger where rows = 0") == "thing/2/1"
    assert site.breaches() == []
