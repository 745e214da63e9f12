"""A DuckDB session of the laptop's serving database: in memory, so that readers never wait for each other."""

import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import duckdb

from local.errors import HighwaterError
from local.serving import delta

_PRELUDE = Path(__file__).parent / "tsql" / "prelude.sql"


Session = Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]


@contextmanager
def session(*, reads_delta: bool = True, reads_postgres: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the T-SQL macros and the extensions that are asked for, in UTC.

    What does not fit in memory goes to a folder that is removed with the session. No extension is ever
    fetched: they come from wheels.
    """
    with tempfile.TemporaryDirectory(prefix="highwater-sql-") as spill:
        settings = {
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "temp_directory": spill,
        }
        connection = duckdb.connect(":memory:", config=settings)
        try:
            if reads_delta:
                connection.execute(f"load '{delta.extension('duckdb_extension_delta', 'delta')}'")
            if reads_postgres:
                package = "duckdb_extension_postgres_scanner"
                connection.execute(f"load '{delta.extension(package, 'postgres_scanner')}'")
            connection.execute("set timezone = 'UTC'")
            connection.execute(_PRELUDE.read_text(encoding="utf-8"))
            yield connection
        finally:
            connection.close()


class Kept:
    """A session that stays open for a process that asks often: opening one takes half a second.

    Whoever asks has a cursor of his own, so threads do not wait for each other.
    """

    def __init__(self) -> None:
        self._lock, self._stack = threading.Lock(), ExitStack()
        self._connection: duckdb.DuckDBPyConnection | None = None

    @contextmanager
    def session(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """What `session()` gives, opened at the first time."""
        with self._lock:
            if self._connection is None:
                self._connection = self._stack.enter_context(session())
            cursor = self._connection.cursor()
        try:
            cursor.execute("set timezone = 'UTC'")  # a setting of each cursor's own
            yield cursor
        finally:
            cursor.close()

    def close(self) -> None:
        with self._lock:
            self._connection = None
            self._stack.close()


def explained(error: duckdb.Error, what: str) -> HighwaterError:
    """DuckDB's error as one that a user can act on."""
    why = re.sub(r"^([A-Z][A-Za-z]+ )+Error: ", "", str(error).splitlines()[0])
    if "must appear in the GROUP BY" in why:
        return HighwaterError(
            what,
            "A column of the select list is neither in the GROUP BY clause nor in an aggregate function.",
            "Add it to GROUP BY, or aggregate it.",
        )
    return HighwaterError(what, why, "")
