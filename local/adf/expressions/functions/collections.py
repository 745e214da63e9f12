"""Collection functions.

https://learn.microsoft.com/azure/data-factory/control-flow-expression-language-functions#collection-functions
"""

from local.adf.expressions.errors import ExpressionError
from local.adf.expressions.functions.base import expects, function, integer, invalid, text
from local.adf.expressions.functions.utf16 import joined, units
from local.adf.expressions.values import find_key, same, to_text, type_name


@function(
    "contains",
    takes="two parameters : the collection of items to search within and the object to find",
    least=2,
)
def contains(name: str, values: list) -> bool:
    collection, wanted = values
    if isinstance(collection, str):
        return text(name, wanted, "second parameter") in collection
    if isinstance(collection, list):
        return any(same(item, wanted) for item in collection)
    if isinstance(collection, dict):
        return find_key(collection, text(name, wanted, "second parameter")) is not None
    raise ExpressionError(
        f"The template language function '{name}' expects its first argument 'collection' to be a dictionary "
        f"(object), an array or a string. The provided value is of type '{type_name(collection)}'."
    )


@function("empty", takes="one parameter: the value to check")
def empty(name: str, values: list) -> bool:
    if values[0] is None:
        return True
    if not isinstance(values[0], str | list | dict):
        raise expects(name, "parameter", "an object, an array or a string", values[0])
    return len(values[0]) == 0


@function("length", takes="one parameter: an array or a string")
def length(name: str, values: list) -> int:
    if not isinstance(values[0], str | list):
        raise expects(name, "parameter", "an array or a string", values[0])
    return len(_indexed(values[0]))


def _indexed(value: str | list) -> str | list:
    return units(value) if isinstance(value, str) else value


def _part(value: str | list) -> str | list:
    return joined(value) if isinstance(value, str) else value


@function("first", takes="one parameter: an array or a string")
def first(name: str, values: list) -> object:
    return _end(name, values[0], 0)


@function("last", takes="one parameter: an array or a string")
def last(name: str, values: list) -> object:
    return _end(name, values[0], -1)


def _end(name: str, value: object, at: int) -> object:
    if not isinstance(value, str | list):
        raise expects(name, "parameter", "an array or a string", value)
    found = _indexed(value)
    if not found:
        return "" if isinstance(value, str) else None
    return found[at]


@function("skip", takes="the collection and the number of elements to skip", least=2)
def skip(name: str, values: list) -> object:
    collection, count = _counted(name, values)
    return _part(collection[count:])


@function("take", takes="the collection and the number of elements to take", least=2)
def take(name: str, values: list) -> object:
    collection, count = _counted(name, values)
    return _part(collection[:count])


def _counted(name: str, values: list) -> tuple[str | list, int]:
    if not isinstance(values[0], str | list):
        raise expects(name, "first parameter", "an array or a string", values[0])
    count = integer(name, values[1], "second parameter")
    if count < 0:
        raise invalid(
            name,
            "parameters are out of range: 'count' must be a positive integer. "
            f"The provided value is '{count}'.",
        )
    return _indexed(values[0]), count


@function("join", takes="two parameters: the array of elements to join and the separator", least=2)
def join(name: str, values: list) -> str:
    if not isinstance(values[0], list):
        raise expects(name, "first parameter", "an array", values[0])
    return text(name, values[1], "second parameter").join(map(to_text, values[0]))


@function("union", takes="a comma separated list of arrays or objects", least=2, most=None)
def union(name: str, values: list) -> object:
    if _common(name, values) is list:
        return _distinct(item for collection in values for item in collection)
    merged: dict = {}
    for collection in values:
        merged.update(collection)
    return merged


@function("intersection", takes="a comma separated list of arrays or objects", least=2, most=None)
def intersection(name: str, values: list) -> object:
    head, rest = values[0], values[1:]
    if _common(name, values) is list:
        return _distinct(
            item for item in head if all(any(same(item, other) for other in more) for more in rest)
        )
    return {
        key: item
        for key, item in head.items()
        if all(key in other and same(item, other[key]) for other in rest)
    }


def _common(name: str, values: list) -> type:
    kinds = list(dict.fromkeys(type_name(value) for value in values))
    if len(kinds) > 1:
        raise ExpressionError(
            f"Template language function '{name}' expects parameters of same type, "
            f"but found '{','.join(kinds)}' distinct types."
        )
    if not isinstance(values[0], list | dict):
        raise expects(name, "parameters", "either arrays or objects", values[0])
    return type(values[0])


def _distinct(items) -> list:
    found: list = []
    for item in items:
        if not any(same(item, other) for other in found):
            found.append(item)
    return found
