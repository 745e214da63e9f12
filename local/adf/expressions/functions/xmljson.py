"""XML <-> JSON as Newtonsoft.Json converts: @name an attribute, #text a text, an array a repeated element."""

import re

from local.adf.expressions.functions.xmltree import Node, XmlError, parse, written
from local.adf.expressions.values import to_json, to_text

_NAMES = {"text": "#text", "cdata": "#cdata-section"}  # comments are lost on the way


def to_object(data: str | bytes) -> dict:
    """The object that a document is. XmlError when it is not XML."""
    root = parse(data)
    found: dict = {}
    if root.declaration:
        found["?xml"] = {
            f"@{name}": value for name, value in re.findall(r'(\w+)="([^"]*)"', root.declaration)
        }
    for child in root.children:
        if child.kind == "instruction":
            found[f"?{child.name}"] = child.value
        elif child.kind == "element":
            found[child.name] = _object(child)
    return found


def _object(node: Node) -> object:
    children = [child for child in node.children if child.kind in ("element", *_NAMES)]
    if not node.attributes and not children:
        return None if node.short else ""
    if not node.attributes and all(child.kind == "text" for child in children):
        return node.text()
    found: dict = {f"@{attribute.name}": attribute.value for attribute in node.attributes}
    for child in children:
        name = _NAMES.get(child.kind, child.name)
        value = _object(child) if child.kind == "element" else child.value
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def from_object(value: dict) -> Node:
    """The document that an object is; an empty object is an empty document.

    Raises:
        XmlError: it has not exactly one root element.
    """
    root = Node("root")
    for key, item in value.items():
        if key == "?xml" and isinstance(item, dict):
            said = "".join(f' {name[1:]}="{to_text(text)}"' for name, text in item.items())
            root.declaration = f"<?xml{said}?>"
        else:
            _fill(root, key, item)
    if value:
        if len(root.elements) != 1:
            raise XmlError(
                "JSON root object has multiple properties. The root object must have a single property."
            )
        parse(written(root))
    return root


def _fill(node: Node, name: str, item: object) -> None:
    if name.startswith("@"):
        node.add(Node("attribute", _encoded(name[1:]), _plain(item)))
    elif name == "#text":
        node.add(Node("text", value=_plain(item)))
    elif name == "#cdata-section":
        node.add(Node("cdata", value=_plain(item)))
    elif isinstance(item, list):
        for one in item:
            _fill(node, name, one)
    else:
        child = node.add(Node("element", _encoded(name), short=item is None or item == {}))
        if isinstance(item, dict):
            for key, inner in item.items():
                _fill(child, key, inner)
        elif item is not None:
            child.add(Node("text", value=_plain(item)))


def _encoded(name: str) -> str:
    """A name with what XML does not allow in one written as _x0020_."""
    return re.sub(r"[^\w.:-]|^[\d.-]", lambda found: f"_x{ord(found[0]):04X}_", name) or "_"


def _plain(item: object) -> str:
    return to_json(item) if isinstance(item, bool | dict | list) else to_text(item)
