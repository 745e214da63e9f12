"""The parameters of a script block: typed, and named in the text as @name or :name, as Npgsql has them.

https://learn.microsoft.com/azure/data-factory/transform-data-using-script#syntax-details
"""

import base64
import datetime as dt
import re
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal

from local.adf.errors import ActivityError
from local.adf.expressions import ExpressionError
from local.adf.expressions.functions.timestamps import read as read_time
from local.adf.expressions.values import to_text

# Quoted text, quoted names, comments, dollar quotes and casts stay as they are.
_TOKEN = re.compile(
    r"""(?P<skip>'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|(?P<tag>\$\w*\$).*?(?P=tag)|::|@@)"""
    r"|[@:](?P<name>[A-Za-z_]\w*)|(?P<percent>%)",
    re.DOTALL,
)


def _time(value: str) -> dt.datetime:
    moment = read_time("parameter", value)
    return moment.clock.replace(tzinfo=dt.UTC) if moment.kind else moment.clock


def _boolean(value: str) -> bool:
    found = {"true": True, "false": False, "1": True, "0": False}.get(value.strip().lower())
    if found is None:
        raise ValueError(value)
    return found


_READ: dict[str, Callable[[str], object]] = {
    "boolean": _boolean,
    "int16": int,
    "int32": int,
    "int64": int,
    "decimal": Decimal,
    "double": float,
    "single": float,
    "string": str,
    "guid": uuid.UUID,
    "datetime": _time,
    "datetimeoffset": _time,
    "timespan": str,
    "byte[]": base64.b64decode,
}
TYPES = tuple(_READ)


def bound(text: str, parameters: Sequence[dict]) -> tuple[str, list]:
    """The text with a place for each parameter, and their values in that order. Other names stay as they are.

    Raises:
        ActivityError: a value that is not of its type.
    """
    values = {str(one.get("name") or "").lstrip("@").lower(): _value(one) for one in parameters}
    used: list = []

    def place(found: re.Match) -> str:
        name = (found["name"] or "").lower()
        if name not in values:
            return found[0].replace("%", "%%")
        used.append(values[name])
        return "%s"

    return _TOKEN.sub(place, text), used


def _value(parameter: dict) -> object:
    value, kind = parameter.get("value"), str(parameter.get("type") or "String").lower()
    if value is None:
        return None
    try:
        return _READ[kind](to_text(value))
    except (KeyError, ValueError, ArithmeticError, ExpressionError):
        raise ActivityError(
            f"The value of the script's parameter '{parameter.get('name')}' is not a {parameter.get('type')}.",
            "2011",
        ) from None
