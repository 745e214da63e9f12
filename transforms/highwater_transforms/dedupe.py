"""Which of several versions of a row counts: the order of versions, and each landed row's place in its batch.

The newest by cursor wins; of equal cursors the later window, then the later attempt. A null cursor is the oldest.
"""

from collections.abc import Callable

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from highwater_transforms.contract import Contract
from highwater_transforms.quality import REJECTED
from highwater_transforms.system import ATTEMPT, WINDOW, quoted

PLACE = "_place"
KEPT, DUPLICATE, SUPERSEDED, QUARANTINED = "kept", "duplicate", "superseded", "quarantined"


def newer(cursor: str | None, source: str = "s", target: str = "t") -> str:
    """SQL: the row aliased `source` is a newer version than the one aliased `target`."""
    s, t = source, target
    later = (
        f"({s}.{WINDOW} > {t}.{WINDOW} or ({s}.{WINDOW} = {t}.{WINDOW} and {s}.{ATTEMPT} > {t}.{ATTEMPT}))"
    )
    if cursor is None:
        return later
    c = quoted(cursor)
    return f"({s}.{c} > {t}.{c} or ({t}.{c} is null and {s}.{c} is not null) or ({s}.{c} <=> {t}.{c} and {later}))"


def place(contract: Contract, newest: int) -> Callable[[DataFrame], DataFrame]:
    """Adds `_place` to checked rows: kept, duplicate (the same version again), superseded (an older one), quarantined.

    Of an scd2 table each version of a key is kept once; of a table without key every row; of a snapshot the rows of
    its `newest` window. Versions that are equal in all that orders them are told apart by their content, so that a
    replay keeps the same one.
    """
    fine = F.when(F.col(REJECTED), F.lit(QUARANTINED))

    def transform(checked: DataFrame) -> DataFrame:
        if not contract.primary_key:
            return checked.withColumn(PLACE, fine.otherwise(KEPT))
        # A snapshot is the table as it is: what an older one held does not count, whether or not the newest has it.
        stale = F.col(WINDOW) != newest if contract.mode == "snapshot" else F.lit(False)
        version = contract.cursor if contract.cursor is not None else WINDOW
        identity = (*contract.primary_key, contract.cursor) if contract.scd2 else contract.primary_key
        order = [
            F.col(c).desc_nulls_last() for c in dict.fromkeys((version, WINDOW, ATTEMPT, *contract.names))
        ]
        w = Window.partitionBy(REJECTED, *identity).orderBy(*order)
        again = F.lag(version).over(w).eqNullSafe(F.col(version))
        first = F.row_number().over(w) == 1
        placed = fine.when(stale, SUPERSEDED).when(first, KEPT).when(again, DUPLICATE).otherwise(SUPERSEDED)
        return checked.withColumn(PLACE, placed)

    return transform
