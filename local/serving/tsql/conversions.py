"""CAST and CONVERT with T-SQL's meaning, and the same conversions where T-SQL makes them itself."""

from local.serving.tsql.errors import Refused, untranslated
from local.serving.tsql.types import BIT, INT, MAX, SqlType, decimal
from local.serving.tsql.values import Value, quoted

# CONVERT's styles: of a date, and of a date with time (None: as many digits as the type has).
_DATE_STYLES = {23: "%Y-%m-%d", 112: "%Y%m%d", 120: "%Y-%m-%d", 121: "%Y-%m-%d", 126: "%Y-%m-%d",
                101: "%m/%d/%Y", 103: "%d/%m/%Y", 104: "%d.%m.%Y"}  # fmt: skip
_TIME_STYLES = {120: "%Y-%m-%d %H:%M:%S", 121: None, 126: None, 23: "%Y-%m-%d", 112: "%Y%m%d",
                101: "%m/%d/%Y", 103: "%d/%m/%Y", 104: "%d.%m.%Y"}  # fmt: skip


def convert(value: Value, to: SqlType, *, safe: bool = False, style: int | None = None) -> Value:
    """`value` as `to`. With `safe`, what can't be converted is NULL instead of an error.

    Raises:
        Refused: T-SQL has no such conversion, or its result can't be had here.
    """
    kind = value.type
    if value.is_predicate:
        raise Refused(
            value.sql, "A condition is not a value in T-SQL.", "Write CASE WHEN .. THEN 1 ELSE 0 END."
        )
    if kind.name == "NULL":
        return Value(f"CAST(NULL AS {to.duckdb})", to)
    if style is not None and not (kind.is_date and to.is_string):
        raise untranslated(f"CONVERT({to}, {kind}, {style})", "Styles are kept for dates as text.")
    if kind == to and not safe:
        return Value(value.sql, to, value.literal)
    if to.is_string:
        return Value(_to_text(value, to, safe, style), to, _kept_literal(value, to))
    if kind.is_string:
        return Value(_from_text(value, to, safe), to)
    if to.is_date != kind.is_date:
        raise Refused(f"CAST({kind} AS {to})", f"Explicit conversion from {kind} to {to} is not allowed.")
    if to.is_date:
        return Value(_time(value, to), to)
    return Value(_number(value, to, safe), to)


def _cast(sql: str, to: SqlType, safe: bool) -> str:
    return f"{'TRY_CAST' if safe else 'CAST'}({sql} AS {to.duckdb})"


def _number(value: Value, to: SqlType, safe: bool) -> str:
    kind, sql = value.type, value.sql
    if to == BIT:
        return f"({sql} <> 0)"
    if kind == BIT and not to.is_integer:
        sql = f"CAST({sql} AS INTEGER)"
    if to.is_integer and (kind.name == "DECIMAL" or kind.is_float):
        sql = f"trunc({sql})"  # T-SQL cuts where DuckDB rounds
    return _cast(sql, to, safe)


def _from_text(value: Value, to: SqlType, safe: bool) -> str:
    if to.is_date:
        macro = "tsql_time"
    elif to == BIT:
        macro = "tsql_bit"
    elif to.is_integer:
        macro = "tsql_integer"
    else:
        macro = "tsql_decimal" if to.name == "DECIMAL" else "tsql_float"
    if to.name == "DATETIME":
        raise untranslated("conversion of a text to DATETIME", "Use DATETIME2.")
    readable = f"{macro}({value.sql}, {'NULL' if safe else quoted(str(to).lower())})"
    if not to.is_date:
        return _cast(readable, to, safe)
    moment = _cast(readable, SqlType("DATETIME2"), safe)
    return f"CAST({moment} AS DATE)" if to.name == "DATE" else _rounded(moment, 6, to)


def _time(value: Value, to: SqlType) -> str:
    if to.name == "DATETIME":
        raise untranslated("conversion to DATETIME", "Its steps of 1/300 second are not kept; use DATETIME2.")
    if to.name == "DATE":
        return f"CAST({value.sql} AS DATE)"
    if value.type.name == "DATE":
        return f"CAST({value.sql} AS TIMESTAMP)"
    return _rounded(value.sql, digits(value.type), to)


def digits(kind: SqlType) -> int:
    """How many digits after the second values of this date type have in DuckDB, which holds 6."""
    return 3 if kind.name == "DATETIME" else min(6, kind.args[0])


def _rounded(sql: str, held: int, to: SqlType) -> str:
    if to.args[0] >= held:
        return sql
    return f"tsql_round_time({sql}, {10 ** (6 - to.args[0])})"


def _kept_literal(value: Value, to: SqlType) -> str | None:
    fits = isinstance(value.literal, str) and (to.args[0] == MAX or len(value.literal.encode()) <= to.args[0])
    return value.literal if fits else None


def _to_text(value: Value, to: SqlType, safe: bool, style: int | None) -> str:
    kind, length = value.type, to.args[0]
    if kind.is_float:
        raise untranslated(f"conversion of {kind} to text", "Convert it to DECIMAL(p,s) first.")
    if kind.is_string:
        shorter = length != MAX and (kind.args[0] == MAX or kind.args[0] > length or kind.name != to.name)
        return _cut(value.sql, to) if shorter else value.sql
    if kind.is_date:
        shown = _date_text(value, style)
        return _cut(shown, to)
    source = convert(value, INT).sql if kind == BIT else value.sql
    if kind.name == "DECIMAL" and kind.args[0] == kind.args[1]:  # else DuckDB writes .5 for 0.5
        source = f"CAST({source} AS {decimal(min(38, kind.args[0] + 1), kind.args[1]).duckdb})"
    shown = f"CAST({source} AS VARCHAR)"
    if length == MAX:
        return shown
    if kind.name in ("BIGINT", "DECIMAL") or to.name == "NVARCHAR":
        what = f"{'numeric' if kind.name == 'DECIMAL' else 'expression'} to data type {to.name.lower()}"
        return f"tsql_fits({shown}, {length}, {'NULL' if safe else quoted(what)})"
    return f"tsql_star({shown}, {length})"


def _cut(sql: str, to: SqlType) -> str:
    if to.args[0] == MAX:
        return sql
    return f"{'tsql_ncut' if to.name == 'NVARCHAR' else 'tsql_cut'}({sql}, {to.args[0]})"


def _date_text(value: Value, style: int | None) -> str:
    kind = value.type
    if kind.name == "DATETIME" and style is None:
        raise untranslated(
            "conversion of DATETIME to text without a style", "Write CONVERT(VARCHAR(23), x, 121)."
        )
    styles = _DATE_STYLES if kind.name == "DATE" else _TIME_STYLES
    if style is not None and style not in styles:
        raise untranslated(
            f"CONVERT style {style}", f"Styles kept here: {', '.join(map(str, sorted(styles)))}."
        )
    form = styles[121 if style is None else style]
    if form is not None:
        return f"strftime({value.sql}, {quoted(form)})"
    between = "T" if style == 126 else " "
    whole = f"strftime({value.sql}, {quoted(f'%Y-%m-%d{between}%H:%M:%S')})"
    written = 3 if kind.name == "DATETIME" else kind.args[0]
    if written == 0:
        return whole
    fraction = f"left(strftime({value.sql}, '%f') || '0', {written})"
    shown = f"({whole} || '.' || {fraction})"
    if style == 126:  # ISO 8601: no fraction when it is zero
        return f"CASE WHEN microsecond({value.sql}) % 1000000 = 0 THEN {whole} ELSE {shown} END"
    return shown
