"""How much a stack moves: rows and bytes of each table, and how often."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts import Contract
from local.cost.prices import PriceTable

HOURS = 730  # of an average month, as Azure's own calculator has it
DAYS = HOURS / 24


@dataclass(frozen=True)
class Volume:
    """One table: the rows it has, those that are new or changed in a day, and bytes of a row in Parquet."""

    table: str
    rows: float
    changed_per_day: float
    bytes_per_row: float
    chunk_rows: int

    def moved(self, cadence: "Cadence") -> float:
        """Rows of this table that one run moves."""
        return self.rows if cadence.reload else self.changed_per_day / cadence.runs_per_day

    def windows(self, cadence: "Cadence") -> float:
        """Copies of this table in one run, on average: none in a run that finds nothing."""
        rows = self.moved(cadence)
        return max(math.ceil(rows / self.chunk_rows), 1) if rows >= 1 else rows


@dataclass(frozen=True)
class Cadence:
    """A way to keep the lake fresh: how often, and whether each run moves everything."""

    name: str
    every_minutes: float
    reload: bool

    @property
    def runs_per_day(self) -> float:
        return 24 * 60 / self.every_minutes

    @property
    def runs(self) -> float:
        """Runs in a month."""
        return HOURS * 60 / self.every_minutes


def volumes(
    contracts: Sequence[Contract],
    table: PriceTable,
    trips_per_day: float,
    change_share: float,
    days: float,
    measured_bytes: Mapping[str, float] | None = None,
) -> tuple[list[Volume], list[str]]:
    """The volume of each contract's table, and the tables of which nothing is known.

    Args:
        trips_per_day: new trips in a day; other tables follow from them.
        change_share: how many changes a trip sees after it was first written, on average.
        days: days of history that the source keeps.
        measured_bytes: bytes of a row by table, where a run has measured them.
    """
    found, unknown = [], []
    for contract in contracts:
        shape = table.tables.get(contract.table)
        if shape is None:
            unknown.append(contract.table)
            continue
        new = shape.per_trip * trips_per_day
        again = new * change_share if shape.changes_again else 0
        found.append(
            Volume(
                contract.table,
                rows=shape.rows + new * days,
                changed_per_day=new + again + shape.changed_per_day,
                bytes_per_row=(measured_bytes or {}).get(contract.table, shape.bytes),
                chunk_rows=contract.chunk_rows,
            )
        )
    return found, unknown
