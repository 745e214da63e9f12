"""Classic Spark, whose driver is in the process's own JVM: what a job cluster has where serverless has Connect."""

import os
import shlex
import sys
from pathlib import Path

from local.databricks.spark_options import LOG_FORMAT, options
from local.toolchain import jars, java


def environment(work: Path) -> dict[str, str]:
    """The environment of a process that gets a classic session, set up as the laptop's server is; its files are
    below `work`, an empty folder that is made."""
    for name in ("tmp", "derby", "conf"):
        (work / name).mkdir(parents=True)
    (work / "log4j2.properties").write_text(LOG_FORMAT)
    given = {k: v for k, v in options(work, 0, jars.require()).items() if not k.startswith("spark.connect.")}
    submit = [part for k, v in given.items() for part in ("--conf", f"{k}={v}")]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SPARK_", "PYSPARK_"))}
    return kept | {
        "JAVA_HOME": str(java.require()),
        "SPARK_CONF_DIR": str(work / "conf"),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": shlex.join(
            ["--master", "local[2]", "--driver-memory", "2g", *submit, "pyspark-shell"]
        ),
    }
