"""The serverless SQL pool of Synapse as a SQL driver: T-SQL in batches, by an Entra token.

There are no transactions over definitions in a serverless pool, so every script is made to be run again.
"""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import tenacity

from infra.errors import InfraError
from infra.rest import entra
from sql import batches

_SCOPE = "https://database.windows.net/.default"
# learn.microsoft.com/sql/connect/odbc/using-azure-active-directory: the token goes in before the connection.
ACCESS_TOKEN = 1256
_LOGIN_SECONDS = 60
PATIENCE = 300.0

# What passes by itself, by the service's error number and the words that it comes with: the driver tells the
# words alone. A pool that nobody used is let go and made again at the first login (42109).
PASSING = {
    42109: "the sql pool is warming up",
    40613: "is not currently available",
    40197: "the service has encountered an error processing your request",
    40501: "the service is currently busy",
    10928: "resource id",
    10929: "resource id",
    49918: "not enough resources to process request",
    49919: "cannot process create or update request",
    49920: "cannot process request. too many operations in progress",
    1205: "was deadlocked on",
    1807: "could not obtain exclusive lock on database",
}
# The same without a number: the connection failed on the way. A pool may take longer than one login to wake.
_BROKEN = ("communication link failure", "timeout error", "timeout expired", "connection was reset")


def passes(error: BaseException) -> bool:
    """Whether the same statement may succeed a moment later."""
    words = str(error).lower()
    return any(known in words for known in (*PASSING.values(), *_BROKEN))


def packed(token: str) -> bytes:
    """A token as the driver wants it: its length in bytes (four of them, little-endian), then UTF-16."""
    body = token.encode("utf-16-le")
    return struct.pack("<I", len(body)) + body


def connection_string(server: str, database: str) -> str:
    """Where to connect: encrypted, with the server's certificate checked, and no user in it."""
    for name, value in (("server", server), ("database", database)):
        if not value or set(value) & set("{};="):
            raise InfraError(f"The {name} {value!r} can't be connected to.", "It holds { } ; or =.")
    return f"Server=tcp:{server},1433;Database={database};Encrypt=yes;TrustServerCertificate=no;"


def _library() -> Any:
    try:
        import mssql_python
    except ImportError:
        raise InfraError(
            "The serving database's scripts can't be applied.",
            "The package mssql-python is not installed.",
            "Install it beside highwater.",
        ) from None
    return mssql_python


def connector(server: str, database: str, token: Callable[[], str]) -> Callable[[], Any]:
    """What opens a connection, with a token of its own each time."""
    library, target = _library(), connection_string(server, database)

    def connect() -> Any:
        return library.connect(
            target,
            autocommit=True,  # a database can't be created in a transaction
            attrs_before={ACCESS_TOKEN: packed(token())},
            timeout=_LOGIN_SECONDS,
        )

    return connect


class MssqlSession:
    """Runs scripts batch by batch; a batch that met a passing fault is run again on a fresh connection."""

    def __init__(self, connect: Callable[[], Any], patience: float = PATIENCE, first_wait: float = 2.0):
        """`patience`: seconds for which a batch is tried; `first_wait`: seconds before the second time."""
        self._connect, self._connection = connect, None
        self._retry = tenacity.Retrying(
            retry=tenacity.retry_if_exception(passes),
            wait=tenacity.wait_exponential(multiplier=first_wait, max=30),
            stop=tenacity.stop_after_delay(patience),
            reraise=True,
        )

    def execute(self, script: str) -> None:
        for batch in batches.split(script):
            self._retry(self._run, batch)

    def _run(self, batch: str) -> None:
        try:
            if self._connection is None:
                self._connection = self._connect()
            cursor = self._connection.cursor()
            cursor.execute(batch)
            while cursor.nextset():  # an error in a later statement comes with its result
                pass
            cursor.close()
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


@contextmanager
def mssql(server: str, database: str, user: str) -> Iterator[MssqlSession]:
    """A session on a serverless SQL pool, as whoever is signed in.

    Args:
        server: the pool's endpoint, `WORKSPACE-ondemand.sql.azuresynapse.net`.
        database: the database; `master` to make one.
        user: not looked at, as the token says who it is.

    Raises:
        InfraError: the driver's package or azure-identity is not installed.
    """
    session = MssqlSession(connector(server, database, entra(_SCOPE)))
    try:
        yield session
    finally:
        session.close()
