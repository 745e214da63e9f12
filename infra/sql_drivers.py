"""How a SQL script reaches a server. Others register under the entry point group `highwater.sql_driver`.

A driver is `driver(server, database, user)`: a context manager that yields a session with
`execute(script)`, which runs the whole script: in one transaction where the database has them.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.metadata import entry_points
from typing import Protocol

from infra.errors import InfraError
from infra.rest import entra
from infra.sql_mssql import mssql

__all__ = ["Driver", "Session", "find", "installed", "mssql", "postgresql"]

GROUP = "highwater.sql_driver"
_ENTRA_SCOPE = "https://ossrdbms-aad.database.windows.net/.default"
_PORT = 5432
# Scripts of one database are applied side by side; grants on one object at the same time would collide.
_LOCK = "select pg_advisory_xact_lock(hashtext('highwater.sql_script'))"


class Session(Protocol):
    """An open connection to one database."""

    def execute(self, script: str) -> None:
        """Run a whole script. Where it fails, it can be run again from its beginning."""


class Driver(Protocol):
    """Opens a session on a database of a server, as a user."""

    def __call__(self, server: str, database: str, user: str) -> AbstractContextManager[Session]: ...


def installed() -> list[str]:
    """The names of the drivers that are installed."""
    return sorted(point.name for point in entry_points(group=GROUP))


def find(name: str) -> Driver:
    """The driver of that name.

    Raises:
        InfraError: none of that name is installed.
    """
    for point in entry_points(group=GROUP, name=name):
        return point.load()
    raise InfraError(
        f"There is no SQL driver called {name!r}.",
        f"Installed are {', '.join(installed())}.",
        f"Install the package that brings {name!r}, or correct the stack's driver setting.",
    )


class _PostgresSession:
    def __init__(self, connection):
        self._connection = connection

    def execute(self, script: str) -> None:
        with self._connection.transaction():
            self._connection.execute(_LOCK)
            self._connection.execute(script)


@contextmanager
def postgresql(server: str, database: str, user: str) -> Iterator[Session]:
    """A session on PostgreSQL.

    Args:
        server: a host name, reached with TLS and an Entra token; or the absolute folder of a Unix socket,
            whose own permissions say who may connect.
        database: the database.
        user: the role to log in as.

    Raises:
        InfraError: the server can't be reached or refuses the login.
    """
    import psycopg

    options = {"host": server, "port": _PORT, "dbname": database, "user": user, "connect_timeout": 30}
    if not server.startswith("/"):
        options |= {"password": entra(_ENTRA_SCOPE)(), "sslmode": "verify-full", "sslrootcert": "system"}
    try:
        connection = psycopg.connect(**options, autocommit=True)
    except psycopg.OperationalError as error:
        raise InfraError(
            f"Database {database} on {server} can't be reached as {user}.",
            str(error).strip(),
            "See that the server runs and that this role may log in.",
        ) from None
    with connection:
        yield _PostgresSession(connection)
