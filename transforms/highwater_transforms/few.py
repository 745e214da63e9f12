"""Few rows as literals: what several steps read is computed once, and each of them plans and scans next to nothing.

An incremental run of some hundred rows spends nearly all of its time on planning queries, not on rows. Spark Connect
has no cache on every compute, so few rows go through the driver, as Arrow, and come back as part of the query.
"""

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

MOST = 10_000
MOST_BYTES = 32 * 1024 * 1024  # of Arrow; rows are some hundred bytes wide, so this stops wide texts alone


def literal(rows: DataFrame, most: int = MOST) -> DataFrame | None:
    """The same rows as literals; None when they are more than `most`, or too wide for the driver.

    Raises:
        PySparkException: they can't be read.
    """
    try:
        found = rows.limit(most + 1).toArrow()
    except Exception as error:
        if "spark.driver.maxResultSize" in str(error):
            return None
        raise _of_spark(error) from None
    if found.num_rows == 0:
        return rows.sparkSession.createDataFrame([], rows.schema)
    if found.num_rows > most or found.nbytes > MOST_BYTES:
        return None
    return rows.sparkSession.createDataFrame(found)


def _of_spark(error: Exception) -> PySparkException:
    """The error as one of Spark's, without the JVM's stack: classic Spark leaves those of tasks in py4j's own class,
    which Connect's client need not have."""
    if isinstance(error, PySparkException):
        return error
    told = [line for line in str(error).splitlines() if not line.startswith("\t")]
    return PySparkException("\n".join(told))


def if_few(rows: DataFrame, most: int = MOST) -> DataFrame:
    """The rows, as literals when they are few."""
    held = literal(rows, most)
    return rows if held is None else held
