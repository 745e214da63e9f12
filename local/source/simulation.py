"""A live system at work: many small transactions of every kind, some of which commit late.

What is done is decided first, as a list of plain steps, and then carried out; both follow from the seed.
"""

import random
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Literal

import psycopg

from local.errors import HighwaterError
from local.source import changes, database
from local.source.pool import Pool
from local.source.results import Changes, Progress, silent

Kind = Literal["insert", "bad", "update", "end", "delete", "driver"]
# Of a hundred changes; what is left is inserted trips.
_SHARES: dict[Kind, int] = {"update": 38, "end": 8, "delete": 3, "driver": 4}
_OPEN_SHARE = 0.15
_LATE_SHARE = 0.1
_LARGEST_STEP = 500
_HELD_FOR = 4  # steps that commit before a late transaction does


@dataclass(frozen=True)
class Step:
    """One transaction: what it does to how many rows, and whether it commits late."""

    kind: Kind
    rows: int
    late: bool = False


def plan(total: int, bad_rows: int, available: dict[Kind, int], rng: random.Random) -> list[Step]:
    """The steps of `total` changes, `bad_rows` of them bad.

    No kind gets more rows than are available for it, and inserted trips take what is left over.
    """
    counts = {k: min(total * share // 100, available.get(k, 0)) for k, share in _SHARES.items()}
    counts["bad"] = bad_rows
    while sum(counts.values()) > total:  # many bad rows leave less for the others
        largest = max(_SHARES, key=lambda k: counts[k])
        counts[largest] -= min(counts[largest], sum(counts.values()) - total)
    counts["insert"] = total - sum(counts.values())
    largest = max(1, min(_LARGEST_STEP, total // 20))
    steps = []
    for kind, left in counts.items():
        while left > 0:
            rows = min(left, rng.randint(1, largest))
            steps.append(Step(kind, rows))
            left -= rows
    rng.shuffle(steps)
    lasting = [i for i, s in enumerate(steps) if s.kind in ("insert", "update")]
    late = rng.sample(lasting, min(len(lasting), max(1, int(len(steps) * _LATE_SHARE))))
    return [replace(s, late=i in late) for i, s in enumerate(steps)]


def simulate(
    conninfo: str,
    changes: int,
    seconds: float | None = None,
    seed: int = 0,
    bad_rows: int = 0,
    on_progress: Progress | None = None,
    days: float | None = None,
) -> Changes:
    """Change the source as a live system would, and count what was written.

    Args:
        changes: how many rows of trip and driver are inserted, updated or withdrawn; events come on top.
        seconds: spread the changes over this time; as fast as it goes when None.
        seed: decides the steps and the rows.
        bad_rows: how many of the changes are trips that end before they begin.
        on_progress: called as (stage, done, total).
        days: how old the trips may be that are updated or withdrawn; all of history when None.

    Raises:
        HighwaterError: the numbers make no sense, the source has no trips, or is not there.
    """
    if changes < 0 or not 0 <= bad_rows <= changes:
        raise HighwaterError(
            "Nothing can be simulated",
            f"changes: {changes}, bad rows: {bad_rows}",
            "Give a number of changes from 0, and at most as many bad rows.",
        )
    started, rng = time.monotonic(), random.Random(seed)
    with database.connect(conninfo) as connection, ExitStack() as late_ones:
        pool = Pool.read(connection, seed, trips=changes, days=days)
        available = {
            "update": len(pool.trips) * 9 // 10,
            "delete": len(pool.trips) // 10,
            "end": len(pool.open),
            "driver": len(pool.drivers),
        }
        steps = plan(changes, bad_rows, available, rng)
        run = _Run(conninfo, connection, rng, pool, late_ones)
        for number, step in enumerate(steps):
            if seconds is not None:
                time.sleep(max(0.0, started + seconds * number / len(steps) - time.monotonic()))
            run.do(step)
            (on_progress or silent)("changes", run.result.total, changes)
        if seconds is not None:
            time.sleep(max(0.0, started + seconds - time.monotonic()))
        run.commit_late(all_of_them=True)
    run.result.seconds = time.monotonic() - started
    return run.result


@dataclass
class _Run:
    """Carries steps out. No row is touched twice, so that the counts are counts of rows, and a
    transaction that is still open can never be waited for."""

    conninfo: str
    connection: psycopg.Connection
    rng: random.Random
    pool: Pool
    late_ones: ExitStack
    result: Changes = field(default_factory=Changes)
    held: list[tuple[psycopg.Connection, int]] = field(default_factory=list)
    done: int = 0

    def __post_init__(self) -> None:
        self.trips, self.open, self.drivers = map(iter, (self.pool.trips, self.pool.open, self.pool.drivers))

    def do(self, step: Step) -> None:
        """Carry out one step, in a connection of its own that stays open when it is late."""
        if not step.late:
            with self.connection.transaction(), self.connection.cursor() as cursor:
                self._write(cursor, step)
        else:
            connection = database.open_connection(self.conninfo)
            self.late_ones.callback(connection.close)  # what was not committed is rolled back
            connection.autocommit = False
            with connection.cursor() as cursor:
                self._write(cursor, step)
            self.held.append((connection, self.done + _HELD_FOR))
            self.result.late_commits += 1
            self.result.late_rows += step.rows
        self.done += 1
        self.commit_late()

    def commit_late(self, all_of_them: bool = False) -> None:
        """Commit the late transactions that were held long enough."""
        due = [h for h in self.held if all_of_them or h[1] <= self.done]
        for connection, _ in due:
            connection.commit()
            connection.close()
        self.held = [h for h in self.held if h not in due]

    def _write(self, cursor: psycopg.Cursor, step: Step) -> None:
        result, events = self.result, 0
        match step.kind:
            case "insert" | "bad":
                bad = step.kind == "bad"
                share = 0.0 if bad else _OPEN_SHARE
                ids, events = changes.insert(cursor, self.rng, self.pool, step.rows, share, bad)
                result.inserted["trip"] += len(ids)
                result.bad_rows += len(ids) if bad else 0
            case "update":
                ids, events = changes.update(cursor, self.rng, self.pool, _next(self.trips, step.rows))
                result.updated["trip"] += len(ids)
            case "end":
                ids, events = changes.end(cursor, self.rng, self.pool, _next(self.open, step.rows))
                result.updated["trip"] += len(ids)
            case "delete":
                ids = changes.withdraw(cursor, _next(self.trips, step.rows))
                result.deleted_soft["trip"] += len(ids)
            case "driver":
                ids = changes.change_drivers(cursor, self.rng, _next(self.drivers, step.rows))
                result.updated["driver"] += len(ids)
        result.inserted["trip_event"] += events


def _next(rows, n: int) -> list:
    """The next n rows; `plan` asked for no more than there are."""
    return [next(rows) for _ in range(n)]
