"""DuckDB, which reads the sources of a Copy and writes Parquet."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from local.adf.errors import ActivityError

if TYPE_CHECKING:
    import duckdb

THREADS = min(2, os.cpu_count() or 1)
_CONFIG = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # Checking the scanner's signature takes half a second; the lock file has the hash of its wheel.
    "allow_unsigned_extensions": "true",
}


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


@contextmanager
def engine(conninfo: str | None = None) -> Iterator["duckdb.DuckDBPyConnection"]:
    """DuckDB, with the PostgreSQL that is named attached as `source`.

    Files are read by one thread: with more, DuckDB keeps ever more of what it has read to write it in order.
    """
    import duckdb  # half a second, and only a Copy needs it

    database = duckdb.connect(config={**_CONFIG, "threads": 1 if conninfo is None else THREADS})
    try:
        database.execute("SET enable_progress_bar = false")  # standard output is not its own
        if conninfo is not None:
            database.execute(f"LOAD '{quoted(extension())}'")
            database.execute(f"ATTACH '{quoted(conninfo)}' AS source (TYPE postgres, READ_ONLY)")
        yield database
    except duckdb.Error as error:
        raise ActivityError(f"The Copy failed. {_said(error)}", "2200") from None
    finally:
        database.close()


@contextmanager
def telling(target: Path) -> Iterator[None]:
    """Errors with the file that was to be written."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise ActivityError(f"Copy to {target} failed. {_said(error)}", _code(error)) from None
    except OSError as error:
        raise ActivityError(f"Copy to {target} failed: {error.strerror or error}.", "2200") from None


def _code(error: Exception) -> str:
    """The service's code of what DuckDB found wrong in the data."""
    text = str(error)
    if "Expected Number of Columns" in text:
        return "DelimitedTextMoreColumnsThanDefined"
    return "UserErrorInvalidDataValue" if text.startswith("Conversion Error") else "2200"


def _said(error: Exception) -> str:
    """The server's words without the statement that the scanner wrapped round the query, or DuckDB's own."""
    text = " ".join(re.split(r"Possible fixes:|file = ", str(error))[0].split())
    start = text.find("ERROR: ")
    return text[start:] if start >= 0 else text


def quoted(text: object) -> str:
    return str(text).replace("'", "''")
