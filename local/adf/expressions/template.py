"""A JSON string of a definition: literal text, an expression, or text with expressions inside.

    text            literal
    @expression     the value of the expression, whatever its type
    a @{expr} b     text with the values of expressions in it: always a string
    @@text          the literal @text
    @@{             inside a text: the literal @{

Parsed once and kept, evaluated many times.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from local.adf.expressions.compile import compile_node
from local.adf.expressions.context import Context
from local.adf.expressions.errors import ExpressionError
from local.adf.expressions.nodes import Node
from local.adf.expressions.parser import parse
from local.adf.expressions.values import to_text


@dataclass(frozen=True)
class Template:
    """A parsed string of a definition. `nodes` are its expressions with the offset of each in `text`."""

    text: str
    nodes: tuple[tuple[int, Node], ...]
    evaluate: Callable[[Context], object]

    @property
    def is_literal(self) -> bool:
        return not self.nodes


@lru_cache(maxsize=8192)
def template(text: str) -> Template:
    """Parse a string of a definition.

    Raises:
        ExpressionError: malformed; `position` counts from the start of `text`.
    """
    if text.startswith("@") and len(text) > 1 and text[1] not in "@{":
        return _single(text)
    if text.startswith("@@"):
        return _literal(text, text[1:])
    if "@{" in text:
        return _interpolated(text)
    return _literal(text, text)


def _literal(text: str, value: str) -> Template:
    return Template(text, (), lambda context: value)


def _parse_at(text: str, offset: int, whole: str) -> Node:
    try:
        return parse(text)
    except ExpressionError as error:
        error.position = offset + (error.position or 0)
        error.expression = whole
        raise


def _single(text: str) -> Template:
    node = _parse_at(text[1:], 1, text)
    return Template(text, ((1, node),), compile_node(node, text[1:]))


def _interpolated(text: str) -> Template:
    nodes: list[tuple[int, Node]] = []
    parts: list[str | Callable[[Context], object]] = []
    at = 0
    while True:
        start = text.find("@{", at)
        if start < 0:
            parts.append(text[at:])
            break
        if start > at and text[start - 1] == "@":  # @@{ is a literal @{
            parts += [text[at : start - 1], "@{"]
            at = start + 2
            continue
        end = _segment_end(text, start)
        body = text[start + 2 : end]
        node = _parse_at(body, start + 2, text)
        nodes.append((start + 2, node))
        parts += [text[at:start], compile_node(node, body)]
        at = end + 1

    pieces = tuple(part for part in parts if part != "")

    def evaluate(context: Context) -> str:
        return "".join(piece if isinstance(piece, str) else to_text(piece(context)) for piece in pieces)

    return Template(text, tuple(nodes), evaluate)


def _segment_end(text: str, start: int) -> int:
    """Offset of the } that closes the segment at `start`; one inside a quoted string does not."""
    quoted = False
    for at in range(start + 2, len(text)):
        if text[at] == "'":
            quoted = not quoted
        elif text[at] == "}" and not quoted:
            return at
    raise ExpressionError(
        f"The template language expression '{text}' is not valid: the string interpolation segment starting "
        f"at position '{start}' is not terminated. Make sure that every '@{{' is followed by its '}}'.",
        text,
        start,
    )
