"""What filling and changing the source report."""

from collections.abc import Callable
from dataclasses import dataclass, field

Progress = Callable[[str, int, int], None]
"""Called as (stage, done, total) while work goes on."""


def silent(stage: str, done: int, total: int) -> None:
    """The progress of a caller who wants none."""


@dataclass(frozen=True)
class SeedResult:
    """What became of the rows of a file: rows_in == trips + refunds + the sum of unplaced.

    Attributes:
        rows_in: rows read.
        trips: rows that are trips, whether they were in the source before or not.
        refunds: negative rows that are the refund of a trip, and no trip of their own.
        unplaced: rows that are neither, counted by the reason.
        samples: for each reason up to three of those rows as the file has them, with their number from 1.
        events: trip events written.
        drivers: drivers written; they are synthetic.
        zones: zones written, new or changed.
        already_there: trips that the source held before; nothing was written for them.
        refunds_applied: refunds written now, as updates of their trips.
        rounded: amounts that had more decimals than the column keeps, by TLC's name of the column.
        ignored: columns of the file that Highwater does not know.
        zones_skipped: lines of the zone lookup that repeat a zone or are no zone, counted by the reason.
        seconds: duration.
    """

    rows_in: int
    trips: int
    refunds: int
    unplaced: dict[str, int]
    samples: dict[str, list[dict]]
    events: int
    drivers: int
    zones: int
    already_there: int
    refunds_applied: int
    rounded: dict[str, int]
    ignored: tuple[str, ...]
    zones_skipped: dict[str, int]
    seconds: float

    @property
    def added(self) -> int:
        """Trips that are new in the source."""
        return self.trips - self.already_there

    @property
    def nothing_new(self) -> bool:
        """True when the source held all of it before."""
        return not (self.added or self.refunds_applied or self.events or self.drivers or self.zones)


@dataclass
class Changes:
    """What a simulation wrote, counted by the database.

    Attributes:
        inserted: rows inserted by table, bad rows among them.
        updated: rows updated by table, each a different one.
        deleted_soft: rows marked as deleted by table.
        late_commits: transactions that stayed open while others committed.
        late_rows: rows of those transactions, counted above too.
        bad_rows: trips inserted that break a quality rule.
        seconds: duration.
    """

    inserted: dict[str, int] = field(default_factory=lambda: {"trip": 0, "trip_event": 0})
    updated: dict[str, int] = field(default_factory=lambda: {"trip": 0, "driver": 0})
    deleted_soft: dict[str, int] = field(default_factory=lambda: {"trip": 0})
    late_commits: int = 0
    late_rows: int = 0
    bad_rows: int = 0
    seconds: float = 0.0

    @property
    def total(self) -> int:
        """Trips and drivers changed; events come on top."""
        trips = self.inserted["trip"] + self.updated["trip"] + self.deleted_soft["trip"]
        return trips + self.updated["driver"]
