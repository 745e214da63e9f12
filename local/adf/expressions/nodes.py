"""The tree of a parsed expression."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Literal:
    """A string, number, boolean or null."""

    value: object
    position: int


@dataclass(frozen=True)
class Call:
    """A function call; `name` as written, looked up without regard to case."""

    name: str
    arguments: tuple["Node", ...]
    position: int


@dataclass(frozen=True)
class Select:
    """`.name` or `[index]` of a value; with `?` before it a missing one is null."""

    target: "Node"
    key: "Node"
    optional: bool
    position: int


Node = Literal | Call | Select


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    if isinstance(node, Call):
        for argument in node.arguments:
            yield from walk(argument)
    elif isinstance(node, Select):
        yield from walk(node.target)
        yield from walk(node.key)
