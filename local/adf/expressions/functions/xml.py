"""xml() and xpath().

https://learn.microsoft.com/azure/data-factory/control-flow-expression-language-functions#xpath
"""

from local.adf.expressions.errors import ExpressionError
from local.adf.expressions.functions import content
from local.adf.expressions.functions.base import expects, function, invalid
from local.adf.expressions.functions.xmljson import from_object
from local.adf.expressions.functions.xmltree import Node, XmlError, parse, written
from local.adf.expressions.functions.xpath import XPathError, evaluate


@function("xml", takes="one parameter: the string or object to convert")
def xml(name: str, values: list) -> dict:
    value = values[0]
    if not isinstance(value, str | dict):
        raise expects(name, "parameter", "a string or an object", value)
    try:
        if content.is_content(value):  # taken for XML as it is
            return {content.TYPE: content.XML, content.CONTENT: value[content.CONTENT]}
        root = parse(value) if isinstance(value, str) else from_object(value)
    except (XmlError, ValueError) as error:
        raise invalid(
            name, f"parameter is not valid. The provided value cannot be converted to XML: '{error}'."
        ) from None
    return content.made(written(root).encode("utf-8", "replace"), content.XML)


@function("xpath", takes="two parameters: an XML object and an XPath expression", least=2)
def xpath(name: str, values: list) -> object:
    document, path = values
    if not content.is_xml(document):
        raise expects(name, "first parameter", "an XML object", document)
    if not isinstance(path, str):
        raise expects(name, "second parameter", "a string", path)
    try:
        found = evaluate(parse(content.bytes_of(document)), path)
    except (XmlError, ValueError) as error:
        raise invalid(name, f"first parameter is not an XML object: '{error}'.") from None
    except XPathError as error:
        raise invalid(
            name,
            "parameters are invalid: the 'xpath' parameter must be a supported, well formed XPath expression "
            f"({error}).",
        ) from None
    return [_shown(node) for node in found] if isinstance(found, list) else found


def _shown(node: Node) -> object:
    """Elements as content, texts and attributes as strings."""
    if node.kind in ("element", "root"):
        return content.made(written(node, indent=0).encode("utf-8", "replace"), content.XML)
    if not node.is_text and node.kind != "attribute":
        raise ExpressionError(f"The node type '{node.kind.capitalize()}' is not a supported XPath node type.")
    return node.value if node.is_text else written(node)
