"""OPENROWSET over Delta, and tables of constants.

The columns of WITH are held against the table's own: a name, type or length that Synapse would refuse or read
as NULL is an error here.
"""

import re
from dataclasses import dataclass
from typing import Protocol

from local.errors import HighwaterError
from local.serving.tsql.errors import Refused, untranslated
from local.serving.tsql.scope import Bound, Column
from local.serving.tsql.syntax import OpenRowset
from local.serving.tsql.types import MAX, SqlType, datetime2, decimal, varchar
from local.serving.tsql.values import identifier, quoted

_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
# DuckDB's type of a Delta column: the T-SQL types that may be declared for it, the natural one first.
_FITTING = {
    "BOOLEAN": ("BIT",),
    "TINYINT": ("SMALLINT", "INT", "BIGINT"),
    "SMALLINT": ("SMALLINT", "INT", "BIGINT"),
    "INTEGER": ("INT", "BIGINT"),
    "BIGINT": ("BIGINT",),
    "FLOAT": ("REAL", "FLOAT"),
    "DOUBLE": ("FLOAT",),
    "DATE": ("DATE",),
    "TIMESTAMP WITH TIME ZONE": ("DATETIME2",),
    "VARCHAR": ("VARCHAR", "NVARCHAR"),
}


@dataclass(frozen=True)
class Delta:
    """A Delta table: the folder's URL and its columns as DuckDB reads them, None while it has no commit."""

    url: str
    columns: dict[str, str] | None


class Rowsets(Protocol):
    """Where OPENROWSET finds tables. `creating` says that views are being made, which needs no data."""

    creating: bool

    def rowset(self, source: str, path: str) -> Delta:
        """The Delta table at `path` of an external data source."""


def bind(node: OpenRowset, catalog: Rowsets) -> Bound:
    """The rows of an OPENROWSET.

    Raises:
        Refused: options other than DATA_SOURCE and FORMAT = 'DELTA', or columns that the table can't serve.
        HighwaterError: the table is not there yet, or asks for a Delta reader beyond version 1.
    """
    options = dict(node.args.get("options") or {})
    if not node.alias:
        raise Refused("OPENROWSET", "It needs an alias in T-SQL.", "Write OPENROWSET(..) AS [rows].")
    form, source = options.pop("FORMAT", None), options.pop("DATA_SOURCE", None)
    if form != "DELTA":
        raise untranslated(f"OPENROWSET FORMAT = {form!r}", "The laptop serves FORMAT = 'DELTA'.")
    if source is None:
        raise untranslated("OPENROWSET without DATA_SOURCE", "Name one of sys.external_data_sources.")
    if options:
        raise untranslated(f"OPENROWSET option {', '.join(options)}")
    path = node.this.strip("/")
    if "*" in path or ".." in path.split("/") or "://" in path:
        raise Refused(
            f"BULK {quoted(node.this)}", "Delta takes the table's folder in its data source, no wildcard."
        )
    table = catalog.rowset(source, path)
    if table.columns is None:
        return _without_data(node, catalog, path)
    declared = node.args.get("columns") or tuple((n, _natural(n, t)) for n, t in table.columns.items())
    items = [f"{_read(n, t, table, path)} AS c{i}" for i, (n, t) in enumerate(declared, 1)]
    sql = f"SELECT {', '.join(items)} FROM delta_scan({quoted(table.url)})"
    return Bound(sql, tuple(Column(n, t) for n, t in declared))


def _without_data(node: OpenRowset, catalog: Rowsets, path: str) -> Bound:
    """A view may be made before its table; asked, it says so."""
    declared = node.args.get("columns")
    if not catalog.creating:
        raise HighwaterError(
            f"{path} has no data yet", "No run has written the table.", "Run `highwater run ingest`."
        )
    if declared is None:
        raise Refused(
            "OPENROWSET without WITH", "The table is not there yet, so its columns can't be inferred."
        )
    return constant(tuple(Column(n, t) for n, t in declared), [])


def _natural(name: str, held: str) -> SqlType:
    """The type that Synapse infers where WITH is left out."""
    match = _DECIMAL.fullmatch(held)
    if match:
        return decimal(int(match[1]), int(match[2]))
    if held not in _FITTING:
        raise Refused(name, f"A Delta column of type {held} is not served.")
    kind = _FITTING[held][0]
    return varchar(8000) if kind == "VARCHAR" else datetime2(7) if kind == "DATETIME2" else SqlType(kind)


def _read(name: str, kind: SqlType, table: Delta, path: str) -> str:
    held = table.columns.get(name)
    if held is None:
        near = [c for c in table.columns if c.lower() == name.lower()]
        hint = f"It is written {near[0]} there: the case counts." if near else ""
        raise Refused(f"WITH ({name} {kind})", f"The Delta table {path} has no column {name}.", hint)
    if not _fits(held, kind):
        raise Refused(
            f"WITH ({name} {kind})", f"Column {name} of {path} is {held} in Delta, which {kind} can't hold."
        )
    column = identifier(name)
    if kind.name == "DATETIME2":  # an instant; its wall time in UTC is what is served
        moment = f"make_timestamp(epoch_us({column}))"
        return moment if kind.args[0] >= 6 else f"tsql_round_time({moment}, {10 ** (6 - kind.args[0])})"
    if kind.is_string:
        return column if kind.args[0] == MAX else f"tsql_held({column}, {kind.args[0]}, {quoted(name)})"
    return column if held == kind.duckdb else f"CAST({column} AS {kind.duckdb})"


def _fits(held: str, kind: SqlType) -> bool:
    match = _DECIMAL.fullmatch(held)
    if match:
        precision, scale = int(match[1]), int(match[2])
        return (
            kind.name == "DECIMAL"
            and kind.args[1] >= scale
            and kind.args[0] - kind.args[1] >= precision - scale
        )
    return kind.name in _FITTING.get(held, ())


def constant(columns: tuple[Column, ...], rows: list[tuple]) -> Bound:
    """A relation of constant texts and whole numbers, such as a system view."""
    if not rows:
        nothing = ", ".join(f"CAST(NULL AS {c.type.duckdb}) AS c{i}" for i, c in enumerate(columns, 1))
        return Bound(f"SELECT {nothing} WHERE false", columns)
    written = ", ".join(f"({', '.join(_constant(v) for v in row)})" for row in rows)
    items = ", ".join(f"CAST(v.c{i} AS {c.type.duckdb}) AS c{i}" for i, c in enumerate(columns, 1))
    names = ", ".join(f"c{i}" for i in range(1, len(columns) + 1))
    return Bound(f"SELECT {items} FROM (VALUES {written}) AS v({names})", columns)


def _constant(value: str | int | None) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else quoted(value)
