"""+ - * / % with T-SQL's types: 7/2 is 3, and decimals have the digits that SQL Server gives them."""

from local.serving.tsql import types
from local.serving.tsql.conversions import convert
from local.serving.tsql.errors import Refused, untranslated
from local.serving.tsql.types import BIT, SqlType
from local.serving.tsql.values import Value

_NAMES = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "modulo"}


def binary(operator: str, left: Value, right: Value) -> Value:
    """`left operator right`, converting the operands as T-SQL does.

    Raises:
        Refused: T-SQL does not take the operands.
    """
    for side in (left, right):
        if side.is_predicate:
            raise Refused(side.sql, f"A condition can't be an operand of {operator}.")
    if (
        operator == "+"
        and (left.type.is_string or right.type.is_string)
        and not (left.type.is_number or right.type.is_number)
    ):
        return concatenate(left, right)
    kind = _operand_type(operator, left.type, right.type)
    if kind.name == "DECIMAL":
        return _decimal(operator, *(convert(v, _exact(v, kind)) for v in (left, right)))
    a, b = convert(left, kind).sql, convert(right, kind).sql
    if operator in "+-*":
        done = f"({a} {operator} {b})"
        return Value(f"tsql_real({done})" if kind.is_float else done, kind)
    sure = isinstance(right.literal, int) and right.literal != 0 and right.type.is_number
    if operator == "%":
        if kind.is_float:
            raise Refused("%", "Modulo is not defined for FLOAT in T-SQL.", "Convert to DECIMAL.")
        return Value(f"({a} % {b})" if sure else f"tsql_mod({a}, {b})", kind)
    if kind.is_float:
        return Value(f"tsql_real(tsql_fdiv({a}, {b}))", kind)
    return Value(f"({a} // {b})" if sure else f"tsql_div({a}, {b})", kind)


def _operand_type(operator: str, left: SqlType, right: SqlType) -> SqlType:
    for kind in (left, right):
        if kind.is_date:
            raise Refused(f"{left} {operator} {right}", f"{kind} is no operand of {_NAMES[operator]}.",
                          "Use DATEADD or DATEDIFF.")  # fmt: skip
    if not (left.is_number or right.is_number):
        kind = left if left.name != "NULL" else right
        raise Refused(
            f"{left} {operator} {right}", f"Operand data type {kind} is invalid for {_NAMES[operator]}."
        )
    kind = types.unify([left, right], operator)
    if kind == BIT:
        raise Refused(f"BIT {operator} BIT", f"Operand data type bit is invalid for {_NAMES[operator]}.",
                      "Convert it to INT.")  # fmt: skip
    return kind


def _exact(value: Value, unified: SqlType) -> SqlType:
    """The DECIMAL that an operand takes part as: its own precision, since that decides the result's."""
    if value.type.is_number:
        return _literal_decimal(value) or value.type.as_decimal()
    return unified


def _literal_decimal(value: Value) -> SqlType | None:
    """An integer literal counts with the digits that it is written with."""
    if isinstance(value.literal, int) and value.type.is_integer:
        return types.decimal(len(str(abs(value.literal))), 0)
    return None


def _decimal(operator: str, left: Value, right: Value) -> Value:
    kind = types.arithmetic(operator, left.type, right.type)
    if operator == "/":
        return Value(_quotient(left, right, kind), kind)
    if operator == "%":
        return Value(f"CAST(tsql_mod({left.sql}, {right.sql}) AS {kind.duckdb})", kind)
    if operator == "*" and left.type.args[1] + right.type.args[1] > 38:
        raise untranslated(f"{left.type} * {right.type}", "Convert the operands to fewer digits.")
    return Value(f"CAST(({left.sql} {operator} {right.sql}) AS {kind.duckdb})", kind)


def _quotient(left: Value, right: Value, kind: SqlType) -> str:
    """Exact: both sides as whole numbers of their last digit, divided as 128-bit integers, cut like T-SQL.

    A quotient that does not fit 38 digits on the way fails; it is never wrong.
    """
    (_, s1), (_, s2), (_, scale) = left.type.args, right.type.args, kind.args
    shift = scale + s2 - s1
    above, below = _whole(left, s1), _whole(right, s2)
    if shift >= 0:
        above = f"({above} * {_power(shift)})"
    else:
        below = f"({below} * {_power(-shift)})"
    quotient = f"CAST(tsql_div({above}, {below}) AS DECIMAL(38,0))"
    if scale == 0:
        return f"CAST({quotient} AS {kind.duckdb})"
    unit = f"CAST('0.{'0' * (scale - 1)}1' AS DECIMAL({min(38, scale + 1)},{scale}))"
    return f"CAST(({quotient} * {unit}) AS {kind.duckdb})"


def _whole(value: Value, scale: int) -> str:
    if scale == 0:
        return f"CAST({value.sql} AS HUGEINT)"
    return f"CAST(({value.sql} * CAST({_digits(scale)} AS DECIMAL({scale + 1},0))) AS HUGEINT)"


def _digits(scale: int) -> str:
    return f"'1{'0' * scale}'"


def _power(exponent: int) -> str:
    return f"CAST({_digits(exponent)} AS HUGEINT)"


def negate(value: Value) -> Value:
    if value.type.is_string or value.type.is_date or value.is_predicate or value.type == BIT:
        raise Refused(f"-{value.type}", f"Operand data type {value.type} is invalid for minus.")
    operand = convert(value, types.SMALLINT) if value.type.name == "TINYINT" else value
    literal = -value.literal if isinstance(value.literal, int) else None
    return Value(f"(-{operand.sql})", operand.type, literal)


def concatenate(left: Value, right: Value) -> Value:
    """`+` between texts: NULL if either is; longer than 8000 bytes is cut unless one side is MAX."""
    kind = types.unify([left.type, right.type], "+")
    if kind.name == "NULL" or kind.is_date:
        raise Refused(f"{left.type} + {right.type}", "One side is a date or NULL.", "Convert it with CAST.")
    parts = [v if v.type.is_string else convert(v, kind) for v in (left, right)]
    lengths = [v.type.args[0] for v in parts]
    limit = 4000 if kind.name == "NVARCHAR" else 8000
    joined = f"({parts[0].sql} || {parts[1].sql})"
    if types.MAX in lengths:
        return Value(joined, SqlType(kind.name, (types.MAX,)))
    if sum(lengths) <= limit:
        return Value(joined, SqlType(kind.name, (sum(lengths),)))
    cut = SqlType(kind.name, (limit,))
    return convert(Value(joined, SqlType(kind.name, (types.MAX,))), cut)
