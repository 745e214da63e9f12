"""T-SQL's scalar functions by name. What is not here is refused."""

from collections.abc import Callable
from datetime import datetime

from local.serving.tsql import dates, mathematics, types
from local.serving.tsql.conversions import convert
from local.serving.tsql.errors import Refused
from local.serving.tsql.predicates import compare
from local.serving.tsql.types import BIGINT, DATETIME, INT, SqlType, varchar
from local.serving.tsql.values import Value

Arguments = list[Value]
# Functions that newer SQL Servers have and Synapse serverless has not.
LACKING = {
    "DATETRUNC": "Write DATEADD(hour, DATEDIFF(hour, '2000-01-01', x), '2000-01-01').",
    "DATE_BUCKET": "Write DATEADD over DATEDIFF.",
    "GENERATE_SERIES": "Join a table of numbers.",
}


def text_of(value: Value) -> Value:
    """A text as it is, anything else as T-SQL shows it."""
    return value if value.type.is_string else convert(value, varchar(types.MAX))


def _like_first(sql: str, first: Value, length: int | None = None) -> Value:
    """A text function's result: national if its first argument is, and not longer than `length`."""
    kind = first.type
    return Value(sql, SqlType(kind.name, (kind.args[0] if length is None else length,)))


def _len(a: Arguments) -> Value:
    x = text_of(a[0])
    big = x.type.args[0] == types.MAX
    kind = BIGINT if big else INT
    return Value(f"CAST(length(rtrim({x.sql}, ' ')) AS {kind.duckdb})", kind)


def _datalength(a: Arguments) -> Value:
    if a[0].type.name != "VARCHAR":
        raise Refused(f"DATALENGTH({a[0].type})", "Only the bytes of a VARCHAR are the same here.")
    return Value(f"strlen({a[0].sql})", INT)


def _simple(template: str) -> Callable[[Arguments], Value]:
    def build(a: Arguments) -> Value:
        x = text_of(a[0])
        return _like_first(template.format(x.sql), x)

    return build


def _sided(macro: str) -> Callable[[Arguments], Value]:
    def build(a: Arguments) -> Value:
        x = text_of(a[0])
        return _like_first(f"{macro}({x.sql}, {convert(a[1], INT).sql})", x)

    return build


def _substring(a: Arguments) -> Value:
    x, start, length = text_of(a[0]), convert(a[1], INT), convert(a[2], INT)
    return _like_first(f"tsql_substring({x.sql}, {start.sql}, {length.sql})", x)


def _charindex(a: Arguments) -> Value:
    start = convert(a[2], INT).sql if len(a) == 3 else "1"
    return Value(f"CAST(tsql_charindex({text_of(a[0]).sql}, {text_of(a[1]).sql}, {start}) AS INTEGER)", INT)


def _replace(a: Arguments) -> Value:
    x, old, new = (text_of(v) for v in a)
    return _like_first(f"replace({x.sql}, {old.sql}, {new.sql})", x, types.MAX)


def _concat(a: Arguments) -> Value:
    parts = [text_of(v) for v in a]
    national = any(p.type.name == "NVARCHAR" for p in parts)
    lengths = [p.type.args[0] for p in parts]
    total = types.MAX if types.MAX in lengths else sum(lengths)
    return Value(f"concat({', '.join(p.sql for p in parts)})", varchar(total, national))


def _isnull(a: Arguments) -> Value:
    kind = a[1].type if a[0].type.name == "NULL" else a[0].type
    return Value(f"coalesce({convert(a[0], kind).sql}, {convert(a[1], kind).sql})", kind)


def _coalesce(a: Arguments) -> Value:
    kind = types.unify([v.type for v in a], "COALESCE")
    if kind.name == "NULL":
        raise Refused("COALESCE(NULL, NULL)", "At least one argument must have a type.")
    return Value(f"coalesce({', '.join(convert(v, kind).sql for v in a)})", kind)


def _nullif(a: Arguments) -> Value:
    return Value(f"CASE WHEN {compare('=', a[0], a[1]).sql} THEN NULL ELSE {a[0].sql} END", a[0].type)


def _replicate(a: Arguments) -> Value:
    x, n = text_of(a[0]), convert(a[1], INT).sql
    return _like_first(f"CASE WHEN {n} < 0 THEN NULL ELSE repeat({x.sql}, {n}) END", x, types.MAX)


# name: (fewest arguments, most, how it is written)
SCALAR: dict[str, tuple[int, int, Callable[[Arguments], Value]]] = {
    "LEN": (1, 1, _len), "DATALENGTH": (1, 1, _datalength),
    "UPPER": (1, 1, _simple("replace(upper({}), 'ẞ', 'ß')")), "LOWER": (1, 1, _simple("lower({})")),
    "LTRIM": (1, 1, _simple("ltrim({}, ' ')")), "RTRIM": (1, 1, _simple("rtrim({}, ' ')")),
    "TRIM": (1, 1, _simple("trim({}, ' ')")), "REVERSE": (1, 1, _simple("reverse({})")),
    "LEFT": (2, 2, _sided("tsql_left")), "RIGHT": (2, 2, _sided("tsql_right")),
    "SUBSTRING": (3, 3, _substring), "CHARINDEX": (2, 3, _charindex), "REPLACE": (3, 3, _replace),
    "REPLICATE": (2, 2, _replicate), "CONCAT": (2, 254, _concat),
    "ISNULL": (2, 2, _isnull), "COALESCE": (2, 254, _coalesce), "NULLIF": (2, 2, _nullif),
    "ABS": (1, 1, mathematics.absolute), "SIGN": (1, 1, mathematics.sign),
    "ROUND": (2, 3, mathematics.rounded), "POWER": (2, 2, mathematics.power),
    "FLOOR": (1, 1, mathematics.whole("floor")), "CEILING": (1, 1, mathematics.whole("ceil")),
    "SQRT": (1, 1, mathematics.real("sqrt({})")), "EXP": (1, 1, mathematics.real("exp({})")),
    "LOG": (1, 1, mathematics.real("ln({})")), "LOG10": (1, 1, mathematics.real("log10({})")),
    "SQUARE": (1, 1, mathematics.real("pow({}, 2)")),
    "YEAR": (1, 1, lambda a: dates.date_part("year", a[0])),
    "MONTH": (1, 1, lambda a: dates.date_part("month", a[0])),
    "DAY": (1, 1, lambda a: dates.date_part("day", a[0])),
    "EOMONTH": (1, 2, lambda a: dates.end_of_month(a[0], a[1] if len(a) == 2 else None)),
    "DATEFROMPARTS": (3, 3, lambda a: dates.from_parts(*a)),
}  # fmt: skip

# name: (arguments after the part, how it is written)
BY_PART: dict[str, tuple[int, Callable[[str, Arguments], Value]]] = {
    "DATEPART": (1, lambda p, a: dates.date_part(p, a[0])),
    "DATENAME": (1, lambda p, a: dates.date_name(p, a[0])),
    "DATEDIFF": (2, lambda p, a: dates.date_diff(p, a[0], a[1], big=False)),
    "DATEDIFF_BIG": (2, lambda p, a: dates.date_diff(p, a[0], a[1], big=True)),
    "DATEADD": (2, lambda p, a: dates.date_add(p, a[0], a[1])),
}

_CLOCKS = {"GETUTCDATE": DATETIME, "GETDATE": DATETIME, "CURRENT_TIMESTAMP": DATETIME,
           "SYSUTCDATETIME": types.datetime2(7), "SYSDATETIME": types.datetime2(7)}  # fmt: skip


def clock(name: str, instant: datetime) -> Value | None:
    """The value of a function that asks for the time, or None if it is another."""
    return dates.now(instant, _CLOCKS[name]) if name in _CLOCKS else None
