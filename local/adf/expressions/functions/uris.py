"""URI component and data URI functions.

https://learn.microsoft.com/azure/data-factory/control-flow-expression-language-functions#conversion-functions
"""

import re
from urllib.parse import quote, unquote_to_bytes

from local.adf.expressions.errors import ExpressionError
from local.adf.expressions.functions import content, lenient_json
from local.adf.expressions.functions.base import function, invalid, text
from local.adf.expressions.values import to_text

_DATA_URI = re.compile(r"data:(?P<type>[^,]*?)(?P<base64>;base64)?,(?P<data>.*)", re.IGNORECASE | re.DOTALL)
_CHARSETS = (
    "",
    "utf-8",
    "us-ascii",
    "ascii",
    "iso-8859-1",
    "latin1",
    "utf-16",
    "utf-16be",
    "utf-32",
    "utf-7",
)


@function("uriComponent", "encodeUriComponent", takes="the string to encode", most=None)
def uri_component(name: str, values: list) -> str:
    """Several arguments are joined first: the service takes them as concat() does."""
    return quote("".join(map(to_text, values)).encode("utf-8", "replace"), safe="~")


@function("uriComponentToString", "decodeUriComponent", takes="one parameter: the string to decode")
def uri_component_to_string(name: str, values: list) -> str:
    return _unescaped(text(name, values[0])).decode("utf-8", "replace")


@function("uriComponentToBinary", takes="one parameter: the string to decode")
def uri_component_to_binary(name: str, values: list) -> dict:
    return content.made(_unescaped(text(name, values[0])))


def _unescaped(value: str) -> bytes:
    value = re.sub("%u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), value)
    return unquote_to_bytes(value.replace("+", " ").encode("utf-8", "replace"))


@function("dataUri", takes="one parameter: the value to convert")
def data_uri(name: str, values: list) -> str:
    value = values[0]
    if content.is_content(value):
        return f"data:{value[content.TYPE]};base64,{value[content.CONTENT]}"
    if isinstance(value, str):
        kind, data = "text/plain", value
    else:
        if value is None:
            raise invalid(name, "was invoked with a parameter that is not valid.")
        kind, data = "application/json", to_text(value)
    return (
        f"data:{kind};charset=utf-8;base64,{content.made(data.encode('utf-8', 'replace'))[content.CONTENT]}"
    )


def _parts(name: str, value: object) -> tuple[str, str, bool, str]:
    """(media type with parameters, charset or '', whether base64, data) of a data URI."""
    given = text(name, value)
    found = _DATA_URI.fullmatch(given)
    if found is None:
        raise invalid(
            name,
            "expects its parameter to be formatted as a valid data URI. "
            f"The provided value '{given}' was not formatted correctly.",
        )
    charset = re.search(r";\s*charset=([^;]*)", found["type"], re.IGNORECASE)
    return (
        found["type"] or "text/plain",
        charset[1].strip() if charset else "",
        bool(found["base64"]),
        found["data"],
    )


def _bytes(name: str, encoded: bool, data: str) -> bytes:
    if not encoded:
        return unquote_to_bytes(data.replace("+", " "))
    try:
        return content.decoded(data)
    except ValueError:
        raise _undecodable(name) from None


def _undecodable(name: str) -> ExpressionError:
    return ExpressionError(
        f"The template language function '{name}' was invoked with a parameter that is not valid. "
        "The value cannot be decoded from base64 representation."
    )


@function("dataUriToString", takes="one parameter: a data URI")
def data_uri_to_string(name: str, values: list) -> str:
    _, charset, encoded, data = _parts(name, values[0])
    if charset.lower() not in ("", "utf-8"):
        raise invalid(name, f"parameter is not valid. The provided charset '{charset}' is not supported.")
    return _bytes(name, encoded, data).decode("utf-8", "replace")


@function("decodeDataUri", takes="one parameter: a data URI")
def decode_data_uri(name: str, values: list) -> object:
    """By its media type: JSON as the value that it holds, text as a string, the rest as content."""
    kind, charset, encoded, data = _parts(name, values[0])
    if charset.lower() not in _CHARSETS:
        raise _undecodable(name)
    found = _bytes(name, encoded, data)
    media = kind.partition(";")[0].strip().lower()
    if media.startswith("text/"):
        return found.decode(charset or "utf-8", "replace")
    if media == "application/json" or media.endswith("+json"):
        try:
            return lenient_json.loads(found.decode(charset or "utf-8", "replace"))
        except ValueError as error:
            raise invalid(name, f"parameter is not valid: '{error}'.") from None
    return content.made(found, kind if charset else f"{kind};charset=us-ascii")


@function("dataUriToBinary", takes="one parameter: a data URI")
def data_uri_to_binary(name: str, values: list) -> dict:
    kind, charset, encoded, data = _parts(name, values[0])
    if charset.lower() not in _CHARSETS:
        raise invalid(name, f"parameter is not valid. The provided charset '{charset}' is not supported.")
    if encoded:
        return {content.TYPE: kind, content.CONTENT: data}
    return content.made(_bytes(name, encoded, data), kind)
