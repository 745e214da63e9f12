"""What can be wrong in the lake itself: a truncated file, and two jobs that merge the same windows at once."""

import threading

import pytest
from highwater_transforms import job
from highwater_transforms.lake import Lake

pytestmark = [pytest.mark.spark, pytest.mark.reliability]


def ride_row(number: int, cents: int) -> dict:
    return {
        "id": number, "zone": 5, "cents": cents, "cancelled": False, "at": f"2024-01-01 10:00:0{cents}",
    }  # fmt: skip


def test_a_truncated_file_stops_its_table_and_a_new_attempt_heals(lake, ride, event):
    first = lake.land(ride, [ride_row(n, 1) for n in range(5)])
    other = lake.land(event, [{"id": 1, "what": "x"}])
    file = lake.root / "landing" / first.path / "ride.parquet"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    lake.run(first, other)
    assert {t: r.status for t, r in lake.receipts.items()} == {"ride": "failed", "event": "merged"}
    assert "ride.parquet" in lake.receipts["ride"].error
    assert (lake.receipts["ride"].unread, lake.receipts["event"].unread) == ([first.window_id], [])
    file.write_bytes(whole)
    assert lake.run(first).inserted == 5
    assert [r[0] for r in lake.rows("gold", "fact_ride", "id")] == [0, 1, 2, 3, 4]


def at_once(lake, *plans: str) -> list:
    """What the jobs of these plans, run at the same time, say of their tables."""
    done: list = []

    def merge(run_id: str) -> None:
        done.extend(job.run(lake.spark, Lake(lake.endpoint), run_id, f"_plans/{run_id}/plan.parquet"))

    threads = [threading.Thread(target=merge, args=(run_id,)) for run_id in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def test_two_jobs_that_merge_the_same_windows_at_once_leave_each_row_once(lake, ride, event):
    """As a job that outlived its run beside the run that took its windows over: Delta lets one of two commits win.

    Rows without a key are told apart by nothing but their window, so there a receipt of merged has to be true at once.
    """
    given = event.model_dump(mode="json", by_alias=True) | {"primary_key": []}
    log = type(event).model_validate(given)
    lake.run(
        lake.land(ride, [ride_row(n, 1) for n in range(5)]), lake.land(log, [{"id": 1, "what": "a"}] * 2)
    )
    second = lake.land(ride, [ride_row(n, 2) for n in range(3, 8)])
    more = lake.land(log, [{"id": 2, "what": "b"}] * 3)
    done = at_once(lake, lake.plan(second, more), lake.plan(lake.again(second), lake.again(more)))
    assert len(done) == 4
    told = {table: [r.status for r in done if r.table_name == table] for table in ("ride", "event")}
    logged = [(1,)] * 2 + [(2,)] * 3
    if "merged" in told["event"]:
        assert lake.rows("silver", "event", "id") == logged
    lake.run(lake.again(lake.again(second)), lake.again(lake.again(more)))
    assert {t: r.status for t, r in lake.receipts.items()} == {"ride": "merged", "event": "merged"}
    served = [(n, 1) for n in range(3)] + [(n, 2) for n in range(3, 8)]
    for container, table in (("silver", "ride"), ("gold", "fact_ride")):
        assert lake.rows(container, table, "id", "cents") == served, container
    for container, table in (("bronze", "event"), ("silver", "event"), ("gold", "fact_event")):
        assert lake.rows(container, table, "id") == logged, container
    assert len(lake.rows("bronze", "ride", "id")) == 10
    assert [r[1] for r in lake.rows("gold", "agg_zone", "zone", "rides")] == [8]
    print(f"two jobs at once: {told}")
