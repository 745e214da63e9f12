"""JSON files: objects one after the other (a line each, or not), or an array of them.

https://learn.microsoft.com/azure/data-factory/format-json
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from local.adf.errors import ActivityError


def read(files: Iterable[Path]) -> Iterator[dict]:
    """The objects of the files, in order.

    Raises:
        ActivityError: a file that is not JSON; it is named, with the place.
    """
    decoder = json.JSONDecoder()
    for file in files:
        text = file.read_text(encoding="utf-8-sig")
        at = _skip(text, 0)
        while at < len(text):
            try:
                value, at = decoder.raw_decode(text, at)
            except ValueError as error:
                raise ActivityError(f"{file} is not JSON: {error}.", "UserErrorInvalidJsonDocument") from None
            yield from value if isinstance(value, list) else [value]
            at = _skip(text, at)


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at
