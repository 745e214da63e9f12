"""Few rows as literals: what several steps read is computed once, and each of them plans and scans next to nothing.

An incremental run of some hundred rows spends nearly all of its time on planning queries, not on rows. Spark Connect
has no cache on every compute, so few rows go through the driver, as Arrow, and come back as part of the query.
"""

from typing import TYPE_CHECKING

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

if TYPE_CHECKING:
    from pyarrow import Table

MOST = 10_000
MOST_BYTES = 32 * 1024 * 1024  # of Arrow; rows are some hundred bytes wide, so this stops wide texts alone


def literal(rows: DataFrame, most: int = MOST) -> DataFrame | None:
    """The same rows as literals; None when they are more than `most`, or too wide for the driver.

    Raises:
        PySparkException: they can't be read.
    """
    try:
        found = _collected(rows.limit(most + 1))
    except PySparkException as error:
        if "spark.driver.maxResultSize" not in str(error):
            raise
        return None
    if found.num_rows == 0:
        return rows.sparkSession.createDataFrame([], rows.schema)
    if found.num_rows > most or found.nbytes > MOST_BYTES:
        return None
    return rows.sparkSession.createDataFrame(found)


def _collected(rows: DataFrame) -> "Table":
    """The rows at the driver. Classic Spark leaves errors of tasks in py4j's own, whose class Connect's client need not
    have; here they are Spark's on either, without the lines of the JVM's stack."""
    try:
        return rows.toArrow()
    except PySparkException:
        raise
    except Exception as error:
        told = [line for line in str(error).splitlines() if not line.startswith("\t")]
        raise PySparkException("\n".join(told)) from error


def if_few(rows: DataFrame, most: int = MOST) -> DataFrame:
    """The rows, as literals when they are few."""
    held = literal(rows, most)
    return rows if held is None else held
