"""Dimensions that stand still: their rows come from the contract, and are written when it changed."""

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from highwater_transforms.delta import literal_text
from highwater_transforms.star import Static
from highwater_transforms.system import BATCH, ddl


def rows(spark: SparkSession, static: Static, batch_id: int) -> DataFrame:
    """The table: its columns, the derived ones, _batch_id."""
    name, kind = static.columns[0]
    if static.sequence:
        first, last = (literal_text(text, kind) for text in static.sequence[:2])
        keys = f"sequence({first}, {last}, {static.sequence[2]})"
        frame = (
            spark.range(1)
            .select(F.explode(F.expr(keys)).alias(name))
            .withColumn(name, F.col(name).cast(kind))
        )
    else:
        texts = spark.createDataFrame(list(static.rows), ddl(tuple((n, "string") for n, _ in static.columns)))
        frame = texts.select(*(F.col(n).cast(k).alias(n) for n, k in static.columns))
    for d in static.derived:
        frame = frame.withColumn(d.name, F.expr(d.expression).cast(d.type))
    return frame.withColumn(BATCH, F.lit(batch_id).cast("bigint"))
