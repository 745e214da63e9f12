"""Copy: rows of a query, of Parquet or of delimited text to Parquet; and files as they are.

https://learn.microsoft.com/azure/data-factory/copy-activity-overview
https://learn.microsoft.com/azure/data-factory/format-parquet
https://learn.microsoft.com/azure/data-factory/connector-azure-data-lake-storage#azure-data-lake-storage-gen2-as-sink
"""

import math
import time
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from local.adf.activities.copysources import QuerySource, Table, file_tables
from local.adf.connectors import binary, lake, parquet
from local.adf.connectors.mapping import selection
from local.adf.definition.resolve import Data
from local.adf.errors import ActivityError
from local.adf.runtime.handlers import handles
from local.adf.runtime.task import Task

# What a sink takes from which sources.
PAIRS = {
    "ParquetSink": ("AzurePostgreSqlSource", "ParquetSource", "DelimitedTextSource"),
    "BinarySink": ("BinarySource",),
}
SOURCES = tuple(source for sources in PAIRS.values() for source in sources)
SINKS = tuple(PAIRS)
BEHAVIORS = (None, "PreserveHierarchy", "MergeFiles")


@handles("Copy", policy=True, required=("source", "sink"))
def copy(task: Task) -> dict:
    """Stream from source to sink; the figures of the output are those of what was written."""
    source, sink = task.value("source"), task.value("sink")
    origin, goal = task.data(task.activity.inputs[0]), task.data(task.activity.outputs[0])
    task.input |= {"inputs": [origin.name], "outputs": [goal.name]}
    checked = bool(task.value("validateDataConsistency", False))
    started = time.monotonic()
    if sink.get("type") == "BinarySink":
        found = binary.copy(origin, goal, source, sink, task.stop, lambda size: _progress(task, size))
        figures = {"filesRead": found.files, "filesWritten": found.files}
        size_read = size_written = found.bytes
    else:
        figures, size_read, size_written = _rows(task, origin, goal, source, sink, checked)
    seconds = time.monotonic() - started
    duration = max(1, math.ceil(seconds))
    verified = {"VerificationResult": "Verified", "InconsistentData": "None"}
    # https://learn.microsoft.com/azure/data-factory/copy-activity-monitoring#monitor-programmatically
    # https://learn.microsoft.com/azure/data-factory/copy-activity-data-consistency#monitoring
    return {
        "dataRead": size_read,
        "dataWritten": size_written,
        **figures,
        "sourcePeakConnections": 1,
        "sinkPeakConnections": 1,
        "copyDuration": duration,
        "throughput": round(size_read / 1024 / max(seconds, 0.001), 3),
        "errors": [],
        "usedParallelCopies": 1,
        "executionDetails": [
            {
                "source": {"type": origin.connection.type},
                "sink": {"type": goal.connection.type},
                "status": "Succeeded",
                "duration": duration,
            }
        ],
        "dataConsistencyVerification": verified if checked else {"VerificationResult": "NotVerified"},
    }


def _progress(task: Task, size: int) -> None:
    task.progress(f"{size / 1e6:,.1f} MB")
    task.step("progress")


def _rows(
    task: Task, origin: Data, goal: Data, source: Mapping, sink: Mapping, checked: bool
) -> tuple[dict, int, int]:
    """(figures, bytes read, bytes written) of a copy of rows."""
    codec = str(goal.properties.get("compressionCodec") or "snappy").lower()
    if codec not in parquet.CODECS:
        raise ActivityError(
            f"The dataset '{goal.name}' has the compressionCodec '{codec}'; "
            f"supported are {', '.join(parquet.CODECS)}."
        )
    writer = _Writer(task, goal, source, sink, parquet.CODECS[codec])
    if source.get("type") == "AzurePostgreSqlSource":
        query = QuerySource(task, origin, source)
        written = query.run(writer.one)
        size_read, figures = sum(one.raw_bytes for one in written), {}
    else:
        with file_tables(origin, source, sink) as (database, tables):
            writer.check(tables)
            written = [one for table in tables for one in writer.write(database, table)]
            size_read = sum(path.stat().st_size for table in tables for path in table.files)
            figures = {"filesRead": sum(len(table.files) for table in tables)}
            expected = sum(table.rows for table in tables if table.rows is not None)
            if checked and all(table.rows is not None for table in tables):
                _check_count(expected, sum(one.rows for one in written))
    rows = sum(one.rows for one in written)
    task.rows = rows
    figures |= {"filesWritten": len(written), "rowsRead": rows, "rowsCopied": rows}
    return figures, size_read, sum(one.bytes for one in written)


def _check_count(expected: int, written: int) -> None:
    if expected != written:
        raise ActivityError(
            f"The source has {expected:,} rows and the sink {written:,}.", "DataConsistencyRowCountMismatch"
        )


class _Writer:
    """Writes tables into the sink, under the names that its dataset and settings give."""

    def __init__(self, task: Task, goal: Data, source: Mapping, sink: Mapping, codec: str):
        self.task, self.goal, self.codec = task, goal, codec
        self.translator = task.value("translator", None)
        self.additional = list(source.get("additionalColumns") or ())
        settings = sink.get("formatSettings") or {}
        self.most_rows = int(settings.get("maxRowsPerFile") or 0)
        self.prefix = str(settings.get("fileNamePrefix") or "")
        self.folder, self.file = lake.place(goal)
        if self.file is not None and self.most_rows:
            raise ActivityError(
                f"maxRowsPerFile is for a folder, and the dataset '{goal.name}' names the file '{self.file}'.",
                "UserErrorInvalidSink",
            )

    def one(self, database, table: Table) -> list[parquet.Written]:
        """Write a table that is no file: it needs a name of its own."""
        if self.file is None and not (self.most_rows and self.prefix):
            raise ActivityError(
                f"The dataset '{self.goal.name}' names no file. A Copy to a folder alone, with a generated "
                "name, is not supported: a repeated one would add files. Name the file, or give "
                "maxRowsPerFile and fileNamePrefix."
            )
        return self.write(database, table)

    def check(self, tables: list[Table]) -> None:
        """Refuse before anything is written what would overwrite a source, or one target by another."""
        if self.file is not None and len(tables) > 1:
            raise ActivityError(
                f"The source has {len(tables)} files, and the dataset '{self.goal.name}' names one, "
                f"'{self.file}'. The copyBehavior MergeFiles writes them into one.",
                "UserErrorInvalidSink",
            )
        targets = [self._target(table) for table in tables if self.file or table.path]
        if len(targets) < len(tables):
            raise ActivityError(
                f"The dataset '{self.goal.name}' names no file for the merged rows, and generated names are "
                "not supported.",
                "UserErrorInvalidSink",
            )
        if len(set(targets)) < len(targets) or any(
            file in targets for table in tables for file in table.files
        ):
            raise ActivityError(
                f"The Copy would write one file twice, or over its source, in {self.folder}.",
                "UserErrorInvalidSink",
            )

    def write(self, database, table: Table) -> list[parquet.Written]:
        selects = [selection(relation, self.translator, self.additional)[0] for relation in table.relations]
        select = " UNION ALL BY NAME ".join(f"({one})" for one in selects) if len(selects) > 1 else selects[0]
        parameters = [value for relation in table.relations for value in relation.parameters]
        common = (self.codec, self.task.stop, table.on_stop, lambda size: _progress(self.task, size))
        if self.most_rows:
            stem = PurePosixPath(table.path).with_suffix("") if table.path else PurePosixPath(self.prefix)
            return parquet.write_parts(
                database, select, parameters,
                lambda number: self.folder / f"{stem}_{number:05d}.parquet", self.most_rows, *common,
            )  # fmt: skip
        return [parquet.write(database, select, parameters, self._target(table), *common)]

    def _target(self, table: Table) -> Path:
        """PreserveHierarchy: the path that the file has below the source's folder, ending in .parquet."""
        if self.file is not None:
            return self.folder / self.file
        return self.folder / PurePosixPath(table.path).with_suffix(".parquet")
