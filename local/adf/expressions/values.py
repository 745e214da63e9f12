"""Values of expressions: the names of their types, their text, and when two are equal.

A value is None, bool, int, float, str, list or dict, as the standard library's json reads them.
"""

import base64
import math

from local.adf.expressions.errors import ExpressionError

INT64 = range(-(2**63), 2**63)

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPES |= {
    chr(code): f"\\u{code:04x}" for code in [*range(32), 0x85, 0x2028, 0x2029] if chr(code) not in _ESCAPES
}
_TABLE = str.maketrans(_ESCAPES)


def type_name(value: object) -> str:
    """The service's name of a value's type."""
    if value is None:
        return "Null"
    for kind, name in (
        (bool, "Boolean"),
        (int, "Integer"),
        (float, "Float"),
        (str, "String"),
        (list, "Array"),
    ):
        if isinstance(value, kind):
            return name
    return "Object"


def is_number(value: object) -> bool:
    return isinstance(value, float) or is_integer(value)


def is_integer(value: object) -> bool:
    """Whether it is an integer. ExpressionError for one beyond 64 bits: JSON may hold it, no function takes it."""
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    _check_size(value)
    return True


def int32(value: int) -> int:
    """The lowest 32 bits: all that the service keeps of a count, an index or an interval, without a word."""
    return (value + 2**31) % 2**32 - 2**31


def _check_size(value: int) -> None:
    if value not in INT64:
        raise ExpressionError(f"The integer {value} does not fit in 64 bits, so it cannot be converted.")


def float_text(value: float) -> str:
    """.NET's shortest text of a double: exponents below -4 and from 17 on are written as E-05, E+17."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    digits, exponent = _shortest(abs(value))
    sign = "-" if math.copysign(1, value) < 0 else ""
    if -5 < exponent < 17:
        if exponent < 0:
            return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
        whole, fraction = digits[: exponent + 1].ljust(exponent + 1, "0"), digits[exponent + 1 :]
        return f"{sign}{whole}.{fraction}" if fraction else sign + whole
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{sign}{mantissa}E{'+' if exponent >= 0 else '-'}{abs(exponent):02d}"


def _shortest(value: float) -> tuple[str, int]:
    """Shortest digits that give the double back, and the decimal exponent of the first one."""
    mantissa, _, exponent = f"{value!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return "0", 0
    leading = len(whole + fraction) - len(digits)
    return digits.rstrip("0"), len(whole) - 1 - leading + int(exponent or 0)


def to_text(value: object) -> str:
    """The value as string(), concat() and interpolation show it; arrays and objects as compact JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, int):
        _check_size(value)
        return str(value)
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, dict) and isinstance(value.get("$content"), str) and "$content-type" in value:
        return _content_text(value["$content"])
    return to_json(value)


def _content_text(encoded: str) -> str:
    """The text of binary content; its base64 as it is where that is broken."""
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8", "replace")
    except ValueError:
        return encoded


def to_json(value: object) -> str:
    """Compact JSON as the service writes it: no escapes beyond the needed ones, 2.0 stays 2.0."""
    if isinstance(value, str):
        return f'"{value.translate(_TABLE)}"'
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        text = float_text(value)
        if math.isnan(value) or math.isinf(value):
            return f'"{text}"'
        return text if "." in text or "E" in text else text + ".0"
    if isinstance(value, list):
        return "[" + ",".join(map(to_json, value)) + "]"
    return "{" + ",".join(f'"{key.translate(_TABLE)}":{to_json(item)}' for key, item in value.items()) + "}"


def alike(left: int | float, right: int | float) -> tuple[int | float, int | float]:
    """Two numbers for comparison: as doubles when one of them is."""
    if isinstance(left, float) or isinstance(right, float):
        return float(left), float(right)
    return left, right


def equal(left: object, right: object) -> bool:
    """What equals() tests: like `same`, but 1 equals 1.0."""
    if (
        isinstance(left, int | float)
        and isinstance(right, int | float)
        and is_number(left)
        and is_number(right)
    ):
        left, right = alike(left, right)
        return left == right
    return same(left, right)


def same(left: object, right: object) -> bool:
    """Deep equality of JSON: 1 is neither 1.0 nor true; objects without regard to the order of their keys."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(item, right[key]) for key, item in left.items())
    return left == right


def find_key(mapping: dict, name: str) -> str | None:
    """The key that a property name selects: the exact one, else the first that differs only in case."""
    if name in mapping:
        return name
    folded = name.lower()
    return next((key for key in mapping if key.lower() == folded), None)
