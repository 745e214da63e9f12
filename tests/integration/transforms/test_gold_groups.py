"""Aggregates and gold follow what changed, and heal after a death between two commits."""

import shutil
from pathlib import Path

import pytest
from highwater_transforms import delta, gold_aggregate, table
from transform_lake import literal

pytestmark = pytest.mark.spark

GROUPS = ("zone", "rides", "revenue", "_batch_id")


def ride_row(key: int, zone: int | None, cents: int, day: int = 1, cancelled: bool = False) -> dict:
    return {
        "id": key,
        "zone": zone,
        "cents": cents,
        "cancelled": cancelled,
        "at": f"2024-01-{day:02} 00:00:00",
    }


def groups(lake) -> list[tuple]:
    return [(z, n, str(r), b) for z, n, r, b in lake.rows("gold", "agg_zone", *GROUPS)]


@pytest.mark.slow
def test_a_row_that_moves_corrects_the_group_it_left_and_the_one_it_entered(lake, ride):
    lake.run(lake.land(ride, [
        ride_row(1, 1, 100), ride_row(2, 1, 200), ride_row(3, 2, 300), ride_row(4, None, 50), ride_row(5, 3, 75),
        ride_row(6, 1, 999, cancelled=True),
    ]))  # fmt: skip
    assert groups(lake) == [(None, 1, "0.50", 1), (1, 2, "3.00", 1), (2, 1, "3.00", 1), (3, 1, "0.75", 1)]
    # 2 moves from 1 to null; 5, the only one of zone 3, is cancelled; zone 2 is not touched.
    lake.run(
        lake.land(
            ride, [ride_row(2, None, 210, 2), ride_row(5, 3, 75, 2, cancelled=True), ride_row(7, 4, 1, 2)]
        )
    )
    assert groups(lake) == [(None, 2, "2.60", 2), (1, 1, "1.00", 2), (2, 1, "3.00", 1), (4, 1, "0.01", 2)]
    # Nothing new: the aggregate is not written.
    before = lake.version("gold", "agg_zone")
    lake.run(lake.land(ride, [ride_row(2, None, 0, 1)]))
    assert groups(lake) == [(None, 2, "2.60", 2), (1, 1, "1.00", 2), (2, 1, "3.00", 1), (4, 1, "0.01", 2)]
    assert lake.version("gold", "agg_zone") - before <= 1


class Killed(BaseException):
    """As a process that ends: nothing catches it."""


@pytest.mark.slow
@pytest.mark.parametrize("feed", ["there", "vacuumed"])
def test_a_run_that_dies_before_the_aggregate_is_caught_up_with(lake, ride, monkeypatch, feed):
    lake.run(lake.land(ride, [ride_row(1, 1, 100), ride_row(2, 2, 200)]))

    def dies(*_, **__):
        raise Killed

    landed = lake.land(ride, [ride_row(1, 3, 100, 2)])
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(gold_aggregate, "merge", dies)
        lake.run(landed)
    # Now the fact has moved on, and its row tells no longer which group it left.
    assert lake.rows("gold", "fact_ride", "id", "zone") == [(1, 3), (2, 2)]
    assert groups(lake) == [(1, 1, "1.00", 1), (2, 1, "2.00", 1)]
    if feed == "vacuumed":
        shutil.rmtree(lake.root / "gold" / "fact_ride" / "_change_data")
    receipt = lake.run(lake.again(landed))
    assert (receipt.updated, receipt.unchanged) == (0, 1)
    assert [g[:3] for g in groups(lake)] == [(2, 1, "2.00"), (3, 1, "1.00")]
    # Groups that did not change keep their batch, but where all are built anew.
    assert [g[3] for g in groups(lake)] == ([1, 3] if feed == "there" else [3, 3])


@pytest.mark.slow
def test_a_run_that_dies_between_silver_and_gold_is_caught_up_with(lake, ride, monkeypatch):
    lake.run(lake.land(ride, [ride_row(1, 1, 100), ride_row(2, 2, 200)]))

    def dies(*_):
        raise Killed

    landed = lake.land(ride, [ride_row(1, 3, 100, 2), ride_row(3, 3, 10, 2)])
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(table, "_into_gold", dies)
        lake.run(landed)
    assert lake.rows("silver", "ride", "id", "zone") == [(1, 3), (2, 2), (3, 3)]
    assert lake.rows("gold", "fact_ride", "id", "zone") == [(1, 1), (2, 2)]
    lake.run(lake.again(landed))
    assert lake.rows("gold", "fact_ride", "id", "zone", "_batch_id") == [(1, 3, 3), (2, 2, 1), (3, 3, 3)]
    assert groups(lake) == [(2, 1, "2.00", 1), (3, 2, "1.10", 3)]


@pytest.mark.slow
def test_a_changed_definition_builds_gold_anew_from_silver(lake, ride):
    lake.run(lake.land(ride, [ride_row(1, 1, 100), ride_row(2, 1, 200)]))
    raw = ride.model_dump(mode="json", by_alias=True)
    raw["columns"].append({"name": "tip", "type": "bigint"})
    raw["gold"]["derived"].append({"name": "euros", "type": "bigint", "expression": "cents div 100"})
    raw["gold"]["aggregates"][0]["measures"].append(
        {"name": "tips", "type": "bigint", "expression": "sum(tip)"}
    )
    wider = type(ride).model_validate(raw)
    lake.run(lake.land(wider, [ride_row(2, 1, 300, 2) | {"tip": 7}]))
    assert lake.rows("gold", "fact_ride", "id", "euros", "tip") == [(1, 1, None), (2, 3, 7)]
    assert lake.rows("gold", "agg_zone", "zone", "rides", "tips") == [(1, 2, 7)]


def test_recomputed_tells_groups_without_rows(spark, ride):
    from highwater_transforms import contract

    aggregate = contract.parse(ride.plan_json()).gold.aggregates[0]
    fact = spark.createDataFrame(
        [(1, 5, 100, False, False), (2, 5, 50, False, True), (3, 6, 10, True, False)],
        "id bigint, zone int, cents bigint, cancelled boolean, _removed boolean",
    )
    changes = spark.createDataFrame([(5,), (6,), (None,), (5,)], "zone int")
    groups = gold_aggregate.affected([aggregate], changes)[0]
    found = gold_aggregate.recomputed(aggregate, fact, groups)
    assert [(z, n, r and str(r), p) for z, n, r, p in literal(found, "zone", "rides", "revenue", "_present")] == [
        (None, None, None, False), (5, 1, "1.00", True), (6, None, None, False),
    ]  # fmt: skip


@pytest.mark.slow
def test_a_merge_prunes_by_the_keys_of_its_batch(lake, event):
    for low in (1, 101, 201):
        lake.run(lake.land(event, [{"id": i, "what": "x"} for i in range(low, low + 3)]))
    lake.run(lake.land(event, [{"id": 202, "what": "x"}, {"id": 205, "what": "x"}]))
    metrics = (
        lake.spark.sql(f"DESCRIBE HISTORY delta.`file://{lake.root}/silver/event` LIMIT 1")
        .select("operationParameters", "operationMetrics").collect()[0]
    )  # fmt: skip
    assert metrics["operationMetrics"]["numTargetRowsInserted"] == "1"
    frame = delta.DeltaTable(lake.spark, f"file://{lake.root}/silver/event").frame()
    held = frame.where("id >= 201").select("_metadata.file_path").distinct().collect()
    read = frame.where("id between cast(202 as bigint) and cast(205 as bigint)").inputFiles()
    assert {Path(f).name for f in read} <= {Path(row.file_path).name for row in held}
    assert len(read) < len(frame.inputFiles())
