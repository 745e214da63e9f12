"""The silver table of a contract: its columns, and what merging a batch into it did."""

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from highwater_transforms.batch import Batch, Counts
from highwater_transforms.contract import Contract
from highwater_transforms.delta import DeltaTable
from highwater_transforms.system import REMOVED, SILVER, VALIDITY, Columns


@dataclass(frozen=True)
class Done:
    """What became of the kept rows: kept = inserted + updated + unchanged + stale. `deleted` counts rows of the table
    that the batch marked as removed; `changed` is whether the table was written."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    stale: int = 0
    deleted: int = 0
    changed: bool = True


def columns(contract: Contract) -> Columns:
    """Name and Spark type: the contract's columns, for scd2 the validity, the system columns."""
    own = tuple((c.name, c.type) for c in contract.columns)
    return (*own, *(VALIDITY if contract.scd2 else ()), *SILVER)


def names(contract: Contract) -> tuple[str, ...]:
    return tuple(name for name, _ in columns(contract))


def present(kept: DataFrame) -> DataFrame:
    """Kept rows as rows of silver: they are there, whatever was seen before."""
    return kept.withColumn(REMOVED, F.lit(False))


def by_row(contract: Contract) -> bool:
    """Whether a row of silver follows from a kept row alone, and not from what else there is of its key or table."""
    return not contract.scd2 and contract.mode != "snapshot"


def begin(batch: Batch, counts: Counts, table: DeltaTable, properties: dict[str, str]) -> Done:
    """Make the table of the first batch: there is nothing to merge it with."""
    table.begin(present(batch.kept()).select(*names(batch.contract)), properties)
    return Done(inserted=counts.kept)
