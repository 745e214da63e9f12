"""`highwater contracts check --source`: can the source, as it is, give what each contract asks for?

Refused, each with the key of the contract, what was found and what to do: a table that is not there or may not be read;
a column that is missing or of another type; a column that may be null and must not; a cursor without an index; a login
that can't see transactions, activity that is not tracked, or a replica, each unless the cursor has a lookback; a cached
sequence without a lookback; null cursors without a policy, or refused and there; wall time in a zone behind UTC without
a lookback that covers it.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

import psycopg
from psycopg.rows import dict_row

from contracts import Contract
from contracts.errors import Breach
from local.errors import HighwaterError
from sql import template
from sql.columns import spelled
from sql.extract import table_name
from sql.template import identifier, literal


def check(conninfo: str, contracts: Iterable[Contract]) -> dict[str, list[Breach]]:
    """What the source lacks, by table; an empty list where nothing is.

    Args:
        conninfo: libpq connection string, with the login that will read: its rights are part of the question.

    Raises:
        HighwaterError: the source can't be reached.
    """
    try:
        with psycopg.connect(
            conninfo, autocommit=True, connect_timeout=15, row_factory=dict_row
        ) as connection:
            return {c.table: list(_breaches(connection, c)) for c in contracts}
    except psycopg.OperationalError as error:
        raise HighwaterError(
            "The source can't be reached",
            str(error).strip().splitlines()[0],
            "Is it running, and may this login connect? `highwater up` starts the local one.",
        ) from error


def facts(connection: psycopg.Connection, contract: Contract) -> dict:
    """One row of facts: see sql/source/facts.sql."""
    cursor = contract.cursor.column if contract.cursor else ""
    words = {"table_text": literal(table_name(contract)), "cursor_text": literal(cursor)}
    return connection.execute(template.fill(template.load("facts"), {}, **words)).fetchone()


def _breaches(connection: psycopg.Connection, contract: Contract) -> Iterator[Breach]:
    name = f"{contract.source.schema_name}.{contract.source.table}"
    found = facts(connection, contract)
    if not found["there"]:
        yield Breach(
            "source.table", "must be there", name, "Create it, grant its schema, or correct the name."
        )
        return
    if not found["readable"]:
        yield Breach(
            "source.table", "must be readable", f"{found['login']} may not select from {name}",
            f"grant select on {name} to {found['login']}",
        )  # fmt: skip
        return
    yield from _columns(contract, found["columns"])
    if contract.cursor and contract.cursor.column in found["columns"]:
        yield from _cursor(connection, contract, found)


def _columns(contract: Contract, there: dict[str, dict]) -> Iterator[Breach]:
    for column in contract.columns:
        have = there.get(column.name)
        if have is None:
            yield Breach(
                f"columns.{column.name}", "must be at the source", None, "Remove it, or add it there."
            )
            continue
        wanted = spelled(column.parsed.postgres)
        if spelled(have["type"]) != wanted:
            yield Breach(
                f"columns.{column.name}.type", f"{column.type} is {wanted} at the source", have["type"],
                "Correct the contract, or alter the column.",
            )  # fmt: skip


def _cursor(connection: psycopg.Connection, contract: Contract, found: dict) -> Iterator[Breach]:
    cursor, login = contract.cursor, found["login"]
    if not found["indexed"]:
        yield Breach(
            "cursor.column", "needs a whole, valid btree index that begins with it", None,
            f"create index concurrently on {table_name(contract)} ({identifier(cursor.column)})",
        )  # fmt: skip
    if not cursor.lookback:
        yield from _blind(found, login)
        if cursor.kind == "integer" and (found["cache"] or 1) > 1:
            yield Breach(
                "cursor.lookback", "a cached sequence hands out values out of order", f"cache {found['cache']}",
                "Set a lookback of at least cache x sessions, or alter the sequence to cache 1.",
            )  # fmt: skip
    if contract.cursor_type.name == "localtime":
        back = cursor.lookback or timedelta(0)
        if found["behind"] > back.total_seconds():
            yield Breach(
                "cursor.lookback", f"must cover how far wall time of the source's zone {found['zone']} lies behind UTC",
                str(back), f"At least {timedelta(seconds=found['behind'])}; or let writers use UTC.",
            )  # fmt: skip
    if found["columns"][cursor.column]["nullable"]:
        yield from _nulls(connection, contract)


def _blind(found: dict, login: str) -> Iterator[Breach]:
    """Why a safe bound can't be known here; a lookback would take its place."""
    instead = "or give the cursor a lookback."
    if found["replica"]:
        rule = "a replica does not show the transactions of its primary"
        yield Breach("cursor.lookback", rule, "the source is a replica", f"Read the primary, {instead}")
    elif not found["sees_transactions"]:
        yield Breach(
            "cursor.lookback", "the login must see the transactions in flight", f"{login} has no pg_read_all_stats",
            f"grant pg_read_all_stats to {login}, {instead}",
        )  # fmt: skip
    elif not found["tracks"]:
        yield Breach(
            "cursor.lookback",
            "the source must track activity",
            "track_activities off",
            f"Set it on, {instead}",
        )


def _nulls(connection: psycopg.Connection, contract: Contract) -> Iterator[Breach]:
    cursor = contract.cursor
    if cursor.nulls in ("include", "skip"):
        return
    column, table = identifier(cursor.column), table_name(contract)
    there = connection.execute(
        f"select exists (select from {table} where {column} is null) as some"
    ).fetchone()
    if cursor.nulls is None:
        yield Breach(
            "cursor.nulls", "the column may be null at the source and needs a policy", f"{cursor.column} nullable",
            "Say nulls: refuse, include or skip, or make the column not null.",
        )  # fmt: skip
    elif there["some"]:
        yield Breach(
            "cursor.nulls", "rows without a cursor are refused", f"{cursor.column} is null in some rows",
            "Fill it in, or say include or skip.",
        )  # fmt: skip
