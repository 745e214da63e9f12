"""The steps of an XPath: axes, node tests and predicates."""

from collections.abc import Callable, Iterator

from local.adf.expressions.functions.xmltree import Node
from local.adf.expressions.functions.xpathvalues import Value, XPathError, truth_of

Run = Callable[[Node, int, int], Value]  # (context node, position, size) -> value


def in_order(node: Node) -> Iterator[Node]:
    """Every node of the document in document order."""
    yield node
    yield from node.attributes
    for child in node.children:
        yield from in_order(child)


def root_of(node: Node) -> Node:
    while node.parent is not None:
        node = node.parent
    return node


def _ancestors(node: Node) -> list[Node]:
    """Nearest first."""
    return [] if node.parent is None else [node.parent, *_ancestors(node.parent)]


def _siblings(node: Node, step: int) -> list[Node]:
    """Those after (1) or before (-1) it, nearest first. An attribute has none."""
    beside = [] if node.parent is None else node.parent.children
    at = next((at for at, one in enumerate(beside) if one is node), None)
    if at is None:
        return []
    return beside[at + 1 :] if step > 0 else beside[:at][::-1]


def _beyond(node: Node, step: int) -> list[Node]:
    """Everything after or before it in the document that is neither inside nor around it, nearest first."""
    found: list[Node] = []
    for one in (node, *_ancestors(node)):
        for sibling in _siblings(one, step):
            below = list(sibling.walk())
            found += below if step > 0 else below[::-1]
    return found


_AXES: dict[str, Callable[[Node], list[Node]]] = {
    "child": lambda node: node.children,
    "attribute": lambda node: [one for one in node.attributes if not one.name.startswith("xmlns")],
    "self": lambda node: [node],
    "parent": lambda node: [node.parent] if node.parent is not None else [],
    "descendant": lambda node: list(node.walk())[1:],
    "descendant-or-self": lambda node: list(node.walk()),
    "ancestor": _ancestors,
    "ancestor-or-self": lambda node: [node, *_ancestors(node)],
    "following-sibling": lambda node: _siblings(node, 1),
    "preceding-sibling": lambda node: _siblings(node, -1),
    "following": lambda node: _beyond(node, 1),
    "preceding": lambda node: _beyond(node, -1),
}


def _matches(node: Node, test: str, axis: str) -> bool:
    if test in ("node", "node()"):
        return True
    if test in ("text()", "comment()"):
        return node.is_text if test == "text()" else node.kind == "comment"
    principal = "attribute" if axis == "attribute" else "element"
    return node.kind == principal and (test == "*" or (node.name == test and node.namespace_of("") is None))


def _kept(nodes: list[Node], predicate: Run) -> list[Node]:
    kept = []
    for position, node in enumerate(nodes, 1):
        value = predicate(node, position, len(nodes))
        if value == position if isinstance(value, float) else truth_of(value):
            kept.append(node)
    return kept


def filtered(start: Run, predicate: Run) -> Run:
    return lambda *at: _kept(_nodes(start(*at)), predicate)


def _nodes(value: Value) -> list[Node]:
    if not isinstance(value, list):
        raise XPathError("Expression must evaluate to a node-set")
    return value


def step(start: Run, axis: str, test: str, deep: bool, predicates: list[Run]) -> Run:
    if axis not in _AXES:
        raise XPathError(f"the axis {axis} is not supported")

    def run(*at) -> list[Node]:
        found: dict[int, Node] = {}
        for node in _nodes(start(*at)):
            for origin in node.walk() if deep else (node,):
                nodes = [one for one in _AXES[axis](origin) if _matches(one, test, axis)]
                for predicate in predicates:
                    nodes = _kept(nodes, predicate)
                found.update((id(one), one) for one in nodes)
        return list(found.values())

    return run
