"""Keys compared with silver: what is gone is marked and leaves gold and aggregates; what is there stays."""

from dataclasses import replace

import duckdb
import pytest
from highwater_transforms import reconcile
from highwater_transforms.lake import Lake

pytestmark = pytest.mark.spark

T0, T9 = "2024-01-01 00:00:00.000000", "2024-01-09 00:00:00.000000"


def ride_row(key: int, zone: int = 1, at: str = "2024-01-01 10:00:00", cents: int = 100) -> dict:
    return {"id": key, "zone": zone, "cents": cents, "rider": f"r{key}", "cancelled": False, "at": at}


@pytest.fixture
def compare(lake):
    """Land keys as (id, at) pairs in one window and run the job over them; the receipt."""

    def go(contract, keys, newest, unmerged="", share=0.1, rows=10, low=T0, high=T9, silver=None):
        lake.windows += 1
        path = f"{contract.table}/{lake.windows}/1"
        lake.runs += 1
        run_id = f"run-{lake.runs}"
        for folder in (path, f"_plans/{run_id}"):
            (lake.root / "landing" / folder).mkdir(parents=True)
        with duckdb.connect() as db:
            db.execute('create table k (id bigint, "at" timestamp)')
            if keys:
                db.executemany("insert into k values (?, ?)", keys)
            db.execute(f"copy k to '{lake.root}/landing/{path}/{contract.table}.parquet' (format parquet)")
            db.execute(
                "copy (select ? run_id, ?::bigint batch_id, ? table_name, 'v' contract_version, ? contract,"
                " ?::bigint window_id, 1 attempt, 'reconcile' kind, ? low, ? high, ? path, 1 files, ?::bigint \"rows\","
                " ?::bigint newest, ? unmerged, ?::bigint silver_version, ?::double allow_share,"
                f" ?::bigint allow_rows) to '{lake.root}/landing/_plans/{run_id}/plan.parquet' (format parquet)",
                [run_id, lake.runs, contract.table, contract.plan_json(), lake.windows, low, high, path, len(keys),
                 newest, unmerged, silver, share, rows],
            )  # fmt: skip
        (done,) = reconcile.run(lake.spark, Lake(lake.endpoint), run_id, f"_plans/{run_id}/plan.parquet")
        return done

    return go


@pytest.mark.slow
def test_what_is_gone_is_marked_everywhere_and_what_may_not_be_judged_stays(lake, ride, compare):
    by_keys = ride.model_copy(update={"deletes": ride.deletes.model_copy(update={"kind": "keys"})})
    lake.run(lake.land(by_keys, [ride_row(1), ride_row(2), ride_row(3, 2), ride_row(4, 2), ride_row(5, 3)]))
    lake.run(lake.land(by_keys, [ride_row(6, 3)]))  # window 2
    lake.run(lake.land(by_keys, [ride_row(7, 3), ride_row(3, 2, "2024-01-02 00:00:00", 300)]))  # window 3
    at = "2024-01-01 10:00:00"
    # Keys 1, 3, 6 and 7 are not read; window 2 was not merged when they were, and window 3 came later: so 3, which
    # changed, and 6 and 7, which were inserted meanwhile, are not judged. 8 was committed too late for its window.
    keys = [(2, at), (4, at), (5, at), (8, at)]
    merged = lake.version("silver", "ride")
    # Silver may be newer than what the keys were read against, and never older, as after a restore.
    restored = compare(by_keys, keys, newest=2, unmerged="2", silver=merged + 1)
    assert (restored.status, restored.deleted) == ("failed", 0)
    assert "Silver of ride is older than what the keys were read against" in restored.error
    assert f"it is at version {merged}, the ledger knows {merged + 1}" in restored.error
    done = compare(by_keys, keys, newest=2, unmerged="2", silver=merged)
    assert (done.status, done.compared, done.gone, done.deleted, done.revived) == ("merged", 4, 1, 1, 0)
    assert (done.missed, done.missed_low, done.missed_high) == (1, f"{at}.000000", f"{at}.000000")
    marked = [(1, True), *((k, False) for k in range(2, 8))]
    assert lake.rows("silver", "ride", "id", "_removed") == marked
    assert lake.rows("gold", "fact_ride", "id", "_removed") == marked
    assert lake.rows("restricted", "fact_ride", "id", "_removed") == marked
    assert [(z, n) for z, n in lake.rows("gold", "agg_zone", "zone", "rides")] == [(1, 1), (2, 2), (3, 3)]
    # Compared again with the same answer, nothing is written.
    before = [
        lake.version(c, n) for c, n in (("silver", "ride"), ("gold", "fact_ride"), ("gold", "agg_zone"))
    ]
    assert (compare(by_keys, keys, newest=2, unmerged="2").deleted) == 0
    assert before == [
        lake.version(c, n) for c, n in (("silver", "ride"), ("gold", "fact_ride"), ("gold", "agg_zone"))
    ]
    # Too many at once are asked about: nothing is marked, and the error says how to confirm.
    refused = compare(by_keys, [(2, at)], newest=3, rows=1)
    assert refused.status == "failed"
    assert "5 of 6 rows of ride are gone at the source, and none was marked" in refused.error
    assert "highwater reconcile ride --allow-share 0.84" in refused.error
    assert lake.rows("silver", "ride", "id", "_removed") == marked
    # Inserted again, a key comes by a window; put back as it was, only its key tells.
    lake.run(lake.land(by_keys, [ride_row(1, 1, "2024-01-03 00:00:00")]))
    assert compare(by_keys, [(1, "2024-01-03 00:00:00")], newest=9, share=1.0).deleted == 6
    back = compare(by_keys, [(1, "2024-01-03 00:00:00"), (2, at), (7, at)], newest=9)
    assert (back.deleted, back.revived) == (0, 2)
    assert [k for k, gone in lake.rows("gold", "fact_ride", "id", "_removed") if not gone] == [1, 2, 7]
    assert lake.rows("gold", "agg_zone", "zone", "rides") == [(1, 2), (3, 1)]
    # A run that died between silver and gold is made up for by the next.
    uri = f"file://{lake.root}/silver/ride"
    lake.spark.sql(f"UPDATE delta.`{uri}` SET _removed = true WHERE id = 7").collect()
    compare(by_keys, [(1, "2024-01-03 00:00:00"), (2, at)], newest=9)
    assert lake.rows("gold", "agg_zone", "zone", "rides") == [(1, 2)]


@pytest.mark.slow
def test_a_driver_like_history_and_a_table_that_grows_are_marked_and_revived(lake, person, event, compare):
    keyed = {"deletes": person.deletes.model_copy(update={"kind": "keys"})}
    person, first, second = person.model_copy(update=keyed), "2024-01-01 10:00:00", "2024-01-02 10:00:00"
    rows = [{"id": k, "name": "n", "city": c, "at": at} for k, c, at in (
        (1, "a", first), (1, "b", second), (2, "a", first))]  # fmt: skip
    lake.run(lake.land(person, rows))
    assert compare(person, [(2, first)], newest=1).deleted == 1
    history = lake.rows("gold", "dim_person", "id", "city", "is_current", "_removed")
    assert history == [(1, "a", False, False), (1, "b", True, True), (2, "a", True, False)]
    lake.run(lake.land(person, [{"id": 1, "name": "n", "city": "c", "at": "2024-01-03 10:00:00"}]))
    history = lake.rows("gold", "dim_person", "id", "city", "is_current", "_removed")
    assert [h for h in history if h[0] == 1] == [
        (1, "a", False, False),
        (1, "b", False, False),
        (1, "c", True, False),
    ]
    event = event.model_copy(update=keyed)
    lake.run(lake.land(event, [{"id": 1, "what": "x"}, {"id": 2, "what": "y"}]))
    lake.spark.sql(
        f"UPDATE delta.`file://{lake.root}/silver/event` SET _removed = true WHERE id = 1"
    ).collect()
    lake.run(replace(lake.land(event, [{"id": 1, "what": "x"}]), kind="backfill"))
    assert lake.rows("silver", "event", "id", "_removed") == [(1, False), (2, False)]
    assert lake.rows("gold", "fact_event", "id", "_removed") == [(1, False), (2, False)]
