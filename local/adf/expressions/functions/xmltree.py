"""A small XML tree: what xml(), xpath() and json() of an XML need."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

MAX_DEPTH = 64


class XmlError(Exception):
    """Text that is not XML, or an object that XML cannot hold."""


@dataclass(eq=False)
class Node:
    """One node. `kind`: root, element, attribute, text, cdata, comment or instruction."""

    kind: str
    name: str = ""
    value: str = ""
    attributes: list["Node"] = field(default_factory=list)
    children: list["Node"] = field(default_factory=list)
    parent: "Node | None" = None
    short: bool = False  # when empty, written <a />, not <a></a>
    declaration: str = ""  # of a root: <?xml ...?>

    @property
    def local_name(self) -> str:
        return self.name.rpartition(":")[2]

    @property
    def namespace(self) -> str:
        """The URI of its name; an attribute without a prefix has none."""
        prefix = self.name.rpartition(":")[0]
        return "" if self.kind == "attribute" and not prefix else self.namespace_of(prefix) or ""

    @property
    def elements(self) -> list["Node"]:
        return [child for child in self.children if child.kind == "element"]

    @property
    def is_text(self) -> bool:
        return self.kind in ("text", "cdata")

    def add(self, child: "Node") -> "Node":
        child.parent = self
        (self.attributes if child.kind == "attribute" else self.children).append(child)
        return child

    def walk(self) -> Iterator["Node"]:
        yield self
        for child in self.children:
            yield from child.walk()

    def text(self) -> str:
        """XPath's string value."""
        if self.kind in ("element", "root"):
            return "".join(node.value for node in self.walk() if node.is_text)
        return self.value

    def namespace_of(self, prefix: str) -> str | None:
        """The URI that the prefix ('' for none) stands for here, None when it stands for nothing."""
        wanted = f"xmlns:{prefix}" if prefix else "xmlns"
        node: Node | None = self
        while node is not None:
            for attribute in node.attributes:
                if attribute.name == wanted:
                    return attribute.value
            node = node.parent
        return None


class _Builder:
    """Expat's events -> nodes."""

    def __init__(self, data: bytes):
        self.data = data
        self.root = self.current = Node("root")
        self.depth, self.in_cdata = 0, False
        self.parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.StartElementHandler, parser.EndElementHandler = self.start, self.end
        parser.CharacterDataHandler, parser.XmlDeclHandler = self.characters, self.declaration
        parser.StartCdataSectionHandler = lambda: self.cdata(True)
        parser.EndCdataSectionHandler = lambda: self.cdata(False)
        parser.CommentHandler = lambda value: self.current.add(Node("comment", value=value))
        parser.ProcessingInstructionHandler = lambda name, value: self.current.add(
            Node("instruction", name, value)
        )
        parser.StartDoctypeDeclHandler = self.doctype

    def start(self, name: str, attributes: list[str]) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise XmlError(f"more than {MAX_DEPTH} levels")
        self.current = self.current.add(Node("element", name))
        for at in range(0, len(attributes), 2):
            self.current.add(Node("attribute", attributes[at], attributes[at + 1]))
        prefix = name.rpartition(":")[0]
        if prefix and self.current.namespace_of(prefix) is None:
            raise XmlError(f"'{prefix}' is an undeclared prefix")

    def end(self, name: str) -> None:
        self.depth -= 1
        self.current.short = self.data[: self.parser.CurrentByteIndex].endswith(b"/>")
        self.current = self.current.parent

    def cdata(self, inside: bool) -> None:
        self.in_cdata = inside

    def characters(self, value: str) -> None:
        if self.in_cdata or value.strip():
            self.current.add(Node("cdata" if self.in_cdata else "text", value=value))

    def declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        said = f' encoding="{encoding}"' if encoding else ""
        if standalone >= 0:
            said += f' standalone="{"yes" if standalone else "no"}"'
        self.root.declaration = f'<?xml version="{version}"{said}?>'

    def doctype(self, *_: object) -> None:
        raise XmlError("For security reasons DTD is prohibited in this XML document.")


def parse(data: str | bytes) -> Node:
    """The root of the document. Text of white space alone is dropped.

    Raises:
        XmlError: not XML, or it has a DTD.
    """
    raw = data.strip().encode("utf-8", "replace") if isinstance(data, str) else data
    builder = _Builder(raw)
    try:
        builder.parser.Parse(raw, True)
    except (expat.ExpatError, ValueError) as error:
        raise XmlError(str(error)) from None
    return builder.root


def _escaped(value: str, quote: bool = False) -> str:
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return value.replace('"', "&quot;") if quote else value


def written(node: Node, outer: bool = True, indent: int | None = None) -> str:
    """The node as text.

    Args:
        outer: whether it stands alone, and so must declare a prefix that an ancestor declared.
        indent: depth, for a line a node as .NET shows a node by itself; None for one line.
    """
    if node.kind == "root":
        return node.declaration + "".join(written(child, False, indent) for child in node.children)
    if node.kind != "element":
        return _written_leaf(node)
    attributes = "".join(f" {_written_leaf(attribute)}" for attribute in node.attributes)
    if outer and node.parent is not None:
        prefix = node.name.rpartition(":")[0]
        uri, declared = node.namespace_of(prefix), f"xmlns:{prefix}" if prefix else "xmlns"
        if uri is not None and all(attribute.name != declared for attribute in node.attributes):
            attributes += f' {declared}="{_escaped(uri, True)}"'
    lined = indent is not None and node.children and not any(child.is_text for child in node.children)
    deeper = indent + 1 if lined else None
    inside = [written(child, False, deeper) for child in node.children]
    if not inside and node.short:
        return f"<{node.name}{attributes} />"
    body = "".join(inside)
    if lined:
        body = "".join(f"\n{'  ' * deeper}{part}" for part in inside) + "\n" + "  " * indent
    return f"<{node.name}{attributes}>{body}</{node.name}>"


def _written_leaf(node: Node) -> str:
    if node.kind == "attribute":
        return f'{node.name}="{_escaped(node.value, True)}"'
    if node.kind == "cdata":
        return f"<![CDATA[{node.value}]]>"
    if node.kind == "comment":
        return f"<!--{node.value}-->"
    if node.kind == "instruction":
        return f"<?{node.name} {node.value}?>"
    return _escaped(node.value)
