"""T-SQL's mathematical functions. Each says the type of its result, which is seldom DuckDB's.

https://learn.microsoft.com/sql/t-sql/functions/mathematical-functions-transact-sql
"""

from collections.abc import Callable

from local.serving.tsql import types
from local.serving.tsql.conversions import convert
from local.serving.tsql.errors import Refused
from local.serving.tsql.types import FLOAT, INT
from local.serving.tsql.values import Value

Arguments = list[Value]
Build = Callable[[Arguments], Value]


def _number(value: Value) -> Value:
    """The argument in one of the types that results have: BIGINT, INT for what is smaller, DECIMAL, FLOAT."""
    if value.type.is_string or value.type.is_float:
        return convert(value, FLOAT)
    if not value.type.is_number or value.type == types.BIT:
        raise Refused(str(value.type), f"A number is expected, not {value.type}.")
    return convert(value, INT) if value.type.name in ("TINYINT", "SMALLINT") else value


def _widest(x: Value) -> types.SqlType:
    """The type of ABS and POWER: a DECIMAL has all the digits before its point that there can be."""
    return types.decimal(38, x.type.args[1]) if x.type.name == "DECIMAL" else x.type


def whole(template: str) -> Build:
    """FLOOR and CEILING. An integer stays as it is: DuckDB would take it through a float."""

    def build(a: Arguments) -> Value:
        x = _number(a[0])
        if x.type.is_integer:
            return x
        kind = types.decimal(x.type.args[0], 0) if x.type.name == "DECIMAL" else FLOAT
        return Value(f"CAST({template}({x.sql}) AS {kind.duckdb})", kind)

    return build


def absolute(a: Arguments) -> Value:
    """ABS."""
    x = _number(a[0])
    kind = _widest(x)
    return Value(f"CAST(abs({x.sql}) AS {kind.duckdb})", kind)


def sign(a: Arguments) -> Value:
    """SIGN."""
    x = _number(a[0])
    return Value(f"CAST(sign({x.sql}) AS {x.type.duckdb})", x.type)


def rounded(a: Arguments) -> Value:
    """ROUND, half away from zero. The type is the argument's, so a digit more at its front is an error."""
    if len(a) == 3 and a[2].literal != 0:
        raise Refused("ROUND(x, n, 1)", "Cutting by ROUND is not translated.", "Use CAST to INT, or FLOOR.")
    if not isinstance(a[1].literal, int):
        raise Refused("ROUND(x, n)", "n must be a literal here.", "Write the digits as a number.")
    x = _number(a[0])
    sql, digits = x.sql, a[1].literal
    if x.type.name == "DECIMAL" and digits < 0:
        # Left of the point DuckDB answers 0 where a digit has no room.
        sql = f"CAST({sql} AS {types.decimal(38, x.type.args[1]).duckdb})"
    return Value(f"CAST(round({sql}, {digits}) AS {x.type.duckdb})", x.type)


def real(template: str) -> Build:
    """A function of a FLOAT that gives a FLOAT."""
    return lambda a: Value(f"tsql_real({template.format(convert(a[0], FLOAT).sql)})", FLOAT)


def power(a: Arguments) -> Value:
    """POWER, which is computed in FLOAT and has a type like its first argument's."""
    x, y = _number(a[0]), convert(a[1], FLOAT)
    return convert(Value(f"tsql_real(pow({convert(x, FLOAT).sql}, {y.sql}))", FLOAT), _widest(x))
