"""A query's rows to one Parquet file, streamed by DuckDB: memory is the same whatever the table.

The file is written under its final name from the first byte on, as the service may do: an attempt that dies
leaves half a file.
"""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local.adf.errors import ActivityError, RunStopped
from local.adf.runtime.stop import Stop

if TYPE_CHECKING:
    import duckdb

CODECS = {"snappy": "snappy", "gzip": "gzip", "zstd": "zstd", "none": "uncompressed"}
POLL_SECONDS = 0.2
_CONFIG = {
    "threads": min(2, os.cpu_count() or 1),
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # Checking the scanner's signature takes half a second; the lock file has the hash of its wheel.
    "allow_unsigned_extensions": "true",
}


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


def extension() -> Path:
    """The scanner's file in its wheel, for the version of DuckDB that is installed."""
    import duckdb
    import duckdb_extension_postgres_scanner as wheel

    folder = Path(wheel.__file__).parent / "extensions" / f"v{duckdb.__version__}"
    path = folder / "postgres_scanner.duckdb_extension"
    if not path.is_file():
        raise ActivityError(
            f"DuckDB {duckdb.__version__} has no PostgreSQL scanner at {path}.",
            "InternalError",
            "SystemError",
        )
    return path


def write(
    conninfo: str,
    query: str,
    target: Path,
    codec: str,
    stop: Stop,
    on_stop: Callable[[], None],
    on_progress: Callable[[int], None],
) -> Written:
    """Run the query on the server and write what it gives.

    Args:
        on_stop: ends the query on the server, when the attempt is stopped.
        on_progress: hears the bytes written so far, first 0; what it raises ends the copy.

    Raises:
        ActivityError: the query failed, the server went away, or the file can't be written.
    """
    import duckdb  # half a second, and only a Copy needs it

    database = duckdb.connect(config=dict(_CONFIG))
    try:
        database.execute(f"LOAD '{_quoted(extension())}'")
        database.execute(f"ATTACH '{_quoted(conninfo)}' AS source (TYPE postgres, READ_ONLY)")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"PAR1")
        on_progress(0)

        def interrupt() -> None:
            on_stop()
            _interrupt(database)

        with _kept(target), stop.on_stop(interrupt), _watched(database, target, on_progress):
            copied = database.execute(
                f"COPY (SELECT * FROM postgres_query('source', ?)) TO '{_quoted(target)}' "
                f"(FORMAT parquet, COMPRESSION {codec}, USE_TMP_FILE false)",
                [query],
            ).fetchone()
        return _measured(database, target, copied[0])
    except duckdb.Error as error:
        raise ActivityError(f"Copy to {target} failed. {_said(error)}", "2200") from None
    except OSError as error:
        raise ActivityError(f"Copy to {target} failed: {error.strerror or error}.", "2200") from None
    finally:
        database.close()


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


def _quoted(text: object) -> str:
    return str(text).replace("'", "''")


def _interrupt(database: "duckdb.DuckDBPyConnection") -> None:
    import duckdb

    with suppress(duckdb.Error):  # it may have ended by itself meanwhile
        database.interrupt()


def _said(error: Exception) -> str:
    """The server's words without the statement that the scanner wrapped round the query."""
    text = " ".join(str(error).split())
    start = text.find("ERROR: ")
    return text[start:] if start >= 0 else text


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
            size = target.stat().st_size
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
