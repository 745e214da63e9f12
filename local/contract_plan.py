"""What a deployment would change of the contracts that a stack has, as its control database keeps them."""

from collections.abc import Iterable
from pathlib import Path

import psycopg
from psycopg.rows import dict_row
from pydantic import ValidationError

from contracts import Contract, load_all
from contracts.changes import Change, between
from local.errors import HighwaterError
from local.stack import LocalStack
from local.state import State

_QUERY = "select table_name, version, definition from control.contract_list where enabled"


def deployed(state: State, conninfo: str | None = None) -> list[dict]:
    """The contracts of a stack: table_name, version, definition (JSON). None where there is no stack yet.

    Args:
        conninfo: another stack's control database; that of the local stack by default.

    Raises:
        HighwaterError: the database named by `conninfo` can't be asked.
    """
    if conninfo is None:
        try:
            return LocalStack.open(state).ask(_QUERY)
        except (HighwaterError, psycopg.Error):
            return []  # there is no stack, or one whose control database was not made yet
    try:
        with psycopg.connect(conninfo, connect_timeout=15, row_factory=dict_row) as connection:
            return connection.execute(_QUERY).fetchall()
    except psycopg.Error as error:
        raise HighwaterError(
            "The control database can't be asked",
            str(error).strip().splitlines()[0],
            "Is it the control database, deployed by this version, and may this login read control.contract_list?",
        ) from error


def of_folder(directory: Path) -> list[dict]:
    """Another folder's contracts, such as those of the main branch, as `deployed` gives a stack's."""
    return [
        {"table_name": c.table, "version": c.version, "definition": c.definition_json()}
        for c in load_all(directory)
    ]


def planned(there: list[dict], contracts: Iterable[Contract]) -> list[Change]:
    """Every change from the deployed contracts to these, by table, destructive ones first in each."""
    wanted = {c.table: c for c in contracts}
    found = []
    for table in sorted(wanted.keys() | {row["table_name"] for row in there}) if there else []:
        row = next((r for r in there if r["table_name"] == table), None)
        new = wanted.get(table)
        if row is not None and new is not None and row["version"] == new.version:
            continue
        old = None if row is None else _read(row["definition"])
        if row is not None and old is None:
            # Written by a version of the model that this one does not read.
            found.append(Change(table, "version", row["version"], new and new.version))
            continue
        found += between(old, new)
    return found


def _read(definition: str | None) -> Contract | None:
    try:
        return None if definition is None else Contract.model_validate_json(definition)
    except ValidationError:
        return None


def require_meant(changes: list[Change], replace: Iterable[str]) -> None:
    """Raises HighwaterError when a table changes destructively and is not among those that `replace` names."""
    refused = [c for c in changes if c.destructive and c.table not in set(replace)]
    if refused:
        tables = list(dict.fromkeys(c.table for c in refused))
        flags = " ".join(f"--replace {table}" for table in tables)
        raise HighwaterError(
            f"The contract of {', '.join(tables)} would change destructively",
            "\n".join(f"{c.table} {c.key}: {c.old} -> {c.new}: {c.why}" for c in refused),
            f"Nothing was changed. If it is meant, say so: {flags}",
        )
