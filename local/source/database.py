"""Connections to the source database, with errors that a user can act on."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from local.errors import HighwaterError
from local.source import tables


@contextmanager
def connect(conninfo: str) -> Iterator[psycopg.Connection]:
    """A connection in UTC whose transactions the caller opens with `connection.transaction()`.

    Raises:
        HighwaterError: the database or its tables are not there, or the server went away meanwhile.
    """
    connection = open_connection(conninfo)
    try:
        _tables_are_there(connection)
        yield connection
    except psycopg.OperationalError as error:
        raise HighwaterError(
            "The source database failed in the middle of the work",
            " ".join(str(error).split()),
            "What was committed is kept. Run `highwater up`, then the same command again.",
        ) from error
    except psycopg.Error as error:
        raise HighwaterError(
            "The source database refused the work",
            " ".join(str(error).split()),
            "Run `highwater up`, which brings its tables to the contracts' state.",
        ) from error
    finally:
        connection.close()


def open_connection(conninfo: str) -> psycopg.Connection:
    """A connection in UTC, in autocommit: a transaction is only what is asked for.

    Raises:
        HighwaterError: the server or the database does not answer.
    """
    try:
        connection = psycopg.connect(conninfo, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise HighwaterError(
            "The source database can't be reached",
            " ".join(str(error).split()),
            "Run `highwater up`, which starts it.",
        ) from error
    connection.execute("set time zone 'UTC'")
    return connection


def _tables_are_there(connection: psycopg.Connection) -> None:
    missing = [
        table
        for table, name in tables.names().items()
        if connection.execute("select to_regclass(%s)", [name.as_string(connection)]).fetchone() == (None,)
    ]
    if missing:
        raise HighwaterError(
            "The source database lacks tables",
            f"{', '.join(missing)} not found in database {connection.info.dbname}",
            "Run `highwater up`, which makes them.",
        )
