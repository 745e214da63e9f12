"""How the laptop's Spark server is started: its options and its log's format.

Everything that Spark writes is put inside one folder, and everything that it listens on is on loopback.
"""

import os
from pathlib import Path

import psutil

# Most of a laptop's run is planning: much Java that runs a few times. Its second compiler takes two fifths of the
# server's processor time in the first three runs, and gives none of it back.
JAVA = (
    "-XX:TieredStopAtLevel=1",
    "-XX:ReservedCodeCacheSize=256m",
)  # C1 alone has 48 MB, too few for Spark
# HIGHWATER_SPARK=small: for some thousand rows, as tests have them. Spark spends much of its time there on generating
# code for queries that run once; without that a run takes less processor time, and gives the same rows.
SMALL = "small"
SMALL_SPARK = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}

MAIN_CLASS = "org.apache.spark.sql.connect.service.SparkConnectServer"

LOG_FORMAT = """\
status = warn
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{yyyy-MM-dd HH:mm:ss} %p %c{1}: %m%n%ex
logger.connect.name = org.apache.spark.sql.connect.service.SparkConnectServer
logger.connect.level = info
# a laptop has no native Hadoop library, and says so at each start
logger.native.name = org.apache.hadoop.util.NativeCodeLoader
logger.native.level = error
"""


def cores() -> int:
    """The processors that this process may use."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def memory_gigabytes() -> int:
    """A sixth of the machine's memory, at least 2 and at most 4."""
    return int(min(4, max(2, psutil.virtual_memory().total / 2**30 // 6)))


def is_small() -> bool:
    """Whether the environment asks for a server that is tuned for few rows."""
    return os.environ.get("HIGHWATER_SPARK") == SMALL


def options(folder: Path, port: int, jars: list[Path]) -> dict[str, str]:
    """The settings of the server, whose own files go under `folder`."""
    parallel, small = max(2, cores()), is_small()
    java = [
        f"-Dlog4j2.configurationFile={(folder / 'log4j2.properties').as_uri()}",
        f"-Djava.io.tmpdir={folder / 'tmp'}",  # spark.local.dir follows it
        f"-Dderby.system.home={folder / 'derby'}",
        *JAVA,
        "-XX:-UsePerfData",  # or each JVM leaves a file outside of the folder
        "-XX:+ExitOnOutOfMemoryError",  # a server that lives on without memory answers nobody
    ]
    return {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": " ".join(java),
        "spark.authenticate": "true",  # the ports that Spark opens beside the Connect one
        "spark.ui.enabled": "false",
        "spark.jars": ",".join(str(jar) for jar in jars),
        "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(parallel),
        "spark.default.parallelism": str(parallel),
        # A merge joins few rows with many: to hash the few is less than to sort the many.
        "spark.sql.join.preferSortMergeJoin": "false",
        # A table with a change feed is written to two folders; without this, rows are sorted by folder first.
        "spark.sql.maxConcurrentOutputFileWriters": "8",
        # Each stage planned anew by what the one before gave takes longer than the stages of a laptop's data.
        "spark.sql.adaptive.enabled": "false",
        "spark.databricks.delta.snapshotPartitions": "2",  # 50 by default, for millions of files
        # With so many tasks VACUUM lists a table's folder: 10,000 by default, which take a laptop minutes.
        "spark.sql.sources.parallelPartitionDiscovery.parallelism": str(parallel),
        # What Databricks packs small files into, for tables below some terabytes; Delta's own default is four times it.
        "spark.databricks.delta.optimize.minFileSize": str(256 * 1024 * 1024),
        "spark.databricks.delta.optimize.maxFileSize": str(256 * 1024 * 1024),
        **(SMALL_SPARK if small else {}),
    }


def command(spark_home: Path, folder: Path, port: int, jars: list[Path]) -> list[str]:
    """The command line that becomes the server's process."""
    settings = [
        part for key, value in options(folder, port, jars).items() for part in ("--conf", f"{key}={value}")
    ]
    return [
        str(spark_home / "bin" / "spark-submit"),
        *("--master", f"local[{max(2, cores())}]"),
        *("--driver-memory", f"{memory_gigabytes()}g"),
        *("--name", "highwater"),
        *("--class", MAIN_CLASS),
        *settings,
        "spark-internal",
    ]
