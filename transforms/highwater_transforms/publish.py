"""The published batches: one row a run all of whose tables are merged, written last, with the names of the tables that
it brought to their end. What another run left half done is not among them.

Gold is merged in place, table by table, and its readers see the newest commit of each: a small table that moves only
when a run is whole is what tells them that the tables belong together.
"""

from collections.abc import Iterable
from datetime import datetime

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from highwater_transforms.contract import Contract
from highwater_transforms.delta import SERVED, DeltaTable
from highwater_transforms.lake import Lake

TABLE = "published_batch"
SCHEMA = "batch_id bigint, run_id string, published_at timestamp, tables string"


def publish(
    spark: SparkSession, lake: Lake, batch_id: int, run_id: str, at: datetime, contracts: Iterable[Contract]
) -> None:
    """Add the batch to gold/published_batch. A batch that is published again has the later moment.

    Args:
        contracts: of the tables that the run served; `tables` tells all of their gold tables as `|one|another|`.

    The table is one file, written anew: a row a run is little, and a file a run would be many.
    """
    table = DeltaTable(spark, lake.uri("gold", TABLE))
    names = sorted({name for contract in contracts for name in contract.gold.tables})
    rows = spark.createDataFrame([(batch_id, run_id, at, f"|{'|'.join(names)}|")], SCHEMA)
    if table.columns() is not None:
        held = table.frame().where(F.col("batch_id") != batch_id)
        rows = held.unionByName(rows, allowMissingColumns=True)
    table.overwrite(rows.coalesce(1), SERVED)
    table.refuse_newer_reader()
