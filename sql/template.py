"""SQL texts that are filled in twice: once from a contract, and once a run by PostgreSQL's `format()`.

A template is a file in `sql/source`. `{word}` is filled here, from a contract. `{low}`, `{high}` and the
other names in `ARGUMENTS` become `%n$L`, which `format()` fills with quoted literals when a run asks; every
other percent sign is doubled on the way, whatever text brought it in.
"""

import re
from pathlib import Path

SOURCE = Path(__file__).parent / "source"
ARGUMENTS = {"low": 1, "high": 2, "margin": 2, "candidates": 3, "chunk": 3, "tail": 3}
_TOKEN = re.compile(r"\{([a-z_]+)\}")
_COMMENT = re.compile(r"^\s*--.*\n", re.MULTILINE)


def identifier(name: str) -> str:
    """A quoted identifier. Raises ValueError for a NUL character, which SQL text cannot hold."""
    if "\0" in name:
        raise ValueError("an identifier cannot hold a NUL character")
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | None) -> str:
    """A quoted literal, or `null` for None. Backslashes need no care: standard_conforming_strings is on.

    Raises ValueError for a NUL character, which SQL text cannot hold.
    """
    if text is None:
        return "null"
    if "\0" in text:
        raise ValueError("a text cannot hold a NUL character")
    return "'" + text.replace("'", "''") + "'"


def load(name: str) -> str:
    """The template `sql/source/<name>.sql` without its comment lines, which need not travel to a source."""
    return _COMMENT.sub("", (SOURCE / f"{name}.sql").read_text(encoding="utf-8")).strip()


def fill(template: str, expressions: dict[str, str], **names: str) -> str:
    """Fill the words of a template, as a text for PostgreSQL's `format()`.

    Args:
        expressions: texts that may hold words and arguments in turn.
        names: texts that are taken as they are, such as quoted identifiers.

    Raises:
        KeyError: the template holds a word that is neither given nor an argument.
    """

    def put(match: re.Match[str]) -> str:
        word = match[1]
        if word in names:
            return names[word]
        if word in expressions:
            return _TOKEN.sub(put, expressions[word])
        return f"\0{ARGUMENTS[word]}$L"

    return _TOKEN.sub(put, template).replace("%", "%%").replace("\0", "%")
