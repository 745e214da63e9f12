"""Rows to Parquet files, streamed by DuckDB: memory is the same whatever the table.

The file is written under its final name from the first byte on, as the service may do: an attempt that dies
leaves half a file.
"""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local.adf.connectors.engine import quoted, telling
from local.adf.errors import ActivityError, RunStopped
from local.adf.runtime.stop import Stop

if TYPE_CHECKING:
    import duckdb

CODECS = {"snappy": "snappy", "gzip": "gzip", "zstd": "zstd", "none": "uncompressed"}
POLL_SECONDS = 0.2
BATCH_ROWS = 100_000


@dataclass(frozen=True)
class Written:
    """What is in the file: read from its footer.

    Attributes:
        bytes: on disk.
        raw_bytes: before compression.
    """

    rows: int
    bytes: int
    raw_bytes: int


def write(
    database: "duckdb.DuckDBPyConnection",
    select: str,
    parameters: list,
    target: Path,
    codec: str,
    stop: Stop,
    on_stop: Callable[[], None],
    on_progress: Callable[[int], None],
) -> Written:
    """Write what a SELECT gives to one file.

    Args:
        on_stop: ends the query at its source, when the attempt is stopped.
        on_progress: hears the bytes written so far, first 0; what it raises ends the copy.

    Raises:
        ActivityError: the query failed, its source went away, or the file can't be written.
    """
    with telling(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"PAR1")
        on_progress(0)
        with (
            _kept(target),
            stop.on_stop(_interrupting(database, on_stop)),
            _watched(database, target, on_progress),
        ):
            copied = database.execute(
                f"COPY ({select}) TO '{quoted(target)}' "
                f"(FORMAT parquet, COMPRESSION {codec}, USE_TMP_FILE false)",
                parameters,
            ).fetchone()
        return _measured(database, target, copied[0])


def write_parts(
    database: "duckdb.DuckDBPyConnection",
    select: str,
    parameters: list,
    part: Callable[[int], Path],
    most_rows: int,
    codec: str,
    stop: Stop,
    on_stop: Callable[[], None],
    on_progress: Callable[[int], None],
) -> list[Written]:
    """Write what a SELECT gives to files of at most so many rows, `part(0)`, `part(1)` and so on.

    There is always a first file: one without rows has the columns. Arguments and errors are those of `write`.
    """
    import pyarrow.parquet as pq

    written: list[Written] = []
    with telling(part(0)), stop.on_stop(_interrupting(database, on_stop)):
        on_progress(0)
        batches = database.execute(select, parameters).to_arrow_reader(min(most_rows, BATCH_ROWS))
        compression = {"uncompressed": "none"}.get(codec, codec)
        pending, done = next(batches, None), 0
        while pending is not None or not written:
            target, rows = part(len(written)), 0
            target.parent.mkdir(parents=True, exist_ok=True)
            with pq.ParquetWriter(target, batches.schema, compression=compression) as writer:
                while pending is not None and rows < most_rows:
                    taken = pending.slice(0, most_rows - rows)
                    writer.write_batch(taken)
                    rows += taken.num_rows
                    rest = pending.slice(taken.num_rows)
                    pending = rest if rest.num_rows else next(batches, None)
            written.append(_measured(database.cursor(), target, rows))
            done += written[-1].bytes
            on_progress(done)
    return written


def _interrupting(database: "duckdb.DuckDBPyConnection", on_stop: Callable[[], None]) -> Callable[[], None]:
    def interrupt() -> None:
        on_stop()
        _interrupt(database)

    return interrupt


@contextmanager
def _kept(target: Path) -> Iterator[None]:
    """Leave what was written where a copy failed: DuckDB would remove it, and the service may not."""
    with target.open("rb") as half:
        try:
            yield
        except BaseException:
            if not target.exists():
                with target.open("wb") as again:
                    shutil.copyfileobj(half, again)
            raise


def _interrupt(database: "duckdb.DuckDBPyConnection") -> None:
    import duckdb

    with suppress(duckdb.Error):  # it may have ended by itself meanwhile
        database.interrupt()


def _measured(database: "duckdb.DuckDBPyConnection", target: Path, copied: int) -> Written:
    rows = database.execute("select num_rows from parquet_file_metadata(?)", [str(target)]).fetchone()[0]
    raw = database.execute(
        "select coalesce(sum(total_uncompressed_size), 0)::bigint from parquet_metadata(?)", [str(target)]
    ).fetchone()[0]
    if rows != copied:
        raise ActivityError(f"{target} holds {rows} rows where {copied} were copied.", "2200", "SystemError")
    return Written(rows, target.stat().st_size, raw)


@contextmanager
def _watched(
    database: "duckdb.DuckDBPyConnection", target: Path, on_progress: Callable[[int], None]
) -> Iterator[None]:
    """Tell of every growth of the file while it is written; a hook that raises ends the copy."""
    done = threading.Event()
    raised: list[RunStopped] = []

    def watch() -> None:
        seen = 0
        while not done.wait(POLL_SECONDS):
            try:
                size = target.stat().st_size
            except FileNotFoundError:  # a copy that fails removes it, and has it put back
                continue
            if size == seen:
                continue
            seen = size
            try:
                on_progress(size)
            except RunStopped as stopped:
                raised.append(stopped)
                _interrupt(database)
                return

    watcher = threading.Thread(target=watch, name="copy", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        if raised:
            raise raised[0]
