"""The query that reads one window of a source table, and how a cursor is written in it.

A value that has no place in landing (NaN in a numeric, an infinite date, one before the year 1, a number too large, a
control character, bytes that are no UTF-8) must not stop its window, nor be changed: its column lands as null, and
`_poison` says what the source holds, as a JSON object of column to text; it is null for every other row.
"""

from dataclasses import dataclass
from datetime import timedelta

from contracts import Column, Contract
from contracts.types import UTF8
from sql import template
from sql.template import identifier, literal

POISON = "_poison"

# What stands for an infinite cursor, and for one that Parquet's readers have no year for.
LEAST, GREATEST = "timestamp '0001-01-01'", "timestamp '9999-12-31 23:59:59.999999'"


@dataclass(frozen=True)
class CursorSql:
    """How one contract's cursor is read and written in SQL; each text may hold words of a template."""

    low: str
    read_low: str
    high: str
    wall: str
    value_text: str


def cursor_sql(contract: Contract) -> CursorSql:
    """The expressions of a contract's cursor. A lookback lowers `read_low`, never below the first low."""
    cursor = contract.cursor
    assert cursor is not None, "a snapshot has no cursor"
    if cursor.kind == "integer":
        low = "{low}::bigint"
        read_low = low
        if cursor.lookback:
            read_low = f"greatest({{low}}::numeric - {int(cursor.lookback)}, -9223372036854775808)::bigint"
        return CursorSql(low, read_low, "b.high", "r.v", "r.v::text")
    with_zone = contract.cursor_type.name == "timestamp"
    zone = " at time zone 'UTC'" if with_zone else ""
    wall = f"r.v{zone}"
    read_low = "{low}::timestamp"
    if cursor.lookback:
        seconds = (
            cursor.lookback.total_seconds() if isinstance(cursor.lookback, timedelta) else cursor.lookback
        )
        first = "timestamp '0001-01-01'"
        read_low = f"greatest({first}, {{low}}::timestamp - {seconds!r} * interval '1 second')"
    return CursorSql(
        low=f"({{low}}::timestamp{zone})",
        read_low=f"({read_low}{zone})",
        high=f"b.high{zone}",
        wall=wall,
        value_text=f"to_char({wall}, 'YYYY-MM-DD HH24:MI:SS.US')",
    )


def table_name(contract: Contract) -> str:
    """The source table, qualified and quoted."""
    return f"{identifier(contract.source.schema_name)}.{identifier(contract.source.table)}"


def _value(contract: Contract, column: Column, finite: bool) -> str:
    """The value with its cast; `finite` brings a timestamp cursor within the years 1 to 9999, a null one stays null."""
    value = column.parsed.extract(f"t.{identifier(column.name)}")
    if (
        finite
        and contract.cursor
        and contract.cursor.kind == "timestamp"
        and contract.cursor.column == column.name
    ):
        return f"case when {value} is not null then greatest({LEAST}, least({GREATEST}, {value})) end"
    return value


def _raw(column: Column) -> str:
    """The value as text that is UTF-8."""
    text = f"t.{identifier(column.name)}::text"
    if column.parsed.name not in ("text", "varchar", "json"):
        return text
    return f"case when e.utf8 then {text} else '\\x' || encode(convert_to({text}, 'SQL_ASCII'), 'hex') end"


def selected(contract: Contract, only: tuple[str, ...]) -> str:
    """The select list of these columns alone over the table aliased `t`, with their casts, the cursor finite."""
    return ", ".join(
        f"{_value(contract, c, finite=True)} as {identifier(c.name)}"
        for c in contract.columns
        if c.name in only
    )


def rows(contract: Contract, finite: bool = False) -> str:
    """The SELECT of every row of the source table `t`: its columns by name, with their casts, and `_poison`.

    With `finite` a timestamp cursor is brought within the years 1 to 9999; a null one stays null.
    """
    table, names = f"{table_name(contract)} t", {c.name: identifier(c.name) for c in contract.columns}
    fits = {c.name: f for c in contract.columns if (f := c.parsed.fits(f"t.{names[c.name]}"))}
    if finite and contract.cursor:
        fits.pop(contract.cursor.column, None)
    items, held = [], []
    for column in contract.columns:
        value = _value(contract, column, finite)
        if column.name in fits:
            # Both branches are of one type: a numeric would lose its precision otherwise.
            nothing = f"null::{column.parsed.landed}"
            value = f"case when p.held -> {literal(column.name)} is null then {value} else {nothing} end"
            held.append(
                f"({literal(column.name)}, case when not ({fits[column.name]}) then {_raw(column)} end)"
            )
        items.append(f"{value} as {names[column.name]}")
    if not fits:
        return f'select {", ".join(items)}, null::text as "{POISON}" from {table}'
    # Both subqueries keep the planner from repeating them: almost every row is asked once, and is fine.
    encoding = f"select getdatabaseencoding() <> 'SQL_ASCII' as utf8, {literal(UTF8)} as grammar offset 0"
    fine = f"coalesce({' and '.join(f'({f})' for f in fits.values())}, true)"
    why = f"select jsonb_object_agg(v.k, v.x) from (values {', '.join(held)}) v (k, x) where v.x is not null"
    asked = f"select case when not {fine} then ({why}) end as held offset 0"
    return (
        f'select {", ".join(items)}, p.held::text as "{POISON}"'
        f" from {table} cross join ({encoding}) e cross join lateral ({asked}) p"
    )


def extract(contract: Contract) -> str:
    """The extract query of a contract, with PostgreSQL `format()` arguments 1 low and 2 high.

    Every column is named and cast, so that neither a new column at the source nor the copy's own mapping
    of types changes what lands. A window is [low - lookback, high); a snapshot is read whole.
    """
    text = "{rows}"
    expressions = {}
    if contract.cursor is not None:
        sql = cursor_sql(contract)
        expressions = {"from_read_low": sql.read_low, "from_high": sql.low.replace("{low}", "{high}")}
        text += " where t.{cursor} >= {from_read_low} and t.{cursor} < {from_high}"
    return template.fill(
        text,
        expressions,
        rows=rows(contract),
        cursor=identifier(contract.cursor.column) if contract.cursor else "",
    )
