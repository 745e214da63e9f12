"""What landed: the exact attempts that the plan names, read by the contract's schema and tagged."""

from datetime import UTC, datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from highwater_transforms.contract import Contract
from highwater_transforms.lake import Lake
from highwater_transforms.plan import TablePlan, Window
from highwater_transforms.system import ATTEMPT, BATCH, LOADED, POISON, TAGS, WINDOW, ddl

# landing/<table>/<window>/<attempt>/<file>: the folder says which attempt of which window a row came with.
_FOLDER = r"/(\d+)/(\d+)/[^/]+$"


def files(table: str, window: Window) -> str | None:
    """The path to read for a window: its one file by name, its folder when it landed as several, None when empty.

    By name, since a copy that died may have left another file in the folder.
    """
    if window.files == 0:
        return None
    return f"{window.path}/{table}.parquet" if window.files == 1 else window.path


def read(
    spark: SparkSession, lake: Lake, plan: TablePlan, contract: Contract, loaded_at: datetime
) -> DataFrame:
    """The landed rows: the contract's columns, then _window_id, _attempt, _batch_id, _loaded_at, _poison.

    A timestamp without zone in the file is UTC wall time and becomes that instant.
    """
    own = (*((c.name, c.type) for c in contract.columns), (POISON, "string"))
    paths = [lake.uri("landing", path) for w in plan.windows if (path := files(plan.table, w)) is not None]
    if not paths:
        return spark.createDataFrame([], ddl((*own[:-1], *TAGS, own[-1])))
    # An instant as a count of microseconds is the same in every session's time zone.
    micros = int(loaded_at.astimezone(UTC).timestamp() * 1_000_000)
    return (
        spark.read.schema(ddl(own))
        .option("pathGlobFilter", "*.parquet")
        # Dates before 1582 are what they say: no writer but Spark 2 counted them otherwise.
        .option("datetimeRebaseMode", "CORRECTED")
        .option("int96RebaseMode", "CORRECTED")
        .parquet(*paths)
        .select(
            *contract.names,
            F.regexp_extract("_metadata.file_path", _FOLDER, 1).cast("bigint").alias(WINDOW),
            F.regexp_extract("_metadata.file_path", _FOLDER, 2).cast("int").alias(ATTEMPT),
            F.lit(plan.batch_id).cast("bigint").alias(BATCH),
            F.expr(f"timestamp_micros({micros})").alias(LOADED),
            POISON,
        )
    )
