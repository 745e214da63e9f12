"""XPath 1.0, the part that is used on small documents: paths, predicates, operators and core functions."""

import re

from local.adf.expressions.functions.xmltree import Node
from local.adf.expressions.functions.xpathsteps import Run, filtered, in_order, root_of, step
from local.adf.expressions.functions.xpathvalues import (
    COMPARE,
    FUNCTIONS,
    OF_CONTEXT,
    Value,
    XPathError,
    arithmetic,
    compare,
    number_of,
    truth_of,
    unite,
)

_TOKEN = re.compile(
    r"\s*(//|::|\.\.|!=|<=|>=|[/()\[\]@,|+\-*=<>.]|\"[^\"]*\"|'[^']*'|\d+(?:\.\d*)?|\.\d+|[^\W\d][\w.-]*(?::(?!:)[*\w][\w.-]*)?)"
)
MAX_DEPTH = 60
_LEVELS = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"), ("|",))


def evaluate(root: Node, text: str) -> Value:
    """The value of an expression on the document: a list of nodes, a string, a number or a boolean."""
    parser = _Parser(text)
    run = parser.binary(0)
    if parser.tokens:
        raise XPathError(f"'{parser.tokens[0]}' is not expected")
    found = run(root, 1, 1)
    if isinstance(found, list):
        order = {id(node): at for at, node in enumerate(in_order(root))}
        found.sort(key=lambda node: order[id(node)])
    return found


class _Parser:
    """Recursive descent that builds functions of (node, position, size)."""

    def __init__(self, text: str):
        self.tokens, at = [], 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if found is None:
                raise XPathError(f"'{text[at:]}' is not XPath")
            self.tokens.append(found[1])
            at = found.end()
        self.depth = 0

    def peek(self, at: int = 0) -> str:
        return self.tokens[at] if at < len(self.tokens) else ""

    def take(self, wanted: str | None = None) -> str:
        if not self.tokens or (wanted and self.tokens[0] != wanted):
            raise XPathError(f"'{wanted or 'more'}' is expected")
        return self.tokens.pop(0)

    def binary(self, level: int) -> Run:
        if level == len(_LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while self.peek() in _LEVELS[level]:
            left = _operation(self.take(), left, self.binary(level + 1))
        return left

    def unary(self) -> Run:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise XPathError("nested too deeply")
        try:
            if self.peek() == "-":
                self.take()
                value = self.unary()
                return lambda *at: -number_of(value(*at))
            return self.primary()
        finally:
            self.depth -= 1

    def primary(self) -> Run:
        token = self.peek()
        if token[:1] in ("'", '"'):
            self.take()
            return lambda *at: token[1:-1]
        if token[:1].isdigit() or (token[:1] == "." and token[1:2].isdigit()):
            self.take()
            return lambda *at: float(token)
        if token == "(":
            self.take()
            inside = self.binary(0)
            self.take(")")
            return self.after(inside)
        if self.peek(1) == "(" and token not in ("text", "node", "comment"):
            return self.after(self.call())
        return self.path()

    def after(self, start: Run) -> Run:
        """Predicates and steps that follow a parenthesis or a call."""
        while self.peek() == "[":
            start = filtered(start, self.predicate())
        return self.steps(start) if self.peek() in ("/", "//") else start

    def call(self) -> Run:
        name, arguments = self.take(), []
        self.take("(")
        while self.peek() != ")":
            arguments.append(self.binary(0))
            if self.peek() != ")":
                self.take(",")
        self.take(")")
        if name in ("position", "last") and not arguments:
            return lambda node, position, size: float(position if name == "position" else size)
        if name not in FUNCTIONS:
            raise XPathError(f"the function {name}() is not supported")
        function = FUNCTIONS[name]

        def run(*at) -> Value:
            values = [argument(*at) for argument in arguments]
            if not values and name in OF_CONTEXT:
                values = [[at[0]]]
            try:
                return function(*values)
            except (TypeError, AttributeError, OverflowError, ValueError):
                raise XPathError(f"{name}() was given arguments that it does not take") from None

        return run

    def path(self) -> Run:
        if self.peek() == "/" and not _starts_step(self.peek(1)):
            self.take()
            return lambda node, *at: [root_of(node)]
        if self.peek() in ("/", "//"):
            return self.steps(lambda node, *at: [root_of(node)])
        return self.steps(lambda node, *at: [node], first=True)

    def steps(self, start: Run, first: bool = False) -> Run:
        while first or self.peek() in ("/", "//"):
            deep = not first and self.take() == "//"
            start, first = self.step(start, deep), False
        return start

    def step(self, start: Run, deep: bool) -> Run:
        axis = "child"
        if self.peek() in (".", ".."):
            axis, test = ("self" if self.take() == "." else "parent"), "node"
        else:
            if self.peek() == "@":
                self.take()
                axis = "attribute"
            elif self.peek(1) == "::":
                axis = self.take()
                self.take("::")
            test = self.take()
            if not _starts_step(test):
                raise XPathError(f"'{test}' is not a step")
            if ":" in test:
                raise XPathError("a prefix needs a namespace manager: use local-name()")
            if self.peek() == "(":
                self.take("(")
                self.take(")")
                test += "()"
        predicates = []
        while self.peek() == "[":
            predicates.append(self.predicate())
        return step(start, axis, test, deep, predicates)

    def predicate(self) -> Run:
        self.take("[")
        run = self.binary(0)
        self.take("]")
        return run


def _starts_step(token: str) -> bool:
    return token in ("*", ".", "..", "@") or token[:1].isalpha() or token[:1] == "_"


def _operation(name: str, left: Run, right: Run) -> Run:
    if name == "or":
        return lambda *at: truth_of(left(*at)) or truth_of(right(*at))
    if name == "and":
        return lambda *at: truth_of(left(*at)) and truth_of(right(*at))
    if name in COMPARE:
        return lambda *at: compare(name, left(*at), right(*at))
    if name == "|":
        return lambda *at: unite(left(*at), right(*at))
    return lambda *at: arithmetic(name, number_of(left(*at)), number_of(right(*at)))
