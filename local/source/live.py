"""Exact changes: so many trips inserted, updated or withdrawn, so many drivers changed, in one transaction.

Every function returns the ids that it touched, all of them different. Values follow from `seed` and from
what the source holds; live trips are picked up at the database's present time.
"""

import random

from local.errors import HighwaterError
from local.source import changes, database
from local.source.pool import Pool


def insert_trips(conninfo: str, n: int, seed: int = 0, open_share: float = 0.0) -> list[int]:
    """Insert `n` new trips with their events.

    Args:
        open_share: the part of them, 0 to 1, that is still under way: no dropoff, no payment, status `open`.

    Raises:
        HighwaterError: the source has no trip to take after, or is not there.
    """
    with database.connect(conninfo) as connection:
        pool = Pool.read(connection, seed)
        with connection.transaction(), connection.cursor() as cursor:
            return changes.insert(cursor, random.Random(seed), pool, n, open_share)[0]


def insert_bad_trips(conninfo: str, n: int, seed: int = 0) -> list[int]:
    """Insert `n` new trips that end before they begin, which the contract's rules send to quarantine."""
    with database.connect(conninfo) as connection:
        pool = Pool.read(connection, seed)
        with connection.transaction(), connection.cursor() as cursor:
            return changes.insert(cursor, random.Random(seed), pool, n, bad=True)[0]


def update_trips(conninfo: str, n: int, seed: int = 0, live: bool = False) -> list[int]:
    """Correct the payment of, refund, cancel or reassign exactly `n` trips; each of them changes.

    Args:
        live: take trips of the last day too. By default only older ones are taken, so that no trip that
            was inserted just now is updated as well.

    Raises:
        HighwaterError: fewer trips can be updated, or the source is not there.
    """
    with database.connect(conninfo) as connection:
        pool = Pool.read(connection, seed, trips=n, live=live)
        chosen = _exactly(pool.trips, n, "trips", "updated")
        with connection.transaction(), connection.cursor() as cursor:
            return _all(changes.update(cursor, random.Random(seed), pool, chosen)[0], n)


def delete_trips(conninfo: str, n: int, seed: int = 0) -> list[int]:
    """Mark exactly `n` trips, none of the last day, as deleted.

    Raises:
        HighwaterError: fewer trips can be withdrawn, or the source is not there.
    """
    with database.connect(conninfo) as connection:
        chosen = _exactly(Pool.read(connection, seed, trips=n).trips, n, "trips", "withdrawn")
        with connection.transaction(), connection.cursor() as cursor:
            return _all(changes.withdraw(cursor, chosen), n)


def update_drivers(conninfo: str, n: int, seed: int = 0) -> list[int]:
    """Change the rating, borough, vehicle or status of exactly `n` drivers.

    Raises:
        HighwaterError: there are fewer drivers, or the source is not there.
    """
    with database.connect(conninfo) as connection:
        chosen = _exactly(Pool.read(connection, seed).drivers, n, "drivers", "changed")
        with connection.transaction(), connection.cursor() as cursor:
            return _all(changes.change_drivers(cursor, random.Random(seed), chosen), n)


def _exactly(found: list, n: int, what: str, verb: str) -> list:
    if len(found) < n:
        raise HighwaterError(
            f"{n} {what} can't be {verb}",
            f"the source has {len(found)} that can",
            "Ask for fewer, or add more with `highwater seed`.",
        )
    return found[:n]


def _all(ids: list[int], n: int) -> list[int]:
    """The ids; an error, which undoes the transaction, when another writer was in between."""
    if len(ids) != n:
        raise HighwaterError(
            f"{n} rows can't be changed", f"another writer changed {n - len(ids)} of them", "Run it again."
        )
    return ids
