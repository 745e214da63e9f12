"""Cutting a T-SQL script into batches, as `GO` on a line of its own does it."""

import re

_GO = re.compile(r"^[ \t]*GO[ \t]*;?[ \t]*$", re.IGNORECASE | re.MULTILINE)


def split(script: str) -> list[str]:
    """The batches of a script in their order, without those that hold nothing.

    `GO` is no T-SQL: every client cuts at it and the server never sees it.
    """
    return [batch for batch in (part.strip() for part in _GO.split(script)) if batch]
