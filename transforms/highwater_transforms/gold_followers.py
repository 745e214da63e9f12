"""Which facts look dimensions up: their contracts, kept where a run finds them in which they have no window.

The plan of a run names the tables that have something to merge. So a fact adds its contract to one small table each
time its gold is built from a new one.
"""

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from highwater_transforms import contract as contracts
from highwater_transforms.contract import Contract
from highwater_transforms.delta import DeltaTable
from highwater_transforms.lake import Lake
from highwater_transforms.tables import Tables

TABLE = "_followers"
SCHEMA = "table_name string, contract string, batch_id bigint"


def remember(tables: Tables, text: str, batch_id: int) -> None:
    """Keep the contract of a fact that looks dimensions up; `text` is the plan's."""
    rows = tables.spark.createDataFrame([(tables.contract.table, text, batch_id)], SCHEMA)
    tables.of("silver", TABLE).append(rows)


def known(spark: SparkSession, lake: Lake) -> list[Contract]:
    """The newest contract of each fact."""
    table = DeltaTable(spark, lake.uri("silver", TABLE))
    if table.columns() is None:
        return []
    newest = table.frame().groupBy("table_name").agg(F.max_by("contract", "batch_id").alias("contract"))
    return [contracts.parse(row["contract"]) for row in newest.collect()]
