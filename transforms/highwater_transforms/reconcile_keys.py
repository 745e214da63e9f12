"""Which rows of silver the source no longer has, which are back, and which keys were never read.

A row may be called gone only when its window was merged before the keys were read, so that it lies in the ledger's
windows up to `newest` but for those `unmerged` then; when it is that very row still, by window and attempt; and when
its key is in none of the keys that were read.
"""

from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from highwater_transforms import delta, landing
from highwater_transforms.contract import Contract
from highwater_transforms.errors import TransformError
from highwater_transforms.lake import Lake
from highwater_transforms.plan import TablePlan, Window
from highwater_transforms.system import IS_CURRENT, REMOVED, WINDOW, ddl, quoted
from highwater_transforms.tables import Tables

EXTRA = {"newest": "bigint", "unmerged": "string", "silver_version": "bigint"}
KEYS_OF = "_keys_of"


@dataclass(frozen=True)
class Snapshot:
    """What the ledger held of a table when the keys' queries had not begun."""

    windows: tuple[Window, ...]
    newest: int
    unmerged: tuple[int, ...]
    silver_version: int | None


def snapshots(spark: SparkSession, lake: Lake, plan_path: str) -> dict[str, Snapshot]:
    """By table. The windows of a run's table are claimed together; of several answers the narrowest counts."""
    frame = spark.read.parquet(lake.uri("landing", plan_path))
    missing = [name for name in EXTRA if name not in frame.columns]
    if missing:
        raise TransformError(f"The plan {plan_path} lacks {', '.join(missing)}", "it is not one of reconcile")
    fields = list(Window.__dataclass_fields__)
    typed = [F.col(name).cast(kind).alias(name) for name, kind in EXTRA.items()]
    found: dict[str, list[dict]] = {}
    for row in frame.select("table_name", *fields, *typed).collect():
        found.setdefault(row["table_name"], []).append(row.asDict())
    return {table: _narrowest(rows, fields) for table, rows in found.items()}


def _narrowest(rows: list[dict], fields: list[str]) -> Snapshot:
    unmerged = {int(n) for row in rows for n in (row["unmerged"] or "").split(",") if n}
    versions = [row["silver_version"] for row in rows if row["silver_version"] is not None]
    return Snapshot(
        tuple(Window(**{name: row[name] for name in fields}) for row in rows),
        min(row["newest"] for row in rows),
        tuple(sorted(unmerged)),
        max(versions, default=None),
    )


def names(contract: Contract) -> tuple[str, ...]:
    """What lands of a key: the primary key's columns and the cursor."""
    return tuple(dict.fromkeys((*contract.primary_key, contract.cursor)))


def read(spark: SparkSession, lake: Lake, plan: TablePlan, contract: Contract) -> DataFrame:
    """The landed keys: `names` and `_keys_of`, the window that they landed for."""
    own = ddl(tuple((n, contract.type_of(n)) for n in names(contract)))
    paths = [lake.uri("landing", path) for w in plan.windows if (path := landing.files(plan.table, w))]
    if not paths:
        return spark.createDataFrame([], f"{own}, {KEYS_OF} bigint")
    window = F.regexp_extract("_metadata.file_path", r"/(\d+)/(\d+)/[^/]+$", 1).cast("bigint")
    frame = spark.read.schema(own).option("pathGlobFilter", "*.parquet").parquet(*paths)
    return frame.select(*names(contract), window.alias(KEYS_OF))


def count(keys: DataFrame, plan: TablePlan) -> int:
    """The number of landed keys, which must be what the ledger recorded: a key that is missing would be a delete.

    Raises:
        TransformError: a window holds other than the rows that the ledger recorded.
    """
    landed = {row[KEYS_OF]: row["count"] for row in keys.groupBy(KEYS_OF).count().collect()}
    for window in plan.windows:
        if landed.get(window.window_id, 0) != window.rows:
            raise TransformError(
                f"The keys of window {window.window_id} of {plan.table} are not as they landed",
                f"the ledger recorded {window.rows}, {window.path} holds {landed.get(window.window_id, 0)}",
                "Run reconcile again: it reads them anew",
            )
    return sum(landed.values())


def inside(contract: Contract, windows: tuple[Window, ...]) -> Column:
    """The row's cursor lies in one of the windows."""
    kind, cursor = contract.type_of(contract.cursor), quoted(contract.cursor)
    parts = [
        F.expr(
            f"{cursor} >= {delta.literal_text(w.low, kind)} and {cursor} < {delta.literal_text(w.high, kind)}"
        )
        for w in windows
    ]
    return F.coalesce(reduce(lambda a, b: a | b, parts), F.lit(False))


def _comparable(contract: Contract, snapshot: Snapshot) -> Column:
    """The row was merged before the keys were read, and lies in what was read."""
    merged = F.col(WINDOW) <= snapshot.newest
    if snapshot.unmerged:
        merged &= ~F.col(WINDOW).isin(list(snapshot.unmerged))
    if contract.scd2:
        merged &= F.col(IS_CURRENT)
    return merged & inside(contract, snapshot.windows)


def gone(contract: Contract, stored: DataFrame, keys: DataFrame, snapshot: Snapshot) -> DataFrame:
    """Rows of silver whose key was not read, in any range: a key that was found anywhere is there."""
    rows = stored.where(~F.col(REMOVED)).where(_comparable(contract, snapshot))
    return rows.join(keys.select(*contract.primary_key).distinct(), list(contract.primary_key), "left_anti")


def back(contract: Contract, stored: DataFrame, keys: DataFrame, snapshot: Snapshot) -> DataFrame:
    """Marked rows whose key was read with the very version that silver has: no later window will bring it."""
    rows = stored.where(F.col(REMOVED)).where(_comparable(contract, snapshot))
    return rows.join(keys.select(*names(contract)).distinct(), list(names(contract)), "left_semi")


def measure(
    contract: Contract, stored: DataFrame, keys: DataFrame, snapshot: Snapshot
) -> tuple[int, int, int]:
    """Rows compared, gone and back."""
    compared = stored.where(~F.col(REMOVED)).where(_comparable(contract, snapshot)).count()
    missing = gone(contract, stored, keys, snapshot).count() if compared else 0
    return compared, missing, back(contract, stored, keys, snapshot).count()


def missed(
    contract: Contract, tables: Tables, keys: DataFrame, snapshot: Snapshot
) -> tuple[int, str | None, str | None]:
    """Keys of the ranges that no window ever read with this cursor: how many, and their least and greatest cursor.

    Each range is merged, so bronze has every version that could be seen; one it has not was committed too late.
    """
    bronze = tables.of("bronze", contract.table).frame().where(inside(contract, snapshot.windows))
    late = keys.where(inside(contract, snapshot.windows)).select(*names(contract)).distinct()
    late = late.join(bronze.select(*names(contract)), list(names(contract)), "left_anti")
    cursor = F.col(contract.cursor)
    text = (
        F.date_format(cursor, "yyyy-MM-dd HH:mm:ss.SSSSSS")
        if contract.type_of(contract.cursor) == "timestamp"
        else cursor.cast("string")
    )
    least = late.agg(F.count("*").alias("n"), F.min_by(text, cursor), F.max_by(text, cursor)).collect()[0]
    return tuple(least)
