"""Logical functions. if, and, or and coalesce evaluate no more than they need.

https://learn.microsoft.com/azure/data-factory/control-flow-expression-language-functions#logical-functions
"""

import math
import unicodedata
from collections.abc import Callable

from local.adf.expressions.errors import ExpressionError
from local.adf.expressions.functions.base import expects, function
from local.adf.expressions.values import alike, equal, is_number, type_name


@function(
    "if",
    takes="three parameter: the condition, the value if it is true and the value if it is false",
    least=3,
    lazy=True,
)
def condition(name: str, values: list[Callable[[], object]]) -> object:
    chosen = values[0]()
    if not isinstance(chosen, bool):
        raise expects(name, "first parameter", "of type boolean", chosen)
    return values[1 if chosen else 2]()


@function("and", takes="at least one boolean parameter", most=None, lazy=True)
def conjunction(name: str, values: list[Callable[[], object]]) -> bool:
    return all(_boolean(name, value()) for value in values)


@function("or", takes="at least one boolean parameter", most=None, lazy=True)
def disjunction(name: str, values: list[Callable[[], object]]) -> bool:
    return any(_boolean(name, value()) for value in values)


def _boolean(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ExpressionError(
            f"The template language function '{name}' expects all of its parameters to be booleans. "
            f"Found invalid parameter types: '{type_name(value)}'."
        )
    return value


@function("coalesce", takes="at least one parameter: the value to coalesce", most=None, lazy=True)
def coalesce(name: str, values: list[Callable[[], object]]) -> object:
    return next((found for found in (value() for value in values) if found is not None), None)


@function("not", takes="one parameter: a boolean")
def negation(name: str, values: list) -> bool:
    if not isinstance(values[0], bool):
        raise expects(name, "parameter", "a boolean", values[0])
    return not values[0]


@function("equals", takes="two parameters: the values to compare", least=2, most=None)
def equals(name: str, values: list) -> bool:
    return all(equal(values[0], value) for value in values[1:])


@function("greater", takes="two parameter of matching types", least=2)
def greater(name: str, values: list) -> bool:
    return _compare(name, values) > 0


@function("greaterOrEquals", takes="two parameter of matching types", least=2)
def greater_or_equals(name: str, values: list) -> bool:
    return _compare(name, values) >= 0


@function("less", takes="two parameter of matching types", least=2)
def less(name: str, values: list) -> bool:
    return _compare(name, values) < 0


@function("lessOrEquals", takes="two parameter of matching types", least=2)
def less_or_equals(name: str, values: list) -> bool:
    return _compare(name, values) <= 0


def _compare(name: str, values: list) -> float:
    """-1, 0 or 1 for two numbers or two strings; strings as en-US sorts them: letters before case.

    NaN with anything gives NaN, which is neither above, nor below, nor equal to zero.
    """
    left, right = values
    if is_number(left) and is_number(right):
        left, right = alike(left, right)
        return math.nan if left != left or right != right else (left > right) - (left < right)
    if isinstance(left, str) and isinstance(right, str):
        one, other = _collation(left), _collation(right)
        return (one > other) - (one < other)
    raise ExpressionError(
        f"The template language function '{name}' expects two parameter of matching types. The function was "
        f"invoked with values of type '{type_name(left)}' and '{type_name(right)}' that do not match."
    )


# White space, then these in this order, then digits, then letters.
_SIGNS = {sign: rank for rank, sign in enumerate("\t\n\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$")}


def _collation(value: str) -> tuple:
    """Sort key: signs before digits before letters, then accents, then small before capital."""
    decomposed = unicodedata.normalize("NFKD", value)
    letters = (char for char in decomposed.casefold() if not unicodedata.combining(char))
    ranks = [(_SIGNS.get(char, len(_SIGNS)), char) for char in letters]
    return ranks, decomposed.casefold(), value.swapcase()
