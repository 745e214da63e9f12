"""`ledger check` on the lake: real files and Delta logs beside a real ledger, broken one way at a time."""

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from local import ledger_check

pytestmark = pytest.mark.postgres


def commit(folder: Path, rows: list[dict], operation: str = "WRITE") -> None:
    """Append rows to a Delta table, by the log that its protocol asks for."""
    log = folder / "_delta_log"
    log.mkdir(parents=True, exist_ok=True)
    version = len(list(log.iterdir()))
    actions: list[dict] = [{"commitInfo": {"operation": operation}}]
    if version == 0:
        types = {"thing_id": "long", "_window_id": "long", "_place": "string"}
        fields = [{"name": n, "type": t, "nullable": True, "metadata": {}} for n, t in types.items()]
        actions += [
            {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}},
            {"metaData": {"id": "1", "schemaString": json.dumps({"type": "struct", "fields": fields}),
                          "format": {"provider": "parquet", "options": {}}, "partitionColumns": [],
                          "configuration": {}, "createdTime": 0}},
        ]  # fmt: skip
    if rows:
        name = f"part-{version}.parquet"
        parquet.write_table(pa.Table.from_pylist(rows), folder / name)
        size = (folder / name).stat().st_size
        actions.append({"add": {"path": name, "partitionValues": {}, "size": size, "modificationTime": 0,
                                "dataChange": True}})  # fmt: skip
    (log / f"{version:020}.json").write_text("".join(json.dumps(a) + "\n" for a in actions))


@pytest.fixture
def told(site, contract_of, pipeline, tmp_path, receipt_of):
    """A merged window of three rows, one landed window of two, and a lake that holds both; a function that checks."""
    thing = site.add(contract_of(cursor="integer"))
    lake = tmp_path / "a lake"
    site.insert("thing", 1, 2, 3)
    pipeline.run()
    site.insert("thing", 4, 5)
    site.control.execute("select control.begin_run('late', 'ingest', 'live', '*')")
    pipeline.load("late", "thing")
    site.control.execute("update control.run_table set versions = '{\"silver\": 0, \"gold\": 0}' "
                         "where run_id = 'run-1'")  # fmt: skip
    folder = lake / "landing" / "thing" / "2" / "1"
    folder.mkdir(parents=True)
    parquet.write_table(pa.table({"thing_id": [4, 5]}), folder / "thing.parquet")
    rows = [{"thing_id": i, "_window_id": 1, "_place": "kept"} for i in (1, 2, 3)]
    for place in ("bronze/thing", "silver/thing", "gold/fact_thing"):
        commit(lake / place, rows)
    conninfo = (
        f"host={site.control.info.host} port={site.control.info.port} dbname=site user=highwater_factory"
    )

    def check() -> list[tuple]:
        return [(f.breach, f.window_id, f.repair) for f in ledger_check.check(conninfo, lake, [thing])]

    check.lake, check.landed = lake, folder / "thing.parquet"
    assert check() == []
    return check


def test_damaged_files_of_a_landed_window_are_found(told):
    shutil.copy(told.landed, told.landed.with_name("half.parquet"))
    assert told() == [], "a stray file beside it is nobody's"
    whole = told.landed.read_bytes()
    told.landed.write_bytes(whole[:-20])
    assert told() == [("file unreadable", 2, "read_again")]
    parquet.write_table(pa.table({"thing_id": [4]}), told.landed)
    assert told() == [("rows differ", 2, "read_again")]
    told.landed.unlink()
    assert told() == [("files missing", 2, "read_again")]


def test_a_watermark_ahead_of_the_data_is_found(told):
    silver, bronze = told.lake / "silver" / "thing", told.lake / "bronze" / "thing"
    commit(silver, [], "RESTORE")
    assert told() == [("watermark ahead of data", None, "reload")]
    shutil.rmtree(silver)
    commit(silver, [{"thing_id": 1, "_window_id": 1, "_place": "kept"}])
    assert told() == [("watermark ahead of data", 1, "backfill")], "silver lacks two keys"
    shutil.rmtree(bronze)
    assert told() == [("watermark ahead of data", 1, "backfill")]
    shutil.rmtree(silver)
    assert told() == [("watermark ahead of data", 1, "backfill"), ("watermark ahead of data", None, "reload")]


def test_a_range_that_was_read_again_since_is_sound(told, site):
    shutil.rmtree(told.lake / "bronze" / "thing")
    low = site.one("select low from control.ledger where window_id = 1")
    site.control.execute(
        "insert into control.ledger (table_name, kind, cursor_kind, request, low, high, contract_version, opened_by,"
        " status, attempt, path, files, rows, landed_at, landed_by, merged_at, merged_by) values ('thing', 'reload',"
        " 'integer', 'r', %s, '4', 'v', 'run-1', 'merged', 1, 'thing/3/1', 1, 3, now(), 'run-1', now(), 'run-1')",
        [low],
    )
    commit(
        told.lake / "bronze" / "thing",
        [{"thing_id": i, "_window_id": 3, "_place": "kept"} for i in (1, 2, 3)],
    )
    assert told() == []
