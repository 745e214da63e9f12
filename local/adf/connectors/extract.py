"""A query as it must be asked so that no value changes on its way into Parquet.

DuckDB's scanner reads most types exactly. It does not read: numeric without precision (it becomes a double),
NaN in a numeric (it becomes 0), infinite dates and times (they become a year that no reader takes). The
first is refused; the others fail on the server, with the column and the value in the message.
"""

from dataclasses import dataclass

import psycopg
from psycopg.pq import ExecStatus

from local.adf.errors import ActivityError

_NUMERIC, _DATE, _TIMESTAMP, _TIMESTAMPTZ = 1700, 1082, 1114, 1184
_INFINITE = {_DATE: "date", _TIMESTAMP: "timestamp", _TIMESTAMPTZ: "timestamptz"}
_EXACT = frozenset({16, 17, 19, 20, 21, 23, 25, 700, 701, 1042, 1043, 114, 3802, _NUMERIC, *_INFINITE})
MAX_PRECISION = 38


@dataclass(frozen=True)
class Extract:
    """What is asked of the server; `as_text` names the columns whose type has no place in Parquet."""

    query: str
    as_text: tuple[str, ...]
    names: tuple[str, ...]


def extract(opened: psycopg.Connection, query: str) -> Extract:
    """Look at what the query gives, without running it, and guard it.

    Raises:
        ActivityError: it gives no columns, two of one name, a name with white space, or an inexact numeric.
        psycopg.Error: the server refuses it.
    """
    columns = _describe(opened, query)
    names = [name for name, _, _ in columns]
    _check_names(names)
    parts, as_text = [], []
    for name, kind, modifier in columns:
        quoted = '"' + name.replace('"', '""') + '"'
        parts.append(_guarded(name, quoted, kind, modifier))
        if kind not in _EXACT:
            as_text.append(name)
    if all(part.startswith('"') and "::" not in part for part in parts):
        return Extract(f"{query}\n", (), tuple(names))
    body = query.strip().rstrip(";")
    return Extract(f"select {', '.join(parts)} from (\n{body}\n) as copied", tuple(as_text), tuple(names))


def _describe(opened: psycopg.Connection, query: str) -> list[tuple[str, int, int]]:
    """(name, type, modifier) of each column."""
    raw = opened.pgconn
    for result in (raw.prepare(b"", query.encode()), raw.describe_prepared(b"")):
        if result.status != ExecStatus.COMMAND_OK:
            raise psycopg.errors.lookup(result.error_field(67).decode())(result.get_error_message())
    return [(result.fname(at).decode(), result.ftype(at), result.fmod(at)) for at in range(result.nfields)]


def _check_names(names: list[str]) -> None:
    if not names:
        raise ActivityError("The query of the Copy gives no columns; a source query must be a SELECT.")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ActivityError(
            f"The query of the Copy gives two columns named '{twice}'.", "UserErrorDuplicateColumn"
        )
    spaced = next((name for name in names if any(char.isspace() for char in name)), None)
    if spaced is not None:
        raise ActivityError(
            f"The column '{spaced}' has white space in its name, which Parquet files of the service can't "
            "have. Give it another name in the query.",
            "UserErrorInvalidColumnName",
        )


def _guarded(name: str, quoted: str, kind: int, modifier: int) -> str:
    """The column in the select list."""
    if kind == _NUMERIC:
        return _guarded_numeric(name, quoted, modifier)
    if kind in _INFINITE:
        said = _said(name, quoted)
        return (
            f"case when not isfinite({quoted}) then {said}::{_INFINITE[kind]} else {quoted} end as {quoted}"
        )
    return quoted if kind in _EXACT else f"{quoted}::text as {quoted}"


def _guarded_numeric(name: str, quoted: str, modifier: int) -> str:
    precision, scale = (modifier - 4) >> 16 & 0xFFFF, (modifier - 4) & 0x7FF
    if modifier < 0 or precision > MAX_PRECISION or scale > precision:
        found = "no precision" if modifier < 0 else f"precision {precision} and scale {scale}"
        raise ActivityError(
            f"The column '{name}' is a numeric with {found}, which Parquet can't hold exactly. Cast it in "
            f"the query: numeric(p,s) with p up to {MAX_PRECISION}, or text.",
            "UserErrorInvalidDataType",
        )
    # Both branches have the same type, so that the result keeps its precision and scale.
    kind = f"numeric({precision},{scale})"
    said = _said(name, quoted)
    return f"case when {quoted} = 'NaN'::numeric then {said}::{kind} else {quoted} end as {quoted}"


def _said(name: str, quoted: str) -> str:
    """An expression that no number or time can be cast from, and that says why."""
    return "('Copy: the column " + name.replace("'", "''") + " holds ' || " + f"{quoted}::text)"
