"""Random histories: what many incremental runs leave equals a computation from scratch, and so does one whole run.

A run of Spark costs seconds however few its rows are, so many histories, each with keys of its own, share the runs.
Every column of every table is compared, but for what names a window, a batch or the moment of loading.
"""

import shutil
from datetime import datetime
from decimal import Decimal

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from star_by_hand import RESTRICTED, STAR, VIEWS
from star_source import histories
from transform_lake import TestLake, literal

from contracts import load_all

pytestmark = [pytest.mark.spark, pytest.mark.slow, pytest.mark.timeout(1200)]

CONTRACTS = {c.table: c for c in load_all()}
# What tells how a row came and not what it says.
CAME = {"_window_id", "_attempt", "_batch_id", "_loaded_at", "_fact_version"}
HISTORY = ("valid_from", "valid_to", "is_current")
SILVER = {
    table: (*c.column_names, *(HISTORY if c.history == "scd2" else ()), "_removed")
    for table, c in CONTRACTS.items()
}
Tables = dict[tuple[str, str], tuple[list[str], list[tuple]]]


def silver(runs: list[dict[str, list[dict]]]) -> dict[str, list[tuple]]:
    """What silver must hold after these runs, in plain Python: SILVER's columns."""
    trips, drivers, zones, events, there = {}, {}, {}, {}, set()
    for run in runs:
        for row in run.get("trip", ()):
            good = row["refunded_amount"] >= 0
            held = trips.get(row["trip_id"])
            if good and (held is None or row["updated_at"] >= held["updated_at"]):
                trips[row["trip_id"]] = row
        for row in run.get("driver", ()):
            if row["rating"] is None or row["rating"] <= 5:
                drivers[row["driver_id"], row["updated_at"]] = row
        if "zone" in run:
            there = {row["zone_id"] for row in run["zone"]}
            zones |= {row["zone_id"]: row for row in run["zone"]}
        events |= {r["event_id"]: r for r in run.get("trip_event", ()) if r["event_type"] != "nonsense"}
    versions = []
    for key, row in sorted(drivers.items()):
        later = [at for driver, at in drivers if driver == key[0] and at > key[1]]
        end = min(later, default=None)
        versions.append(row | {"valid_from": key[1], "valid_to": end, "is_current": end is None})
    held = {
        "trip": trips.values(), "driver": versions, "trip_event": events.values(),
        "zone": [row | {"_removed": key not in there} for key, row in zones.items()],
    }  # fmt: skip
    return {
        table: [tuple(({"_removed": False} | row)[c] for c in columns) for row in held[table]]
        for table, columns in SILVER.items()
    }


def expected(held: dict[str, list[tuple]]) -> Tables:
    """What is served of silver, (container, table) to columns and rows."""
    with duckdb.connect() as db:
        for table, columns in SILVER.items():
            kinds = {c.name: c.parsed.spark for c in CONTRACTS[table].columns}
            kinds |= {"valid_from": "timestamp", "valid_to": "timestamp"}
            name = {"trip_event": "event"}.get(table, table)
            typed = ", ".join(f"{c} {kinds.get(c, 'boolean')}" for c in columns)
            db.execute(f"create table {name} ({typed})")
            if held[table]:
                db.executemany(f"insert into {name} values ({', '.join('?' * len(columns))})", held[table])
        db.execute(VIEWS)
        out = {}
        for container, queries in (("gold", STAR), ("restricted", RESTRICTED)):
            for table, query in queries.items():
                cursor = db.execute(query)
                out[container, table] = ([d[0] for d in cursor.description], cursor.fetchall())
    return out


def plain(row: tuple) -> tuple:
    """As `literal` gives a row: moments as text, without zeros at their end; numbers without those of their scale."""

    def one(value: object) -> object:
        if isinstance(value, datetime):
            return value.isoformat(" ").rstrip("0").rstrip(".") if value.microsecond else value.isoformat(" ")
        return value.normalize() + 0 if isinstance(value, Decimal) else value

    return tuple(map(one, row))


def ordered(rows: list[tuple]) -> list[tuple]:
    return sorted((plain(row) for row in rows), key=lambda row: [(v is not None, v) for v in row])


def assert_right(lake: TestLake, runs: list[dict[str, list[dict]]]) -> None:
    """Silver, gold and what is kept apart are what these runs must leave, table by table and to the last column."""
    held = silver(runs)
    wanted: Tables = {("silver", table): (list(columns), held[table]) for table, columns in SILVER.items()}
    for (container, table), (columns, rows) in (wanted | expected(held)).items():
        frame = lake.frame(container, table)
        assert set(columns) == set(frame.columns) - CAME, f"{container}.{table}"
        assert ordered(literal(frame, *columns)) == ordered(rows), f"{container}.{table}"


@settings(max_examples=1, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32).filter(lambda n: n.bit_length() > 20))  # 0 always comes first
def test_incremental_runs_and_one_whole_run_equal_a_computation_from_scratch(spark, tmp_path_factory, seed):
    runs = histories(seed)
    # Hypothesis repeats what failed: each time in folders of its own.
    # Of so few rows most may vanish at once, which a real table is asked about.
    folders = (tmp_path_factory.mktemp(name) for name in ("little", "whole"))
    little, whole = (TestLake(spark, folder, allow_share=1.0) for folder in folders)
    before, newest = {}, {}
    for run in runs:
        landed = {table: little.land(CONTRACTS[table], rows) for table, rows in run.items()}
        again = [little.again(w) for t, w in before.items() if t not in run]  # as after a run that died
        little.run(*again, *landed.values())
        assert {r.status for r in little.receipts.values()} == {"merged"}, little.receipts
        before, newest = landed, newest | landed
    assert_right(little, runs)
    # What is served is lost: it is built anew from silver, and is what the incremental runs had made of it.
    for container in ("gold", "restricted"):
        shutil.rmtree(little.root / container)
    little.run(*map(little.again, newest.values()))
    assert_right(little, runs)
    # Of snapshots that come at once only the newest is read: nobody saw what vanished before.
    zones = max(n for n, run in enumerate(runs) if "zone" in run)
    seen = [{t: rows for t, rows in run.items() if t != "zone" or n == zones} for n, run in enumerate(runs)]
    whole.run(*(whole.land(CONTRACTS[table], rows) for run in seen for table, rows in run.items()))
    assert_right(whole, seen)
