"""The sample source: taxi trips in a real PostgreSQL, from a TLC file, and changed as a live system would.

`seed` and `generate` fill it, `simulate` changes it, and the functions of `live` change exactly as many
rows as they are asked to. None of them writes created_at, updated_at or recorded_at: these are the
database's own, and the platform's watermark relies on that.
"""

from local.source.generator import generate
from local.source.live import delete_trips, insert_bad_trips, insert_trips, update_drivers, update_trips
from local.source.results import Changes, SeedResult
from local.source.seeding import seed
from local.source.simulation import simulate

__all__ = [
    "Changes",
    "SeedResult",
    "delete_trips",
    "generate",
    "insert_bad_trips",
    "insert_trips",
    "seed",
    "simulate",
    "update_drivers",
    "update_trips",
]
