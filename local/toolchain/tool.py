"""A tool that was found: what it is, which version, and where it comes from."""

import re
from dataclasses import dataclass
from pathlib import Path

Version = tuple[int, int, int]


@dataclass(frozen=True)
class Tool:
    """One tool in use.

    Attributes:
        name: as the table of `python -m local.toolchain` shows it.
        version: as the tool itself tells it.
        path: the executable, or the folder that stands for it (JAVA_HOME, the folder of jars).
        origin: how it came to be there, in a word or two: `PATH`, `cache`, `built here`.
    """

    name: str
    version: str
    path: Path
    origin: str


def first_version(text: str) -> Version | None:
    """The first `major.minor.patch` in a text, or None. `v3.259.0-alpha.1` gives (3, 259, 0)."""
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None
