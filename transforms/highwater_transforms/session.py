"""The Spark session that the job runs in, and what must hold of it."""

from pyspark.sql import SparkSession

from highwater_transforms.errors import TransformError

UTC = ("UTC", "Etc/UTC", "GMT", "Etc/GMT", "Z", "+00:00", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "Universal")


def get() -> SparkSession:
    """The session of the runtime (Spark Connect where SPARK_REMOTE or Databricks gives one), checked."""
    spark = SparkSession.builder.getOrCreate()
    check(spark)
    return spark


def check(spark: SparkSession) -> None:
    """Refuse a session in which results would differ.

    Serverless lets no one set the configuration, so it is checked and not set: expressions of the contracts such as
    to_date(pickup_at) follow the session's zone, and every timestamp of the lake is UTC.

    Raises:
        TransformError: Spark is older than 4, or the session's time zone is not UTC.
    """
    major = int(spark.version.split(".")[0])
    if major < 4:
        raise TransformError(
            "Spark 4 or newer is needed", f"this is {spark.version}", "Choose runtime 17.3 or newer"
        )
    zone = spark.sql("select current_timezone() as zone").collect()[0]["zone"]
    if zone not in UTC:
        raise TransformError(
            "The session's time zone must be UTC",
            f"it is {zone}",
            "Declare the compute with spark.sql.session.timeZone=UTC",
        )
