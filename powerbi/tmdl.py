"""Writing TMDL: objects by tabs, names in quotes where they need them, expressions under their object.

https://learn.microsoft.com/analysis-services/tmdl/tmdl-overview
"""

import re
from collections.abc import Iterable

_BARE = re.compile(r"^[A-Za-z_]\w*$")


def name(text: str) -> str:
    """A name as TMDL has it."""
    return text if _BARE.match(text) else "'" + text.replace("'", "''") + "'"


def dax_column(table: str, column: str) -> str:
    """A column in DAX. A table's name is always quoted: some are words of the language."""
    return "'" + table.replace("'", "''") + f"'[{column}]"


def indented(lines: Iterable[str], depth: int = 1) -> list[str]:
    return ["\t" * depth + line if line else "" for line in lines]


def described(text: str) -> list[str]:
    return [f"/// {line}" for line in text.strip().splitlines()]


def expression(head: str, body: str) -> list[str]:
    """`head = body`, on lines of its own when it has several."""
    lines = body.strip().splitlines()
    if len(lines) == 1:
        return [f"{head} = {lines[0]}"]
    return [f"{head} =", *indented(lines, 2)]


def text(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"
