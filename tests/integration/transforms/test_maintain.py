"""Maintenance: small files are packed, old ones removed, served tables stay readable, and a failure stays alone."""

import json
import os
import shutil
import time
from pathlib import Path

import duckdb
import pytest
from highwater_transforms import job, maintain_table
from highwater_transforms.delta import STATISTICS, DeltaTable
from transform_lake import TestLake

pytestmark = pytest.mark.spark

WEEK = 7 * 86400


def data_files(lake: TestLake, table: str) -> set[Path]:
    return set((lake.root / table).glob("*.parquet"))


def maintenance_plan(
    lake: TestLake, *contracts, run_id: str = "m1", hours: int = 168, minutes: int = 30
) -> list[str]:
    """Write the plan as the control database would give it; the job's parameters."""
    folder = lake.root / "landing" / "_plans" / run_id
    folder.mkdir(parents=True)
    with duckdb.connect() as db:
        db.execute("create table plan (run_id text, table_name text, contract_version text, contract text,"
                   " place int, retention_hours int, minutes int)")  # fmt: skip
        for place, c in enumerate(contracts, 1):
            row = [run_id, c.table, c.version, c.plan_json(), place, hours, minutes]
            db.execute("insert into plan values (?, ?, ?, ?, ?, ?, ?)", row)
        db.execute(f"copy plan to '{folder}/maintain.parquet' (format parquet)")
    return [f"--lake={lake.endpoint}", f"--run_id={run_id}", f"--plan_path=_plans/{run_id}/maintain.parquet",
            "--work=maintain"]  # fmt: skip


def receipts(lake: TestLake, table: str, run_id: str = "m1") -> dict[str, dict]:
    (file,) = (lake.root / "landing" / "_receipts" / run_id / table).glob("*.json")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return {f"{r['container']}/{r['delta_table']}": r for r in lines}


def in_small_files(lake: TestLake, table: str, count: int) -> None:
    uri = f"file://{lake.root}/{table}"
    lake.spark.read.format("delta").load(uri).repartition(count).write.format("delta").mode("overwrite").save(
        uri
    )


def aged(lake: TestLake, root: Path, seconds: int) -> TestLake:
    """A copy of the lake in which all that was written, and each removal in a log, lies back by so many seconds."""
    shutil.copytree(lake.root, root)
    when = time.time() - seconds
    for log in root.glob("*/*/_delta_log/*.json"):
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        for action in (line["remove"] for line in lines if "remove" in line):
            action["deletionTimestamp"] -= seconds * 1000
        log.write_text("\n".join(map(json.dumps, lines)) + "\n")
    for file in [*root.rglob("*.crc")]:
        file.unlink()  # checksums of the local file system, of the logs as they were
    for file in root.rglob("*"):
        os.utime(file, (when, when))
    return TestLake(lake.spark, root)


@pytest.mark.slow
def test_small_files_are_packed_and_files_beyond_the_retention_go(lake, event, tmp_path):
    lake.run(lake.land(event, [{"id": i, "what": "x"} for i in range(200)]))
    in_small_files(lake, "gold/fact_event", 40)
    rows = lake.rows("gold", "fact_event", "id", "what")
    assert len(rows) == 200
    lake = aged(lake, tmp_path / "aged", WEEK - 3600)
    stray = lake.root / "gold" / "fact_event" / "part-of-a-run-that-died.parquet"
    stray.write_bytes(b"PAR1")
    removed_young = data_files(lake, "gold/fact_event")
    job.main(maintenance_plan(lake, event))

    found = receipts(lake, "event")
    assert {name: r["status"] for name, r in found.items()} == {
        "bronze/event": "done", "silver/event": "done", "quarantine/event": "absent", "gold/fact_event": "done",
    }  # fmt: skip
    gold = found["gold/fact_event"]
    assert (gold["files_before"], gold["files_after"], gold["optimized"]) == (40, 1, True)
    assert gold["bytes_before"] > gold["bytes_after"] > 0 and gold["seconds"] > 0 and gold["error"] is None
    assert (found["silver/event"]["optimized"], found["bronze/event"]["optimized"]) == (False, False)
    assert lake.rows("gold", "fact_event", "id", "what") == rows
    assert removed_young <= data_files(
        lake, "gold/fact_event"
    )  # a query that began before still finds its files

    older = aged(lake, tmp_path / "older", WEEK)
    job.main(maintenance_plan(older, event, run_id="m2"))
    (current,) = data_files(older, "gold/fact_event")
    assert current not in {older.root / "gold" / "fact_event" / f.name for f in removed_young}
    assert older.rows("gold", "fact_event", "id", "what") == rows
    again = receipts(older, "event", "m2")["gold/fact_event"]
    assert (again["files_before"], again["files_after"], again["optimized"]) == (1, 1, False)


@pytest.mark.slow
def test_the_retention_is_the_table_s_own_property(lake, event):
    lake.run(lake.land(event, [{"id": 1, "what": "x"}]))
    table = DeltaTable(lake.spark, f"file://{lake.root}/silver/event")

    def told() -> tuple[str, int]:
        history = lake.spark.sql(f"DESCRIBE HISTORY {table.name}").select("operation").collect()
        times = sum(row["operation"] == "SET TBLPROPERTIES" for row in history)
        return (table.properties() or {}).get("delta.deletedFileRetentionDuration", ""), times

    seen = []
    for number, hours in enumerate((168, 240, 240, 168), 1):
        job.main(maintenance_plan(lake, event, run_id=f"m{number}", hours=hours))
        seen.append(told())
    week, longer = "interval 168 hours", "interval 240 hours"
    assert seen == [("", 0), (longer, 1), (longer, 1), (week, 2)]


@pytest.mark.slow
def test_one_table_s_failure_and_the_end_of_the_time_stop_no_other(lake, event, place, capsys):
    lake.run(lake.land(event, [{"id": 1, "what": "x"}]), lake.land(place, [{"id": 1, "name": "a"}]))
    newer = DeltaTable(lake.spark, f"file://{lake.root}/gold/fact_event")
    versions = "'delta.minReaderVersion'='2', 'delta.minWriterVersion'='5'"
    lake.spark.sql(f"ALTER TABLE {newer.name} SET TBLPROPERTIES ({versions})")
    with pytest.raises(SystemExit) as ended:
        job.main(maintenance_plan(lake, event, place))
    assert ended.value.code == 1
    assert "1 of 8 tables failed: gold/fact_event" in capsys.readouterr().err
    found = receipts(lake, "event")
    assert "asks for Delta reader version 2" in found["gold/fact_event"]["error"]
    assert found["silver/event"]["status"] == "done"
    assert receipts(lake, "place")["gold/dim_place"]["status"] == "done"

    job.main(maintenance_plan(lake, event, run_id="m2", minutes=0))
    assert {r["status"] for r in receipts(lake, "event", "m2").values()} == {"postponed"}


@pytest.mark.slow
def test_a_merge_after_maintenance_finds_what_it_needs(lake, ride):
    """The aggregate follows the fact's change feed, through a commit that moved every row and changed none."""

    def row(key: int, cents: int) -> dict:
        return {
            "id": key,
            "zone": 1,
            "cents": cents,
            "cancelled": False,
            "at": f"2024-01-0{1 + cents // 1000}",
        }

    lake.run(lake.land(ride, [row(i, 100) for i in range(50)]))
    in_small_files(lake, "gold/fact_ride", 30)
    job.main(maintenance_plan(lake, ride))
    assert receipts(lake, "ride")["gold/fact_ride"]["files_after"] == 1
    assert set(receipts(lake, "ride")) >= {"gold/agg_zone", "restricted/fact_ride"}
    lake.run(lake.land(ride, [row(7, 1100)]))
    assert lake.rows("gold", "agg_zone", "zone", "rides", "revenue") == [(1, 50, 60)]


@pytest.mark.slow
def test_columns_that_merges_compare_have_statistics_wherever_they_stand(lake):
    uri = f"file://{lake.root}/silver/wide"
    numbers = [(f"c{i}", "int") for i in range(34)]
    columns = (*numbers, ("flags", "array<string>"), ("_window_id", "bigint"))
    table = DeltaTable(lake.spark, uri)
    table.ensure(columns, {"delta.enableDeletionVectors": "false"})
    named = {STATISTICS: "c0,_window_id"}
    kept = maintain_table.keep(table, lambda columns: named, 168, served=False)
    assert kept.before.count == 0
    table.append(
        lake.spark.range(3)
        .coalesce(1)
        .selectExpr(
            *(f"0 as c{i}" for i in range(34)), "cast(array() as array<string>) as flags", "id as _window_id"
        )
    )
    newest = max((lake.root / "silver" / "wide" / "_delta_log").glob("*.json"))
    (added,) = [a["add"] for a in map(json.loads, newest.read_text().splitlines()) if "add" in a]
    stats = json.loads(added["stats"])
    assert (stats["minValues"]["_window_id"], stats["maxValues"]["_window_id"]) == (0, 2)
    assert set(stats["minValues"]) == {"c0", "_window_id"}


@pytest.mark.slow
def test_a_partitioned_table_is_packed_by_partition_alone(lake):
    uri = f"file://{lake.root}/silver/parted"
    table = DeltaTable(lake.spark, uri)
    rows = lake.spark.range(40).selectExpr("id", "id % 20 as day")
    rows.repartition(20, "day").write.format("delta").partitionBy("day").save(uri)
    files = maintain_table.files(table)
    assert (files.count, files.partitions, files.worth_packing) == (20, 20, False)
    rows.repartition(20, "day").write.format("delta").mode("append").save(uri)
    kept = maintain_table.keep(table, lambda columns: {}, 168, served=False)
    assert (kept.before.count, kept.after.count, kept.optimized) == (40, 20, True)
    assert table.frame().count() == 80


@pytest.mark.slow
def test_a_table_that_loses_a_column_keeps_no_statistics_of_it(lake):
    table = DeltaTable(lake.spark, f"file://{lake.root}/gold/narrower")
    rows = lake.spark.range(3).selectExpr("id", "id as seen")
    table.overwrite(rows, {STATISTICS: "id,seen"})
    table.overwrite(rows.select("id"), {STATISTICS: "id"})
    assert table.columns() == {"id": "bigint"}
    assert table.properties()[STATISTICS] == "id"
