"""The published batches: one row a run all of whose tables are merged, written last.

Gold is merged in place, table by table, and its readers see the newest commit of each: a small table that moves only
when a run is whole is what tells them that the tables belong together.
"""

from datetime import datetime

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from highwater_transforms.delta import SERVED, DeltaTable
from highwater_transforms.lake import Lake

TABLE = "published_batch"
SCHEMA = "batch_id bigint, run_id string, published_at timestamp"


def publish(spark: SparkSession, lake: Lake, batch_id: int, run_id: str, at: datetime) -> None:
    """Add the batch to gold/published_batch. A batch that is published again has the later moment.

    The table is one file, written anew: a row a run is little, and a file a run would be many.
    """
    table = DeltaTable(spark, lake.uri("gold", TABLE))
    rows = spark.createDataFrame([(batch_id, run_id, at)], SCHEMA)
    if table.columns() is not None:
        rows = table.frame().where(F.col("batch_id") != batch_id).unionByName(rows)
    table.overwrite(rows.coalesce(1), SERVED)
    table.refuse_newer_reader()
