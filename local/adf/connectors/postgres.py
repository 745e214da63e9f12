"""Azure Database for PostgreSQL: a session by what the linked service declares.

https://learn.microsoft.com/azure/data-factory/connector-azure-database-for-postgresql
"""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import make_conninfo

from local.adf.definition.resolve import Connection
from local.adf.errors import ActivityError
from local.adf.runtime.stop import Stop

LINKED_SERVICE = "AzurePostgreSql"
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_OLD_KEYS = {"host": "server", "server": "server", "port": "port", "database": "database", "uid": "username",
             "user id": "username", "username": "username", "password": "password"}  # fmt: skip


def conninfo(connection: Connection, application: str) -> str:
    """The libpq connection string. The session's time zone is UTC, whatever is declared.

    Args:
        application: its application_name, by which its server process is found.

    Raises:
        ActivityError: another type of service, one that is not on this machine, or a part is missing.
    """
    if connection.type != LINKED_SERVICE:
        raise ActivityError(
            f"The linked service '{connection.name}' is of type {connection.type}; "
            f"{LINKED_SERVICE} is needed."
        )
    given = dict(connection.properties)
    if isinstance(given.get("connectionString"), str):
        given |= _from_string(given["connectionString"])
    host = str(given.get("server") or "")
    _check_local(connection.name, host)
    for key in ("database", "username"):
        if not given.get(key):
            raise ActivityError(f"The linked service '{connection.name}' has no {key}.")
    parts = {
        "host": host,
        "port": given.get("port") or 5432,
        "dbname": given["database"],
        "user": given["username"],
        "application_name": application,
        "options": "-c TimeZone=UTC",
    }
    if not host.startswith("/"):  # a socket knows no encryption
        mode = given.get("sslMode", 2)
        parts["sslmode"] = _SSL_MODES[int(mode)] if str(mode).isdigit() and int(mode) < 6 else str(mode)
    if given.get("password") is not None:
        parts["password"] = _password(connection.name, given["password"])
    return make_conninfo(**{key: str(value) for key, value in parts.items()})


def _check_local(name: str, host: str) -> None:
    if not host.startswith("/") and host not in _LOOPBACK:
        raise ActivityError(
            f"The linked service '{name}' names the server '{host}'. This runtime reaches PostgreSQL on this "
            "machine alone: by the folder of its Unix socket, or by localhost.",
            "UserErrorFailedToConnect",
        )


def _from_string(text: str) -> dict:
    """The parts of an older linked service's connectionString: host=...;port=...;database=...;UID=..."""
    pairs = (part.partition("=") for part in text.split(";") if "=" in part)
    found = {key.strip().lower(): value.strip() for key, _, value in pairs}
    return {_OLD_KEYS[key]: value for key, value in found.items() if key in _OLD_KEYS}


def _password(name: str, value: object) -> str:
    if isinstance(value, dict) and value.get("type") == "SecureString":
        value = value.get("value")
    if not isinstance(value, str):
        raise ActivityError(
            f"The password of the linked service '{name}' is kept in a key vault, which this runtime does "
            "not reach. Use a socket that trusts its owner, or a SecureString."
        )
    return value


@contextmanager
def session(connection: Connection, stop: Stop, application: str) -> Iterator[psycopg.Connection]:
    """A connection of one's own, closed at the end. Each statement commits by itself, as in the service.

    Raises:
        ActivityError: it can't be opened, it broke, or a statement failed; what the server said is in it.
    """
    target = conninfo(connection, application)
    try:
        with (
            psycopg.connect(target, autocommit=True, connect_timeout=15) as opened,
            stop.on_stop(_cancel(opened)),
        ):
            opened.add_notice_handler(lambda notice: None)
            yield opened
    except psycopg.Error as error:
        raise failure(connection, error) from None


def _cancel(opened: psycopg.Connection):
    def cancel() -> None:
        with contextlib.suppress(psycopg.Error):
            opened.cancel_safe(timeout=5)

    return cancel


def failure(connection: Connection, error: psycopg.Error) -> ActivityError:
    """The server's words, with where it happened."""
    place = f"database '{connection.properties.get('database')}' of the linked service '{connection.name}'"
    text = str(error).strip() or type(error).__name__
    state = f", Sqlstate={error.sqlstate}" if error.sqlstate else ""
    code = (
        "UserErrorFailedToConnect"
        if isinstance(error, psycopg.OperationalError) and not error.sqlstate
        else "2100"
    )
    return ActivityError(f"PostgreSQL, {place}: {text}{state}", code)


def end_sessions(connection: Connection, application: str) -> None:
    """Tell the server to end whatever sessions have this application_name."""
    with (
        contextlib.suppress(psycopg.Error, ActivityError),
        psycopg.connect(conninfo(connection, "adf stop"), autocommit=True, connect_timeout=5) as opened,
    ):
        opened.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = %s and usename = current_user",
            [application],
        )
