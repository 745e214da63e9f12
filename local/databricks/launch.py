"""Starts the process that becomes the Spark server, as a daemon with its log in the state."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from local.databricks.process import ProcessId
from local.databricks.spark_options import LOG_FORMAT, command
from local.toolchain import jars, java

# What configures another Spark, another Python or an account is not for this server.
FOREIGN = ("SPARK_", "PYSPARK_", "HADOOP_", "AZURE_", "ARM_", "DATABRICKS_", "PULUMI_", "PG", "PYTHON")


def launch(folder: Path, log: Path, port: int, token: str) -> ProcessId | None:
    """Starts the server on `port` with its own files under `folder`; None when it ended at once.

    Raises:
        HighwaterError: Java or the jars are missing.
    """
    java_home, needed, spark_home = java.require(), jars.require(), jars.spark_home()
    for name in ("tmp", "derby", "conf"):  # conf stays empty: the user's own Spark settings are not ours
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()
    (folder / "log4j2.properties").write_text(LOG_FORMAT)
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    with log.open("wb") as out:
        child = subprocess.Popen(
            command(spark_home, folder, port, needed),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=_environment(java_home, spark_home, folder / "conf", token),
            start_new_session=True,  # a daemon: neither the terminal's Ctrl-C nor the parent's end reaches it
        )
    return ProcessId.of(child.pid)


def free_port() -> int:
    """A port of loopback that nothing listens on now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, and readable by its owner alone from the first moment."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
    fresh.replace(path)


def _environment(java_home: Path, spark_home: Path, conf: Path, token: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
    return {
        **kept,
        "JAVA_HOME": str(java_home),
        "SPARK_HOME": str(spark_home),
        "SPARK_CONF_DIR": str(conf),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_CONNECT_AUTHENTICATE_TOKEN": token,  # not on the command line, which every user may list
        "PYSPARK_PYTHON": sys.executable,
    }
