"""The tables of the history."""

from pathlib import Path

import psycopg

_LOCK = 0x616466  # one process at a time creates what is missing
_TEXT = Path(__file__).with_name("schema.sql")


def prepare(connection: psycopg.Connection) -> None:
    """Create the schema `adf` and its tables where they are missing; safe to repeat, also at the same time."""
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
        connection.execute("set local client_min_messages = warning")
        connection.execute(_TEXT.read_bytes())
