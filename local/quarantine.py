"""What waits in quarantine, read from the lake without Spark: rows by rule, and the rows themselves."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from contracts import Contract
from local.errors import HighwaterError
from local.serving import delta, engine
from local.serving.tsql.values import quoted

MOST_ROWS = 10_000


@dataclass(frozen=True)
class RuleCount:
    """How many rows of a table wait since they broke a rule. A row that broke two is counted under both."""

    table: str
    rule: str
    rows: int
    since: datetime


@dataclass(frozen=True)
class HeldRow:
    """One row that waits.

    Attributes:
        key: the text by which it is released: its key's values with commas between; empty where there is no key.
        rules: the rules that it broke.
        values: the contract's columns as they landed, times as text in UTC; as text, what the source holds where a
            value has no place in the lake.
        unreadable: the columns of which that is so.
    """

    key: str
    window_id: int
    attempt: int
    loaded_at: datetime
    rules: tuple[str, ...]
    values: dict[str, object]
    unreadable: tuple[str, ...] = ()


def _scan(folder: Path) -> str:
    return f"delta_scan({quoted(folder.resolve().as_uri())})"


def counts(
    container: Path, contracts: Iterable[Contract], session: engine.Session = engine.session
) -> list[RuleCount]:
    """Rows that wait, by table and rule, tables in their order; a table without any is left out.

    Args:
        container: the folder of the lake's quarantine.
        session: opens what to ask with; one that is kept open answers sooner.
    """
    found = []
    with session() as connection:
        for contract in contracts:
            folder = container / contract.table
            if delta.exists(folder):
                each = f"{_scan(folder)}, unnest(rules) u (r)"
                query = f"select r, count(*), min(_loaded_at at time zone 'UTC') from {each} group by 1 order by 1"
                found += [RuleCount(contract.table, *row) for row in connection.execute(query).fetchall()]
    return found


def rows(
    container: Path,
    contract: Contract,
    rule: str | None = None,
    limit: int = 20,
    offset: int = 0,
    session: engine.Session = engine.session,
) -> tuple[list[HeldRow], int]:
    """The newest rows of a table that wait, at most `limit` after the first `offset`, and how many there are.

    Raises:
        HighwaterError: the limit is no number of rows that fits in memory.
    """
    if not 0 < limit <= MOST_ROWS:
        raise HighwaterError("The limit is out of range", str(limit), f"From 1 to {MOST_ROWS:,}.")
    folder = container / contract.table
    if not delta.exists(folder):
        return [], 0
    with session() as connection:
        held = f"{_scan(folder)} where $rule is null or list_contains(rules, $rule)"
        total = connection.execute(f"select count(*) from {held}", {"rule": rule}).fetchone()[0]
        query = (
            f"select _window_id, _attempt, _loaded_at at time zone 'UTC', rules, row from {held}"
            " order by _loaded_at desc, _window_id desc, row limit $most offset $first"
        )
        found = connection.execute(query, {"rule": rule, "most": limit, "first": offset}).fetchall()
    return [_row(contract, *each) for each in found], total


def _row(
    contract: Contract, window: int, attempt: int, loaded_at: datetime, rules: list[str], text: str
) -> HeldRow:
    values = json.loads(text)
    poison = values.pop("_poison", None)
    key = ",".join(_text(values.get(name)) for name in contract.primary_key if values.get(name) is not None)
    unreadable = json.loads(poison) if poison else {}
    return HeldRow(key, window, attempt, loaded_at, tuple(rules), values | unreadable, tuple(unreadable))


def _text(value: object) -> str:
    """A key's value as Spark writes it: `2024-01-31 13:00:00` for a time, `true` for a boolean."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.endswith("Z") and value[10:11] == "T":
        return value[:-1].replace("T", " ").rstrip("0").rstrip(".") if "." in value else value[:-1]
    return str(value)
