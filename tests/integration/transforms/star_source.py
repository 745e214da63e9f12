"""A source that does things at random: what the star's histories read of it, run by run."""

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

HISTORIES, RUNS = 40, 4
# About both changes of New York's clocks.
BEGINS = (datetime(2024, 3, 10, 4, 30), datetime(2024, 11, 3, 3, 30))
_AMOUNTS = ("fare_amount", "extra", "mta_tax", "tip_amount", "tolls_amount", "ehail_fee", "improvement_surcharge",
            "congestion_surcharge", "total_amount")  # fmt: skip


@dataclass
class History:
    """What happened to the rows of some keys of its own."""

    random: random.Random

    def moment(self) -> datetime:
        return self.random.choice(BEGINS) + timedelta(minutes=self.random.randrange(300), seconds=7)

    def amount(self, most: int) -> Decimal | None:
        return self.random.choice([None, Decimal(self.random.randrange(most)) / 100])

    def trips(self, base: int) -> list[dict]:
        r, rows = self.random, {}
        for _ in range(r.randrange(6)):
            at = self.moment()
            row = {
                "trip_id": base + r.randrange(5), "driver_id": r.choice([None, base, base + 1, base + 2]),
                "pickup_at": at, "dropoff_at": r.choice([None, at, at + timedelta(seconds=r.randrange(1, 4000))]),
                "pickup_zone_id": r.choice([None, base, base + 1, base + 2]), "dropoff_zone_id": base + r.randrange(3),
                "vendor_id": r.choice([None, 1, 2]), "passenger_count": r.choice([None, 0, 1, 5]),
                "store_and_fwd": r.choice([None, True, False]), "trip_type": r.choice([None, 1, 2]),
                "trip_distance": self.amount(3000), **{name: self.amount(5000) for name in _AMOUNTS},
                "payment_type": r.choice([None, 1, 2, 9]), "rate_code_id": r.choice([None, 1, 99, 42]),
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
                "driver_id": base + r.randrange(2), "full_name": r.choice(["A", "B"]),
                "home_borough": r.choice([None, "Queens"]), "vehicle_class": r.choice(["sedan", "van"]),
                "rating": r.choice([None, Decimal(4), Decimal(9)]),  # the last goes to quarantine
                "status": r.choice(["active", "left"]), "licensed_on": r.choice([None, date(2020, 2, 29)]),
                "is_deleted": r.random() < 0.1, "updated_at": self.moment(),
            }  # fmt: skip
            rows[row["driver_id"], row["updated_at"]] = row
        return list(rows.values())

    def zones(self, base: int) -> list[dict]:
        names = {
            "borough": self.random.choice(["Queens", "Bronx", None]),
            "service_zone": self.random.choice(["Boro", None]),
        }
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
            rows.append({"event_id": base * 10 + number, "trip_id": base + told.randrange(3), "event_type": kind,
                         "occurred_at": at, "zone_id": told.choice([None, base, base + 1]),
                         "amount": told.choice([None, Decimal("12.5")]), "recorded_at": at})  # fmt: skip
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
