"""Math functions. Integers stay integers; one float makes the result a float.

https://learn.microsoft.com/azure/data-factory/control-flow-expression-language-functions#math-functions
"""

import random

from local.adf.expressions.errors import ExpressionError
from local.adf.expressions.functions.base import expects, function, integer, invalid
from local.adf.expressions.values import INT64, is_number, type_name

_INT32_MAX = 2**31 - 1


def _pair(name: str, values: list) -> tuple:
    for value, which in zip(values, ("first parameter", "second parameter"), strict=True):
        if not is_number(value):
            raise expects(name, which, "an integer, a float or a decimal number", value)
    return tuple(values)


def _checked(name: str, value: int | float) -> int | float:
    if isinstance(value, int) and value not in INT64:
        raise ExpressionError(
            f"The result of the template language function '{name}' is too large for an integer."
        )
    return value


@function("add", takes="two parameters: the numbers to add", least=2)
def add(name: str, values: list) -> int | float:
    left, right = _pair(name, values)
    return _checked(name, left + right)


@function("sub", takes="two parameters: the numbers to subtract", least=2)
def sub(name: str, values: list) -> int | float:
    left, right = _pair(name, values)
    return _checked(name, left - right)


@function("mul", takes="two parameters: the numbers to multiply", least=2)
def mul(name: str, values: list) -> int | float:
    left, right = _pair(name, values)
    return _checked(name, left * right)


@function("div", takes="two parameters: the dividend and the divisor", least=2)
def div(name: str, values: list) -> int | float:
    left, right = _divided(name, values)
    if isinstance(left, int) and isinstance(right, int):
        quotient = abs(left) // abs(right)  # towards zero
        return _checked(name, quotient if (left < 0) == (right < 0) else -quotient)
    return left / right


@function("mod", takes="two parameters: the dividend and the divisor", least=2)
def mod(name: str, values: list) -> int | float:
    left, right = _divided(name, values)
    if isinstance(left, int) and isinstance(right, int):
        _checked(name, abs(left) if right == -1 else 0)
    remainder = abs(left) % abs(right)  # has the sign of the dividend
    return -remainder if left < 0 else remainder


def _divided(name: str, values: list) -> tuple:
    left, right = _pair(name, values)
    if right == 0:
        raise ExpressionError(f"Attempt to divide an integral or decimal value by zero in function '{name}'.")
    return left, right


@function("max", takes="a comma separated list of numbers or an array of numbers", most=None)
def maximum(name: str, values: list) -> int | float:
    return _extreme(name, values, max)


@function("min", takes="a comma separated list of numbers or an array of numbers", most=None)
def minimum(name: str, values: list) -> int | float:
    return _extreme(name, values, min)


def _extreme(name: str, values: list, choose) -> int | float:
    numbers = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    wrong = [type_name(value) for value in numbers if not is_number(value)]
    if wrong or not numbers:
        raise ExpressionError(
            f"The template language function '{name}' expects all of its parameters to be either integer or "
            f"decimal numbers. Found invalid parameter types: '{','.join(dict.fromkeys(wrong))}'."
        )
    unordered = [value for value in numbers if value != value]  # NaN: the least, and never the greatest
    if unordered and (choose is min or len(unordered) == len(numbers)):
        return unordered[0]
    found = choose(value for value in numbers if value == value)
    return float(found) if any(isinstance(value, float) for value in numbers) else found


@function("rand", takes="two integer parameters: the smallest value and the value above the largest", least=2)
def rand(name: str, values: list) -> int:
    low, high = integer(name, values[0], "first parameter"), integer(name, values[1], "second parameter")
    if low > high:
        raise invalid(
            name,
            f"parameters are out of range: the value '{low}' provided for 'minimum' cannot be greater than "
            f"the value '{high}' provided for 'maximum'.",
        )
    return low if low == high else random.randrange(low, high)


@function("range", takes="two integer parameters: the start index and the count of integers", least=2)
def number_range(name: str, values: list) -> list:
    start, count = integer(name, values[0], "first parameter"), integer(name, values[1], "second parameter")
    if not 0 <= count <= 100_000 or start + count - 1 > _INT32_MAX:
        raise invalid(
            name,
            "parameters are out of range: 'count' must be a positive integer no larger than '100000' and the "
            "sum of 'start index' and 'count' must be no larger than 2147483647.",
        )
    return list(range(start, start + count))
