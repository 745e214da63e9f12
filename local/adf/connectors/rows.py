"""A database's values as an activity's output has them: JSON."""

import base64
import datetime as dt
import json
import math
from collections.abc import Sequence
from decimal import Decimal


def as_json(value: object, decimals_as_text: bool = False) -> object:
    """One value. Times in UTC as ISO 8601, exact numbers as numbers (or text when asked), bytes as base64."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return _decimal(value, decimals_as_text)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(dt.UTC).replace(tzinfo=None)
        return value.isoformat() + "Z"
    if isinstance(value, dt.date):
        return f"{value.isoformat()}T00:00:00Z"
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, dict | list):  # json, and arrays as PostgreSQL's driver gives them
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _decimal(value: Decimal, as_text: bool) -> object:
    if as_text or not value.is_finite():
        return str(value)
    return int(value) if value.as_tuple().exponent >= 0 else float(value)


def as_row(names: Sequence[str], values: Sequence[object], decimals_as_text: bool = False) -> dict:
    """One row as an object."""
    return {name: as_json(value, decimals_as_text) for name, value in zip(names, values, strict=True)}


def size_of(row: object) -> int:
    """How many bytes it takes in an output."""
    return len(json.dumps(row, ensure_ascii=False).encode())
