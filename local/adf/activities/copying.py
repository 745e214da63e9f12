"""Copy: a PostgreSQL query to one Parquet file.

https://learn.microsoft.com/azure/data-factory/copy-activity-overview
https://learn.microsoft.com/azure/data-factory/format-parquet
"""

import math
import time

from local.adf.activities.lookups import query_of
from local.adf.connectors import lake, parquet, postgres
from local.adf.connectors.extract import Extract, extract
from local.adf.definition.resolve import Data
from local.adf.errors import ActivityError
from local.adf.runtime.handlers import handles
from local.adf.runtime.task import Task

SOURCES, SINKS = ("AzurePostgreSqlSource",), ("ParquetSink",)


@handles("Copy", policy=True, required=("source", "sink"))
def copy(task: Task) -> dict:
    """Stream the rows to the file; the figures of the output are those of the file."""
    source, sink = task.value("source"), task.value("sink")
    origin, goal = task.data(task.activity.inputs[0]), task.data(task.activity.outputs[0])
    task.input |= {"inputs": [origin.name], "outputs": [goal.name]}
    folder, file = lake.place(goal)
    if file is None:
        raise ActivityError(
            f"The dataset '{goal.name}' names no file. A Copy to a folder alone, with a generated name, "
            "is not supported: a repeated one would add files."
        )
    codec = str(goal.properties.get("compressionCodec") or "snappy").lower()
    if codec not in parquet.CODECS:
        raise ActivityError(
            f"The dataset '{goal.name}' has the compressionCodec '{codec}'; "
            f"supported are {', '.join(parquet.CODECS)}."
        )
    started = time.monotonic()
    application = f"adf {task.run_id}"
    asked = _asked(task, origin, source, application)
    if asked.as_text:
        task.warn(f"Written as text, for Parquet has no type for them: {', '.join(asked.as_text)}.")

    def progress(size: int) -> None:
        task.progress(f"{size / 1e6:,.1f} MB")
        task.step("progress")

    try:
        written = parquet.write(
            postgres.conninfo(origin.connection, application),
            asked.query,
            folder / file,
            parquet.CODECS[codec],
            task.stop,
            lambda: postgres.end_sessions(origin.connection, application),
            progress,
        )
    except ActivityError as error:
        source_name = origin.connection.name
        raise ActivityError(
            f"{error.message} (source: linked service '{source_name}')", error.code, error.kind
        ) from None
    task.rows = written.rows
    checked = bool(task.value("validateDataConsistency", False))
    return _output(written, time.monotonic() - started, sink, source, checked)


def _asked(task: Task, origin: Data, source: dict, application: str) -> Extract:
    with postgres.session(origin.connection, task.stop, application) as opened:
        return extract(opened, query_of(origin, source))


def _output(written: parquet.Written, seconds: float, sink: dict, source: dict, checked: bool) -> dict:
    """The output's shape: https://learn.microsoft.com/azure/data-factory/copy-activity-monitoring"""
    duration = max(1, math.ceil(seconds))
    output = {
        "dataRead": written.raw_bytes,
        "dataWritten": written.bytes,
        "filesWritten": 1,
        "sourcePeakConnections": 1,
        "sinkPeakConnections": 1,
        "rowsRead": written.rows,
        "rowsCopied": written.rows,
        "copyDuration": duration,
        "throughput": round(written.raw_bytes / 1024 / max(seconds, 0.001), 3),
        "errors": [],
        "usedParallelCopies": 1,
        "executionDetails": [
            {
                "source": {"type": "AzurePostgreSql"},
                "sink": {"type": "AzureBlobFS"},
                "status": "Succeeded",
                "duration": duration,
            }
        ],
    }
    if checked:  # the rows in the file's footer were compared with those that were copied
        output["dataConsistencyVerification"] = {"VerificationResult": "Verified"}
    return output
