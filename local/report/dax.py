"""A parser for the part of DAX that measures and row filters are written in.

https://learn.microsoft.com/dax/dax-syntax-reference
"""

import re
from dataclasses import dataclass

from local.report.errors import ReportError

_TOKENS = re.compile(
    r"""\s*(?:
    (?P<comment>--[^\n]*|//[^\n]*|/\*.*?\*/)
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<text>"(?:[^"]|"")*")
    |(?P<column>(?:'(?:[^']|'')+'|[A-Za-z_]\w*)\[[^\]]+\])
    |(?P<measure>\[[^\]]+\])
    |(?P<table>'(?:[^']|'')+')
    |(?P<word>[A-Za-z_][\w.]*)
    |(?P<sign><>|<=|>=|&&|\|\||[-+*/=<>(),{}])
    )""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Literal:
    """A number (int or float), a text, True, False, or None for BLANK()."""

    value: object


@dataclass(frozen=True)
class ColumnRef:
    table: str
    name: str


@dataclass(frozen=True)
class MeasureRef:
    name: str


@dataclass(frozen=True)
class Word:
    """A bare name: a table or a variable."""

    name: str


@dataclass(frozen=True)
class Call:
    name: str
    args: tuple


@dataclass(frozen=True)
class Binary:
    op: str
    left: object
    right: object


@dataclass(frozen=True)
class In:
    what: object
    values: tuple


@dataclass(frozen=True)
class Let:
    """VAR name = value .. RETURN body"""

    variables: tuple[tuple[str, object], ...]
    body: object


_LEVELS = (("||",), ("&&",), ("=", "<>", "<", "<=", ">", ">="), ("+", "-"), ("*", "/"))


def parse(text: str, where: str) -> object:
    """The tree of an expression. `where` names it in errors.

    Raises:
        ReportError: it is not of the part of DAX that is read here; it names the place.
    """
    return _Parser(text, where).whole()


class _Parser:
    def __init__(self, text: str, where: str):
        self._where, self._text = where, text
        self._tokens = list(self._split())
        self._at = 0

    def _split(self):
        at = 0
        while self._text[at:].strip():
            found = _TOKENS.match(self._text, at)
            if not found:
                raise self._refused(self._text[at:].strip()[:20])
            at = found.end()
            if found.lastgroup != "comment":
                yield found.lastgroup, found[found.lastgroup]
        yield "end", ""

    def _refused(self, found: str) -> ReportError:
        what = f"found {found!r}" if found else "it ends too early"
        return ReportError(f"Can't read the DAX of {self._where}", f"{what} in: {self._text.strip()}")

    def _peek(self) -> str:
        kind, text = self._tokens[self._at]
        return text.upper() if kind == "word" else text

    def _next(self) -> tuple[str, str]:
        self._at += 1
        return self._tokens[self._at - 1]

    def _expect(self, text: str) -> None:
        if self._peek() != text:
            raise self._refused(self._tokens[self._at][1])
        self._at += 1

    def whole(self) -> object:
        tree = self._expression()
        if self._tokens[self._at][0] != "end":
            raise self._refused(self._tokens[self._at][1])
        return tree

    def _expression(self) -> object:
        variables = []
        while self._peek() == "VAR":
            self._next()
            name = self._next()[1]
            self._expect("=")
            variables.append((name, self._level(0)))
        if variables:
            self._expect("RETURN")
            return Let(tuple(variables), self._level(0))
        return self._level(0)

    def _level(self, level: int) -> object:
        if level == len(_LEVELS):
            return self._unary()
        left = self._level(level + 1)
        while self._peek() in _LEVELS[level] or (level == 2 and self._peek() == "IN"):
            op = self._next()[1]
            right = self._braces() if op.upper() == "IN" else self._level(level + 1)
            left = In(left, right) if op.upper() == "IN" else Binary(op, left, right)
        return left

    def _braces(self) -> tuple:
        self._expect("{")
        values = [self._unary()]
        while self._peek() == ",":
            self._next()
            values.append(self._unary())
        self._expect("}")
        return tuple(values)

    def _unary(self) -> object:
        kind, text = self._next()
        if kind == "number":
            return Literal(float(text) if "." in text else int(text))
        if kind == "text":
            return Literal(text[1:-1].replace('""', '"'))
        if kind == "column":
            table, _, name = text.partition("[")
            return ColumnRef(_unquoted(table), name[:-1])
        if kind == "measure":
            return MeasureRef(text[1:-1])
        if kind == "table":
            return Word(_unquoted(text))
        if kind == "word":
            return self._call(text) if self._peek() == "(" else self._constant(text)
        if text == "(":
            tree = self._expression()
            self._expect(")")
            return tree
        if text == "-":
            return Binary("-", Literal(0), self._unary())
        raise self._refused(text)

    def _constant(self, text: str) -> object:
        return Literal(text.upper() == "TRUE") if text.upper() in ("TRUE", "FALSE") else Word(text)

    def _call(self, name: str) -> object:
        self._expect("(")
        args = []
        while self._peek() != ")":
            if args:
                self._expect(",")
            args.append(self._expression())
        self._expect(")")
        name = name.upper()
        if name in ("TRUE", "FALSE", "BLANK") and not args:
            return Literal({"TRUE": True, "FALSE": False, "BLANK": None}[name])
        return Call(name, tuple(args))


def _unquoted(name: str) -> str:
    return name[1:-1].replace("''", "'") if name.startswith("'") else name
