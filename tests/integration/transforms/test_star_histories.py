"""Random histories: what many incremental runs leave equals a computation from scratch, and so does one whole run.

A run of Spark costs seconds however few its rows are, so many histories, each with keys of its own, share the runs.
"""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from star_by_hand import STAR, VIEWS
from transform_lake import TestLake, literal

from contracts import load_all

pytestmark = [pytest.mark.spark, pytest.mark.slow]

CONTRACTS = {c.table: c for c in load_all()}
HISTORIES, RUNS = 40, 4
# About both changes of New York's clocks.
BEGINS = (datetime(2024, 3, 10, 4, 30), datetime(2024, 11, 3, 3, 30))
SILVER = {
    "trip": ("trip_id", "driver_id", "pickup_at", "dropoff_at", "pickup_zone_id", "dropoff_zone_id", "trip_distance",
             "payment_type", "rate_code_id", "total_amount", "refunded_amount", "status", "is_deleted", "updated_at"),
    "driver": ("driver_id", "vehicle_class", "home_borough", "updated_at", "valid_from", "valid_to", "is_current"),
    "zone": ("zone_id", "borough", "zone_name", "_removed"),
    "trip_event": ("event_id", "trip_id", "event_type", "occurred_at", "zone_id"),
}  # fmt: skip


@dataclass
class History:
    """What the source did: per run, table to the rows of its window; a table that is left out has none."""

    random: random.Random
    windows: list[dict[str, list[dict]]] = field(default_factory=list)

    def moment(self) -> datetime:
        return self.random.choice(BEGINS) + timedelta(minutes=self.random.randrange(300), seconds=7)

    def trips(self, base: int) -> list[dict]:
        r, rows = self.random, {}
        for _ in range(r.randrange(6)):
            at = self.moment()
            row = {
                "trip_id": base + r.randrange(5), "driver_id": r.choice([None, base, base + 1, base + 2]),
                "pickup_at": at, "dropoff_at": r.choice([None, at, at + timedelta(seconds=r.randrange(1, 4000))]),
                "pickup_zone_id": r.choice([None, base, base + 1, base + 2]), "dropoff_zone_id": base + r.randrange(3),
                "trip_distance": r.choice([None, Decimal(r.randrange(3000)) / 100]),
                "payment_type": r.choice([None, 1, 2, 9]), "rate_code_id": r.choice([None, 1, 99, 42]),
                "total_amount": r.choice([None, Decimal(r.randrange(5000)) / 100]),
                "refunded_amount": r.choice([Decimal(0), Decimal("1.25"), Decimal(-1)]),  # the last goes to quarantine
                "status": r.choice(["open", "completed", "cancelled", "refunded"]), "is_deleted": r.random() < 0.1,
                "created_at": at, "updated_at": datetime(2025, 1, 1, 0, r.randrange(8)),
            }  # fmt: skip
            rows[row["trip_id"], row["updated_at"]] = row
        return [*rows.values(), *r.sample(list(rows.values()), r.randrange(len(rows) + 1) // 2)]

    def drivers(self, base: int) -> list[dict]:
        r, rows = self.random, {}
        for _ in range(r.randrange(4)):
            row = {
                "driver_id": base + r.randrange(2), "full_name": "A", "home_borough": r.choice([None, "Queens"]),
                "vehicle_class": r.choice(["sedan", "van"]), "rating": r.choice([None, Decimal(4), Decimal(9)]),
                "status": "active", "is_deleted": False, "updated_at": self.moment(),
            }  # fmt: skip
            rows[row["driver_id"], row["updated_at"]] = row
        return list(rows.values())

    def zones(self, base: int) -> list[dict]:
        names = {"borough": self.random.choice(["Queens", "Bronx", None]), "service_zone": "Boro"}
        keys = self.random.sample(range(3), self.random.randrange(4))
        return [
            {"zone_id": base + k, "zone_name": f"Z{k}{self.random.choice(['', ' new'])}"} | names
            for k in keys
        ]

    def events(self, base: int) -> list[dict]:
        rows = []
        for number in self.random.sample(range(12), self.random.randrange(6)):
            told = random.Random(base + number)  # an event is never told in two ways
            at = BEGINS[0] + timedelta(seconds=told.randrange(4))
            kind = told.choice(["pickup", "dropoff", "payment", "nonsense"])
            zone = told.choice([None, base, base + 1])
            rows.append({"event_id": base * 10 + number, "trip_id": base + told.randrange(3), "event_type": kind,
                         "occurred_at": at, "zone_id": zone, "recorded_at": at})  # fmt: skip
        return rows


def histories(seed: int) -> list[dict[str, list[dict]]]:
    """Per run, table to rows, of all histories together. Zones are read whole each time; the others now and then."""
    runs, chance = [], random.Random(seed)
    many = [(n * 1000, History(random.Random(seed * 1000 + n))) for n in range(1, HISTORIES + 1)]
    for _ in range(RUNS):
        run = {
            "trip": [row for base, h in many for row in h.trips(base)],
            "driver": [row for base, h in many for row in h.drivers(base)],
            "zone": [row for base, h in many for row in h.zones(base)],
            "trip_event": [row for base, h in many for row in h.events(base)],
        }
        runs.append({table: run[table] for table in chance.sample(sorted(run), chance.randrange(1, 5))})
    missing = {table: run[table] for table in sorted(run) if not any(table in r for r in runs)}
    return [*runs, missing] if missing else runs


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
    return {table: [tuple(row[c] for c in SILVER[table]) for row in held[table]] for table in SILVER}


def expected(held: dict[str, list[tuple]]) -> dict[str, tuple[list[str], list[tuple]]]:
    """Gold from silver, table to columns and rows."""
    types = {
        "trip_distance": "decimal(12,2)",
        "total_amount": "decimal(10,2)",
        "refunded_amount": "decimal(10,2)",
    }
    with duckdb.connect() as db:
        for table, columns in SILVER.items():
            kinds = {c.name: c.parsed.spark for c in CONTRACTS[table].columns} | types
            kinds |= {"valid_from": "timestamp", "valid_to": "timestamp"}
            name = {"trip_event": "event"}.get(table, table)
            said = ", ".join(f"{c.removeprefix('_')} {kinds.get(c, 'boolean')}" for c in columns)
            db.execute(f"create table {name} ({said})")
            if held[table]:
                db.executemany(f"insert into {name} values ({', '.join('?' * len(columns))})", held[table])
        db.execute(VIEWS)
        out = {}
        for table, query in STAR.items():
            cursor = db.execute(query)
            out[table] = ([d[0] for d in cursor.description], [plain(row) for row in cursor.fetchall()])
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
    held = silver(runs)
    for table, columns in SILVER.items():
        assert ordered(literal(lake.frame("silver", table), *columns)) == ordered(held[table]), table
    for table, (columns, rows) in expected(held).items():
        assert ordered(literal(lake.frame("gold", table), *columns)) == ordered(rows), table


@settings(max_examples=1, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32).filter(lambda n: n.bit_length() > 20))  # 0 always comes first
def test_incremental_runs_and_one_whole_run_equal_a_computation_from_scratch(spark, tmp_path_factory, seed):
    runs = histories(seed)
    # Hypothesis repeats what failed: each time in folders of its own.
    little, whole = (TestLake(spark, tmp_path_factory.mktemp(name)) for name in ("little", "whole"))
    last: list = []
    for run in runs:
        landed = [little.land(CONTRACTS[table], rows) for table, rows in run.items()]
        again = [little.again(w) for w in last if w.contract.table not in run]  # as after a run that died
        little.run(*again, *landed)
        assert {r.status for r in little.receipts.values()} == {"merged"}, little.receipts
        last = landed
    assert_right(little, runs)
    # Of snapshots that come at once only the newest is read: nobody saw what vanished before.
    newest = max(n for n, run in enumerate(runs) if "zone" in run)
    seen = [{t: rows for t, rows in run.items() if t != "zone" or n == newest} for n, run in enumerate(runs)]
    whole.run(*(whole.land(CONTRACTS[table], rows) for run in seen for table, rows in run.items()))
    assert_right(whole, seen)
