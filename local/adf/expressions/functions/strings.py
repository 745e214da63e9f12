"""String functions.

https://learn.microsoft.com/azure/data-factory/control-flow-expression-language-functions#string-functions
"""

import uuid

from local.adf.expressions.functions.base import function, integer, invalid, text
from local.adf.expressions.functions.utf16 import joined, units
from local.adf.expressions.values import to_text


@function("concat", takes="a comma separated list of string and integer parameters", most=None)
def concat(name: str, values: list) -> str:
    return "".join(map(to_text, values))


@function("startsWith", takes="the string and the value to check", least=2)
def starts_with(name: str, values: list) -> bool:
    value, prefix = text(name, values[0], "first parameter"), text(name, values[1], "second parameter")
    return _folded(value).startswith(_folded(prefix))


@function("endsWith", takes="the string and the value to check", least=2)
def ends_with(name: str, values: list) -> bool:
    value, suffix = text(name, values[0], "first parameter"), text(name, values[1], "second parameter")
    return _folded(value).endswith(_folded(suffix))


@function("indexOf", takes="the string and the value to find the index of", least=2)
def index_of(name: str, values: list) -> int:
    value, wanted = text(name, values[0], "first parameter"), text(name, values[1], "second parameter")
    return units(_folded(value)).find(units(_folded(wanted)))


@function("lastIndexOf", takes="the string and the value to find the last index of", least=2)
def last_index_of(name: str, values: list) -> int:
    value, wanted = text(name, values[0], "first parameter"), text(name, values[1], "second parameter")
    if not wanted:
        return max(len(units(value)) - 1, 0)
    return units(_folded(value)).rfind(units(_folded(wanted)))


@function("replace", takes="the string, the string to find and the string to put there", least=3)
def replace(name: str, values: list) -> str:
    value = text(name, values[0], "first parameter 'string'")
    old = text(name, values[1], "second parameter 'old string'")
    new = text(name, values[2], "third parameter 'new string'")
    if not value:
        return ""
    if not old:
        raise invalid(name, "expects its second parameter 'old string' to be a string that is not empty.")
    return value.replace(old, new)


@function("split", takes="two parameters: the string to split and the separator", least=2)
def split(name: str, values: list) -> list:
    value, separator = text(name, values[0], "first parameter"), text(name, values[1], "second parameter")
    return value.split(separator) if separator else [value]


@function("substring", takes="the string, the start index and an optional length", least=2, most=3)
def substring(name: str, values: list) -> str:
    value = units(text(name, values[0], "first parameter"))
    start = integer(name, values[1], "second parameter")
    if not 0 <= start < len(value):
        raise invalid(
            name,
            "parameter is out of range: 'start index' must be non-negative integer and should be less than "
            "the length of the string.",
        )
    length = integer(name, values[2], "third parameter") if len(values) == 3 else len(value) - start
    if length < 0 or start + length > len(value):
        raise invalid(
            name,
            "parameters are out of range: 'start index' and 'length' must be non-negative integers and their "
            "sum must be no larger than the length of the string.",
        )
    return joined(value[start : start + length])


@function("toLower", takes="one parameter: the string to convert")
def to_lower(name: str, values: list) -> str:
    return _simple_case(text(name, values[0]), str.lower)


@function("toUpper", takes="one parameter: the string to convert")
def to_upper(name: str, values: list) -> str:
    return _simple_case(text(name, values[0]), str.upper)


def _simple_case(value: str, change) -> str:
    """Character by character: .NET never changes the length of a string, nor dots a dotless i."""
    if value.isascii():
        return change(value)
    changed = ((char, char if char == "\u0131" else change(char)) for char in value)
    return "".join(new if len(new) == 1 else char for char, new in changed)


def _folded(value: str) -> str:
    """For comparison without regard to case."""
    return value.upper() if value.isascii() else _simple_case(value, str.upper)


@function("trim", takes="one parameter: the string to trim")
def trim(name: str, values: list) -> str:
    return text(name, values[0]).strip()


@function("guid", takes="an optional format", least=0, most=1)
def guid(name: str, values: list) -> str:
    made = str(uuid.uuid4())
    shape = "D" if not values else text(name, values[0])
    plain = made.replace("-", "")
    tail = ",".join(f"0x{plain[at : at + 2]}" for at in range(16, 32, 2))
    shapes = {
        "N": plain,
        "D": made,
        "B": f"{{{made}}}",
        "P": f"({made})",
        "X": f"{{0x{plain[:8]},0x{plain[8:12]},0x{plain[12:16]},{{{tail}}}}}",
    }
    if shape not in shapes:
        raise invalid(
            name, f"format parameter '{shape}' is not supported. The supported formats are: 'N, D, B, P, X'."
        )
    return shapes[shape]
