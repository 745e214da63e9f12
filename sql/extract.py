"""The query that reads one window of a source table, and how a cursor is written in it."""

from dataclasses import dataclass
from datetime import timedelta

from contracts import Contract
from sql import template
from sql.template import identifier

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


def selected(contract: Contract, finite: bool = False) -> str:
    """The select list over the table aliased `t`: every column by name, with its cast.

    With `finite` a timestamp cursor is brought within the years 1 to 9999; a null one stays null.
    """
    items = []
    for c in contract.columns:
        value = c.parsed.extract("t." + identifier(c.name))
        if (
            finite
            and contract.cursor
            and contract.cursor.column == c.name
            and contract.cursor.kind == "timestamp"
        ):
            value = f"case when {value} is not null then greatest({LEAST}, least({GREATEST}, {value})) end"
        items.append(f"{value} as {identifier(c.name)}")
    return ", ".join(items)


def extract(contract: Contract) -> str:
    """The extract query of a contract, with PostgreSQL `format()` arguments 1 low and 2 high.

    Every column is named and cast, so that neither a new column at the source nor the copy's own mapping
    of types changes what lands. A window is [low - lookback, high); a snapshot is read whole.
    """
    text = "select {columns} from {table} t"
    expressions = {}
    if contract.cursor is not None:
        sql = cursor_sql(contract)
        expressions = {"from_read_low": sql.read_low, "from_high": sql.low.replace("{low}", "{high}")}
        text += " where t.{cursor} >= {from_read_low} and t.{cursor} < {from_high}"
    return template.fill(
        text,
        expressions,
        columns=selected(contract),
        table=table_name(contract),
        cursor=identifier(contract.cursor.column) if contract.cursor else "",
    )
