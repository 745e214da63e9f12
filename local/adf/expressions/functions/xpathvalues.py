"""The values of XPath 1.0, their conversions, operators and core functions."""

import math
import operator
from collections.abc import Callable

from local.adf.expressions.functions.utf16 import units
from local.adf.expressions.values import float_text

Value = list | str | float | bool


class XPathError(Exception):
    """An expression that is malformed or uses what is not supported."""


COMPARE = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def text_of(value: Value) -> str:
    if isinstance(value, list):
        return value[0].text() if value else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else float_text(value)


def number_of(value: Value) -> float:
    if isinstance(value, bool | int | float):
        return float(value)
    try:
        return float(text_of(value))
    except ValueError:
        return math.nan


def truth_of(value: Value) -> bool:
    return not math.isnan(value) and value != 0 if isinstance(value, float) else bool(value)


def compare(name: str, left: Value, right: Value) -> bool:
    test = COMPARE[name]
    if isinstance(left, list) and not isinstance(right, bool):
        return any(compare(name, node.text(), right) for node in left)
    if isinstance(right, list) and not isinstance(left, bool):
        return any(compare(name, left, node.text()) for node in right)
    if name in ("=", "!="):
        if isinstance(left, bool) or isinstance(right, bool):
            return test(truth_of(left), truth_of(right))
        if isinstance(left, str) and isinstance(right, str):
            return test(left, right)
    return test(number_of(left), number_of(right))


def arithmetic(name: str, left: float, right: float) -> float:
    if name in "+-*":
        return {"+": left + right, "-": left - right, "*": left * right}[name]
    if right == 0:
        return math.nan if left == 0 or math.isnan(left) or name == "mod" else math.copysign(math.inf, left)
    return left / right if name == "div" else math.fmod(left, right)


def unite(left: Value, right: Value) -> list:
    if not isinstance(left, list) or not isinstance(right, list):
        raise XPathError("| takes node sets")
    return [*left, *(node for node in right if node not in left)]


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "count": lambda nodes: float(len(nodes)),
    "sum": lambda nodes: float(sum(number_of([node]) for node in nodes)),
    "string": text_of,
    "number": number_of,
    "boolean": truth_of,
    "not": lambda value: not truth_of(value),
    "true": lambda: True,
    "false": lambda: False,
    "name": lambda nodes: nodes[0].name if nodes else "",
    "local-name": lambda nodes: nodes[0].local_name if nodes else "",
    "concat": lambda *values: "".join(map(text_of, values)),
    "contains": lambda value, part: text_of(part) in text_of(value),
    "starts-with": lambda value, part: text_of(value).startswith(text_of(part)),
    "namespace-uri": lambda nodes: nodes[0].namespace if nodes else "",
    "string-length": lambda value: float(len(units(text_of(value)))),
    "normalize-space": lambda value: " ".join(text_of(value).split()),
    "substring-before": lambda value, mark: (
        text_of(value).partition(text_of(mark))[0] if text_of(mark) in text_of(value) else ""
    ),
    "substring-after": lambda value, mark: text_of(value).partition(text_of(mark))[2],
    "translate": lambda value, old, new: text_of(value).translate(
        {ord(char): text_of(new)[at : at + 1] for at, char in reversed(list(enumerate(text_of(old))))}
    ),
    "substring": lambda value, start, length=math.inf: "".join(
        char
        for at, char in enumerate(text_of(value), 1)
        if number_of(start) <= at < number_of(start) + number_of(length)
    ),
    "floor": lambda value: float(math.floor(number_of(value))),
    "ceiling": lambda value: float(math.ceil(number_of(value))),
    "round": lambda value: float(math.floor(number_of(value) + 0.5)),
}
OF_CONTEXT = ("string", "number", "name", "local-name", "namespace-uri", "string-length", "normalize-space")
