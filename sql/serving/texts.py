"""Filling the T-SQL templates of this folder."""

from pathlib import Path

_FOLDER = Path(__file__).parent
SEPARATOR = "GO\n"


def fill(template: str, **words: str) -> str:
    """The template `<template>.sql` with its `{word}`s filled in. Texts inside quotes must come doubled."""
    return (_FOLDER / f"{template}.sql").read_text(encoding="utf-8").format(**words)


def literal(text: str) -> str:
    """A text as it stands between the quotes of a T-SQL literal."""
    if "\0" in text:
        raise ValueError("a T-SQL text cannot hold a NUL character")
    return text.replace("'", "''")


def identifier(name: str) -> str:
    """A name in T-SQL's brackets."""
    return "[" + name.replace("]", "]]") + "]"
