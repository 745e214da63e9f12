"""Reading TMDL as a tree: objects by indentation, with their properties and expressions.

https://learn.microsoft.com/analysis-services/tmdl/tmdl-overview
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from local.report.errors import ReportError

_NAME = r"(?:'(?:[^']|'')+'|[^\s'=:]+)"
_PROPERTY = re.compile(r"^([A-Za-z]\w*)\s*:\s*(.*)$")
_OBJECT = re.compile(rf"^([A-Za-z]\w*)(?:\s+({_NAME}))?\s*(?:=\s*(.*))?$", re.DOTALL)


@dataclass
class Node:
    """An object: `measure Trips = ...` has the kind measure, the name Trips and a text.

    Attributes:
        properties: `key: value` lines; a bare word such as `isHidden` is "true".
        text: the expression after the equals sign, its lines without their common indentation.
    """

    kind: str
    name: str = ""
    text: str = ""
    description: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    children: list["Node"] = field(default_factory=list)

    def all(self, kind: str) -> list["Node"]:
        return [c for c in self.children if c.kind == kind]

    def one(self, kind: str) -> "Node | None":
        return next(iter(self.all(kind)), None)


def unquoted(name: str) -> str:
    """A name without TMDL's single quotes."""
    name = name.strip()
    return name[1:-1].replace("''", "'") if name.startswith("'") and name.endswith("'") else name


def read(path: Path) -> Node:
    """The tree of one file, under a node of the kind `file`.

    Raises:
        ReportError: a line is no TMDL; it names file and line.
    """
    root = Node("file", path.name)
    lines = [(i, raw) for i, raw in enumerate(path.read_text("utf-8-sig").splitlines(), 1)]
    _Reader(path, lines).into(root, 0)
    return root


class _Reader:
    def __init__(self, path: Path, lines: list[tuple[int, str]]):
        self._path, self._lines, self._at = path, lines, 0

    def into(self, parent: Node, depth: int) -> None:
        described: list[str] = []
        while self._at < len(self._lines):
            number, raw = self._lines[self._at]
            line = raw.strip()
            if not line:
                self._at += 1
                continue
            if _depth(raw) < depth:
                return
            if _depth(raw) > depth:
                raise self._refused(number, line, "It is indented deeper than what it belongs to.")
            self._at += 1
            if line.startswith("///"):
                described.append(line[3:].strip())
                continue
            self._line(parent, number, line, depth, " ".join(described))
            described = []

    def _line(self, parent: Node, number: int, line: str, depth: int, description: str) -> None:
        found = _PROPERTY.match(line)
        if found:
            parent.properties[found[1]] = found[2].strip()
            return
        found = _OBJECT.match(line)
        if not found:
            raise self._refused(number, line, "It is neither a property nor an object.")
        kind, name, text = found[1], unquoted(found[2] or ""), found[3]
        if not name and text is None and not self._deeper(depth):
            parent.properties[kind] = "true"
            return
        node = Node(kind, name, description=description)
        if text is not None:
            node.text = text.strip() or self._expression(depth + 2)
        parent.children.append(node)
        self.into(node, depth + 1)

    def _deeper(self, depth: int) -> bool:
        rest = (raw for _, raw in self._lines[self._at :] if raw.strip())
        return _depth(next(rest, "")) > depth

    def _expression(self, depth: int) -> str:
        """Lines at least so deep, which are the expression of the object above them."""
        taken: list[str] = []
        while self._at < len(self._lines):
            raw = self._lines[self._at][1]
            if raw.strip() and _depth(raw) < depth:
                break
            taken.append(raw[depth:])
            self._at += 1
        return "\n".join(taken).strip()

    def _refused(self, number: int, line: str, why: str) -> ReportError:
        return ReportError(
            f"Can't read {self._path.name}, line {number}: {line}", why, "Regenerate it: make powerbi"
        )


def _depth(raw: str) -> int:
    return len(raw) - len(raw.lstrip("\t"))
