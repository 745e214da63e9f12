"""One Delta table looked after: its small files packed, its statistics where merges look, its old files removed."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import ceil

from pyspark.errors import PySparkException

from highwater_transforms.delta import DeltaTable

# What a table is compared with: larger files would be paid for at each merge that then rewrites one.
PACKED = 128 * 1024 * 1024
# So many files more than it takes: fewer cost a reader less than it costs to pack them.
MANY = 16
RETENTION = "delta.deletedFileRetentionDuration"
# Without the property Delta keeps a removed file for a week.
DEFAULT_HOURS = 168
TRIES = 3
WAIT_SECONDS = 10.0
Searched = Callable[[Iterable[tuple[str, str]]], dict[str, str]]


@dataclass(frozen=True)
class Files:
    """What the table's newest version consists of. `partitions` is 0 where it is not partitioned."""

    count: int
    size: int
    partitions: int

    @property
    def worth_packing(self) -> bool:
        """Whether packing removes many files, and at least half of them. No file spans two partitions."""
        packed = max(ceil(self.size / PACKED), self.partitions)
        return self.count - packed >= MANY and self.count >= 2 * packed


@dataclass
class Kept:
    """What was done with a table. Sizes in bytes, of the newest version alone."""

    before: Files
    after: Files
    optimized: bool = False
    seconds: float = 0.0
    steps: list[str] = field(default_factory=list)


def files(table: DeltaTable) -> Files:
    """Read from the table's log. A partitioned table's files are looked at too: at their footers."""
    detail = table.spark.sql(f"DESCRIBE DETAIL {table.name}").collect()[0]
    by = detail["partitionColumns"]
    partitions = table.frame().select(*by).distinct().count() if by and detail["numFiles"] >= MANY else 0
    return Files(detail["numFiles"], detail["sizeInBytes"], partitions)


def _set(table: DeltaTable, properties: dict[str, str], key: str, value: str) -> None:
    if properties.get(key) != value:
        table.set_properties({key: value})


def conflicts(error: PySparkException) -> bool:
    """Whether another writer's commit came first."""
    return "DELTA_CONCURRENT" in (error.getCondition() or "") or "DELTA_CONCURRENT" in str(error)


def optimize(table: DeltaTable, wait: float = WAIT_SECONDS) -> None:
    """Pack the table's small files, each partition for itself. Rows and readers see no difference.

    Raises:
        PySparkException: after the last try, when another writer came first each time.
    """
    for left in reversed(range(TRIES)):
        try:
            table.spark.sql(f"OPTIMIZE {table.name}").collect()
            return
        except PySparkException as error:
            if not conflicts(error) or left == 0:
                raise
            time.sleep(wait * (TRIES - left))


def vacuum(table: DeltaTable, properties: dict[str, str], hours: int) -> None:
    """Remove files that no version of the last `hours` names.

    The hours are a property of the table and not an argument of the command: Databricks Runtime 18 takes no other
    argument into account than 0, and time travel follows the property as well.
    """
    stored = properties.get(RETENTION)
    if stored is not None or hours != DEFAULT_HOURS:
        _set(table, properties, RETENTION, f"interval {hours} hours")
    table.spark.sql(f"VACUUM {table.name}").collect()


def keep(table: DeltaTable, searched: Searched, hours: int, *, served: bool) -> Kept | None:
    """Look after one table; None when there is none.

    Statistics come first, so that packed files have them. A served table is held against reader version 1 last.

    Args:
        searched: of the table's columns, the property that names those with statistics; empty for Delta's own choice.
        hours: for how long a removed file may still be read.

    Raises:
        TransformError: a served table asks for a newer reader.
        PySparkException: what Spark or Delta refuses.
    """
    began = time.monotonic()
    columns = table.columns()
    if columns is None:
        return None
    properties = table.properties() or {}
    before = files(table)
    for key, value in searched(columns.items()).items():
        _set(table, properties, key, value)
    if before.worth_packing:
        optimize(table)
    vacuum(table, properties, hours)
    after = files(table) if before.worth_packing else before
    if served:
        table.refuse_newer_reader()
    return Kept(before, after, before.worth_packing, round(time.monotonic() - began, 3))
