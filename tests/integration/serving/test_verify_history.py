"""The judge over tables with history, sensitive columns and rows in quarantine."""

import json
from datetime import timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from delta_writer import INSTANT, gold_schema
from served_line import TRIPS, Line

pytestmark = pytest.mark.postgres

DRIVERS = """
insert into mobility.driver (driver_id, full_name, vehicle_class, rating, status, is_deleted, updated_at)
select i, 'Driver ' || i, 'van', 4.5, 'active', false, timestamptz '2023-01-01 00:00:00+00'
from generate_series(1, 5) i
"""


def history(line: Line, names: list[str]) -> None:
    """Gold with a former version of each driver, and the restricted names of both versions."""
    schema = gold_schema(line.contracts["driver"])
    source = line.source(line.contracts["driver"]).to_pylist()
    versions, secret = [], []
    for row, name in zip(source, names, strict=True):
        at = row["updated_at"]
        before = at - timedelta(days=1)
        base = {"_batch_id": 1, "_removed": False}
        current = row | base | {"valid_from": at, "valid_to": None, "is_current": True}
        versions += [
            current,
            current | {"status": "new", "valid_from": before, "valid_to": at, "is_current": False},
        ]
        keys = {"driver_id": row["driver_id"]} | base
        secret += [
            keys | {"valid_from": at, "full_name": name},
            keys | {"valid_from": before, "full_name": "old"},
        ]
    line.lake.put("gold", "dim_driver", pa.Table.from_pylist(versions, schema))
    restricted = pa.schema([("driver_id", pa.int32()), ("valid_from", INSTANT), ("full_name", pa.string()),
                            ("_batch_id", pa.int64()), ("_removed", pa.bool_())])  # fmt: skip
    line.lake.put("restricted", "dim_driver", pa.Table.from_pylist(secret, restricted))


def test_of_a_history_the_current_versions_count_with_their_sensitive_columns(line):
    line.sql(DRIVERS)
    history(line, [f"Driver {i}" for i in range(1, 6)])
    verdict = line.verdict("driver")
    assert (verdict.equal, verdict.source_rows, verdict.served_rows) == (True, 5, 5)


def test_a_wrong_sensitive_value_is_red(line):
    line.sql(DRIVERS)
    history(line, ["Driver 1", "Driver 2", "Driver X", "Driver 4", "Driver 5"])
    verdict = line.verdict("driver")
    assert (verdict.equal, verdict.missing, verdict.extra) == (False, 1, 1)
    assert [r["full_name"] for r in verdict.only_in_served] == ["Driver X"]


def test_a_restricted_row_whose_public_row_is_gone_is_red(line):
    line.sql(DRIVERS)
    history(line, [f"Driver {i}" for i in range(1, 6)])
    schema = pa.schema([("driver_id", pa.int32()), ("valid_from", INSTANT), ("full_name", pa.string()),
                        ("_batch_id", pa.int64()), ("_removed", pa.bool_())])  # fmt: skip
    gone = {"driver_id": 9, "valid_from": None, "full_name": "Nobody", "_batch_id": 1, "_removed": False}
    line.lake.put("restricted", "dim_driver", pa.Table.from_pylist([gone], schema))
    verdict = line.verdict("driver")
    assert (verdict.equal, verdict.extra) == (False, 1)
    assert [(r["driver_id"], r["full_name"]) for r in verdict.only_in_served] == [(9, "Nobody")]


def quarantine(line: Line, *held: dict) -> None:
    def shown(value) -> str | int | bool | None:
        if isinstance(value, Decimal):
            return float(value)
        if hasattr(value, "isoformat"):
            return value.isoformat(timespec="milliseconds") + "Z"
        return value

    texts = [json.dumps({k: shown(v) for k, v in row.items()}) for row in held]
    line.lake.put(
        "quarantine", "trip", pa.table({"_window_id": pa.array([1] * len(texts), pa.int64()), "row": texts})
    )


def test_a_quarantined_row_is_left_out_with_the_older_version_that_is_served(line):
    line.sql(TRIPS, 10)
    line.serve("trip")
    line.sql("update mobility.trip set refunded_amount = -1, updated_at = now() where trip_id in (3, 4)")
    bad = [r for r in line.source(line.contracts["trip"]).to_pylist() if r["trip_id"] == 3]
    quarantine(line, *bad)
    folder = line.lake.folder / "quarantine"
    verdict = line.verdict("trip", quarantine=folder)
    assert (verdict.equal, verdict.excluded, verdict.missing, verdict.extra) == (False, 1, 1, 1)
    assert [r["trip_id"] for r in verdict.only_in_source] == [4]
    assert line.verdict("trip").missing == 2  # without it, both are missing


def test_a_row_that_was_quarantined_once_and_is_good_now_must_be_served(line):
    line.sql(TRIPS, 10)
    old = [r for r in line.source(line.contracts["trip"]).to_pylist() if r["trip_id"] == 3]
    quarantine(line, *(r | {"refunded_amount": Decimal("-1.00")} for r in old))
    line.serve("trip", lambda rows: pa.concat_tables([rows.slice(0, 2), rows.slice(3)]))
    verdict = line.verdict("trip", quarantine=line.lake.folder / "quarantine")
    assert (verdict.equal, verdict.excluded, verdict.missing) == (False, 0, 1)
