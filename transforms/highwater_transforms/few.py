"""Few rows as literals: what several steps read is computed once, and each of them plans and scans next to nothing.

An incremental run of some hundred rows spends nearly all of its time on planning queries, not on rows. Spark Connect
has no cache on every compute, so few rows go through the driver, as Arrow, and come back as part of the query.
"""

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

# Rows of some hundred bytes: well below a megabyte, which Spark Connect sends along with a query.
MOST = 2_000


def literal(rows: DataFrame, most: int = MOST) -> DataFrame | None:
    """The same rows as literals; None when they are more than `most`, or too large for the driver."""
    try:
        found = rows.limit(most + 1).toArrow()
    except (
        PySparkException
    ):  # beyond spark.driver.maxResultSize; whatever else it is, who reads the rows meets it
        return None
    if found.num_rows > most:
        return None
    # Arrow's types are Spark's; only of no row it asks what they are.
    return rows.sparkSession.createDataFrame(found, None if found.num_rows else rows.schema)


def if_few(rows: DataFrame, most: int = MOST) -> DataFrame:
    """The rows, as literals when they are few."""
    held = literal(rows, most)
    return rows if held is None else held
