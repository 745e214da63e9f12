"""Aggregates and window functions, in the types that T-SQL gives them.

AVG of integers is a whole number, COUNT is an INT, SUM of INT overflows: here too.
"""

from collections.abc import Callable

from local.serving.tsql import types
from local.serving.tsql.arithmetic import binary
from local.serving.tsql.conversions import convert
from local.serving.tsql.errors import Refused
from local.serving.tsql.types import BIGINT, FLOAT, INT, SqlType
from local.serving.tsql.values import Value

RANKING = ("ROW_NUMBER", "RANK", "DENSE_RANK", "NTILE", "PERCENT_RANK", "CUME_DIST")
SHIFTING = ("LAG", "LEAD", "FIRST_VALUE", "LAST_VALUE")


def _summed(kind: SqlType, name: str) -> SqlType:
    if not kind.is_number or kind == types.BIT:
        raise Refused(f"{name}({kind})", f"Operand data type {kind} is invalid for {name}.")
    if kind.name in ("TINYINT", "SMALLINT", "INT"):
        return INT
    if kind.name == "DECIMAL":
        return types.decimal(38, kind.args[1])
    return FLOAT if kind.is_float else kind


def _sum(x: Value, distinct: str, over: str, name: str = "SUM") -> Value:
    kind = _summed(x.type, name)
    return Value(f"CAST(sum({distinct}{x.sql}){over} AS {kind.duckdb})", kind)


def _count(x: Value, distinct: str, over: str, kind: SqlType = INT) -> Value:
    counted = f"tsql_rtrim({x.sql})" if distinct and x.type.is_string else x.sql
    return Value(f"CAST(count({distinct}{counted}){over} AS {kind.duckdb})", kind)


def _avg(x: Value, distinct: str, over: str) -> Value:
    total = _sum(x, distinct, over, "AVG")
    count = _count(x, distinct, over, BIGINT)
    if x.type.is_float:
        return Value(f"avg({distinct}{x.sql}){over}", FLOAT)
    # count is 0 exactly when the sum is NULL, where a division would fail instead of answering NULL
    counted = Value(f"nullif({count.sql}, 0)", BIGINT)
    if x.type.name == "DECIMAL":
        kind = types.decimal(38, max(6, x.type.args[1]))
        return convert(binary("/", total, counted), kind)
    return convert(binary("/", convert(total, BIGINT), counted), total.type)


def _extreme(function: str) -> Callable[[Value, str, str], Value]:
    def build(x: Value, distinct: str, over: str) -> Value:
        if x.type == types.BIT:
            raise Refused(f"{function}(BIT)", f"Operand data type bit is invalid for {function}.",
                          "Convert it to INT.")  # fmt: skip
        return Value(f"{function.lower()}({x.sql}){over}", x.type)

    return build


def _spread(function: str) -> Callable[[Value, str, str], Value]:
    return lambda x, distinct, over: Value(f"{function}({distinct}{convert(x, FLOAT).sql}){over}", FLOAT)


AGGREGATES: dict[str, Callable[[Value, str, str], Value]] = {
    "SUM": _sum,
    "AVG": _avg,
    "COUNT": _count,
    "COUNT_BIG": lambda x, distinct, over: _count(x, distinct, over, BIGINT),
    "MIN": _extreme("MIN"),
    "MAX": _extreme("MAX"),
    "STDEV": _spread("stddev_samp"),
    "STDEVP": _spread("stddev_pop"),
    "VAR": _spread("var_samp"),
    "VARP": _spread("var_pop"),
}


def count_rows(name: str, over: str) -> Value:
    """COUNT(*) or COUNT_BIG(*)."""
    kind = BIGINT if name == "COUNT_BIG" else INT
    return Value(f"CAST(count(*){over} AS {kind.duckdb})", kind)


def string_agg(x: Value, separator: Value, order: str) -> Value:
    """STRING_AGG, NULLs left out; `order` is DuckDB's ORDER BY or empty."""
    source = x if x.type.is_string else convert(x, types.varchar(types.MAX))
    if not isinstance(separator.literal, str):
        raise Refused("STRING_AGG", "The separator must be a literal text.")
    return Value(f"string_agg({source.sql}, {separator.sql}{order})", SqlType(source.type.name, (types.MAX,)))


def ranking(name: str, arguments: list[Value], over: str) -> Value:
    """ROW_NUMBER and the like; `over` must hold an ORDER BY."""
    if "ORDER BY" not in over:
        raise Refused(f"{name}() OVER ()", f"The function {name} must have an OVER clause with ORDER BY.")
    inside = ", ".join(convert(a, BIGINT).sql for a in arguments)
    if len(arguments) != (1 if name == "NTILE" else 0):
        raise Refused(name, f"{name} takes {1 if name == 'NTILE' else 0} argument(s).")
    kind = FLOAT if name in ("PERCENT_RANK", "CUME_DIST") else BIGINT
    return Value(f"{name.lower()}({inside}){over}", kind)


def shifting(name: str, arguments: list[Value], over: str) -> Value:
    """LAG, LEAD, FIRST_VALUE, LAST_VALUE; `over` must hold an ORDER BY."""
    if "ORDER BY" not in over:
        raise Refused(f"{name} OVER ()", f"The function {name} must have an OVER clause with ORDER BY.")
    most = 3 if name in ("LAG", "LEAD") else 1
    if not 1 <= len(arguments) <= most:
        raise Refused(name, f"{name} takes 1 to {most} argument(s).")
    x, *rest = arguments
    written = [x.sql]
    if rest:
        written.append(convert(rest[0], BIGINT).sql)
    if len(rest) == 2:
        written.append(convert(rest[1], x.type).sql)
    return Value(f"{name.lower()}({', '.join(written)}){over}", x.type)
