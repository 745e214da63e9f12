"""Conversion functions, those between text, numbers, JSON and base64. Those of URIs and XML are beside.

https://learn.microsoft.com/azure/data-factory/control-flow-expression-language-functions#conversion-functions
"""

import math
import re

from local.adf.expressions.errors import ExpressionError
from local.adf.expressions.functions import content, lenient_json
from local.adf.expressions.functions.base import expects, function, invalid, text
from local.adf.expressions.functions.xmljson import to_object
from local.adf.expressions.functions.xmltree import XmlError
from local.adf.expressions.values import INT64, is_number, to_text

_NUMBER = re.compile(r"\s*([+-]?)(?=[\d.])(\d[\d,]*)?(\.\d*)?([eE][+-]?\d+)?(-?)\s*", re.ASCII)


def _not_convertible(name: str) -> ExpressionError:
    return ExpressionError(
        f"The template language function '{name}' was invoked with a parameter that is not valid. "
        "The value cannot be converted to the target type."
    )


def _number(name: str, value: object) -> int | float:
    """A number, a boolean, or a text that holds a number in en-US: 1,234.5e3."""
    if isinstance(value, bool):
        return int(value)
    if is_number(value):
        return value
    if isinstance(value, str):
        found = _NUMBER.fullmatch(value)
        if found and (found[2] or (found[3] or ".") != ".") and not (found[1] and found[5]):
            digits = "".join(part or "" for part in found.group(2, 3, 4)).replace(",", "")
            return float(digits) * (-1 if "-" in (found[1], found[5]) else 1)
        if value.strip().lower() in ("nan", "+nan", "-nan", "∞", "-∞"):
            return float(value.strip().replace("∞", "inf"))
    raise _not_convertible(name)


@function("int", takes="one parameter: the value to convert to an integer")
def to_int(name: str, values: list) -> int:
    if isinstance(values[0], str) and values[0].rstrip().endswith(
        "-"
    ):  # float() takes a sign behind, int() not
        raise _not_convertible(name)
    number = _number(name, values[0])
    # The service converts by way of a double: what a double cannot hold as an integer of 64 bits is refused.
    whole = float(number)
    if math.isnan(whole):
        return INT64.start
    if math.isinf(whole) or whole != int(whole) or int(whole) not in INT64:
        raise _not_convertible(name)
    return int(whole)


@function("float", takes="one parameter: the value to convert to a float")
def to_float(name: str, values: list) -> float:
    return float(_number(name, values[0]))


@function("bool", takes="one parameter: the value to convert to a boolean")
def to_bool(name: str, values: list) -> bool:
    value = values[0]
    if isinstance(value, bool) or is_number(value):
        return bool(value)
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise _not_convertible(name)


@function("string", takes="one parameter: the value that is to be converted to a string")
def to_string(name: str, values: list) -> str:
    return to_text(values[0])


@function("json", takes="one parameter: a string or an XML")
def json(name: str, values: list) -> object:
    value = values[0]
    if content.is_xml(value):
        try:
            return to_object(content.bytes_of(value))
        except (XmlError, ValueError) as error:
            raise invalid(
                name, f"parameter is not valid. The provided value cannot be converted to JSON: '{error}'."
            ) from None
    if content.is_content(value):
        value = to_text(value)
    if not isinstance(value, str):
        raise expects(name, "parameter", "a string or an XML", value)
    try:
        return lenient_json.loads(value)
    except ValueError as error:
        raise invalid(
            name, f"parameter is not valid. The provided value '{value}' cannot be parsed: '{error}'."
        ) from None


@function("array", takes="one parameter: the value to wrap")
def array(name: str, values: list) -> list:
    return values[0] if isinstance(values[0], list) else [values[0]]


@function("createArray", takes="a comma separated list of parameters", most=None)
def create_array(name: str, values: list) -> list:
    return values


@function("base64", takes="one parameter: the value to encode")
def base64(name: str, values: list) -> str:
    if not isinstance(values[0], str | dict | list):
        raise expects(name, "parameter", "a string, an object or an array", values[0])
    return content.made(_data(values[0]))[content.CONTENT]


def _data(value: object) -> bytes:
    return content.bytes_of(value) if content.is_content(value) else to_text(value).encode("utf-8", "replace")


@function("base64ToString", "decodeBase64", takes="one parameter: the string to decode")
def base64_to_string(name: str, values: list) -> str:
    return _decoded(name, values[0]).decode("utf-8", "replace")


@function("base64ToBinary", takes="one parameter: the string to decode")
def base64_to_binary(name: str, values: list) -> dict:
    _decoded(name, values[0])
    return {content.TYPE: content.OCTETS, content.CONTENT: values[0]}


def _decoded(name: str, value: object) -> bytes:
    try:
        return content.decoded(text(name, value))
    except ValueError:
        raise ExpressionError(
            f"The template language function '{name}' was invoked with a parameter that is not valid. "
            "The value cannot be decoded from base64 representation."
        ) from None


@function("binary", takes="one parameter: the value to convert")
def binary(name: str, values: list) -> dict:
    if values[0] is None:
        raise _not_convertible(name)
    if content.is_content(values[0]):
        return values[0]
    return content.made(_data(values[0]))
