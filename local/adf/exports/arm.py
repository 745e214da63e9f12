"""The factory's parts in an ARM template, with the template's own parameters filled in.

A string of a template in [brackets] is an expression of ARM, not of Data Factory. A factory's export uses
parameters('x'), variables('x') and concat(...) alone; what begins with [[ is a literal [.
https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from local.errors import HighwaterError

_PREFIX = "microsoft.datafactory/"
_CALL = re.compile(r"(parameters|variables)\('([^']*)'\)", re.IGNORECASE)
_CONCAT = re.compile(r"concat\((.*)\)", re.IGNORECASE | re.DOTALL)
_PART = re.compile(r"\s*(?:'((?:[^']|'')*)'|((?:parameters|variables)\('[^']*'\)))\s*(?:,|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Resource:
    """One part of a factory: `kind` is its type after Microsoft.DataFactory/."""

    kind: str
    name: str
    properties: Mapping


def resources(template: Mapping, given: Mapping, place: str) -> list[Resource]:
    """The parts of factories in a template.

    Args:
        given: a parameters file, {} for none.
        place: the template's path, for errors.

    Raises:
        HighwaterError: a pipeline or dataset uses an expression of ARM that has no value here.
    """
    filler = _Filler(template, given, place)
    found = []
    for one in template.get("resources") or ():
        kind = str(one.get("type") or "")
        if not kind.lower().startswith(_PREFIX):
            continue
        kind = kind[len(_PREFIX) :]
        name = filler.name(str(one.get("name") or ""))
        # Linked services are mapped by name: their own values may be missing, as secrets are.
        strict = "linkedservice" not in kind.lower()
        found.append(Resource(kind, name, filler.fill(one.get("properties") or {}, strict, name)))
    return found


class _Filler:
    def __init__(self, template: Mapping, given: Mapping, place: str):
        self.place = place
        values = given.get("parameters") or {}
        self.known: dict[tuple[str, str], object] = {}
        for name, one in (template.get("parameters") or {}).items():
            if name in values and "value" in values[name]:
                self.known["parameters", name.lower()] = values[name]["value"]
            elif "defaultValue" in one:
                self.known["parameters", name.lower()] = one["defaultValue"]
        for name, value in (template.get("variables") or {}).items():
            self.known["variables", name.lower()] = value

    def name(self, text: str) -> str:
        """The last part of a resource's name: [concat(parameters('factoryName'), '/ingest')] is ingest."""
        try:
            found = self.text(text)
        except KeyError:
            found = re.sub(r"'\s*\)\s*\]$", "", text)
        return str(found).rpartition("/")[2]

    def fill(self, value: object, strict: bool, owner: str) -> object:
        if isinstance(value, Mapping):
            return {key: self.fill(inner, strict, owner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.fill(inner, strict, owner) for inner in value]
        if not isinstance(value, str):
            return value
        try:
            return self.text(value)
        except KeyError as missing:
            if not strict:
                return value
            raise HighwaterError(
                f"The template {self.place} can't be read", f"{owner} uses {missing.args[0]}, which has no value",
                "Give it a defaultValue, or put the parameters file beside the template.",
            ) from None  # fmt: skip

    def text(self, text: str) -> object:
        """The value of a string of the template. KeyError, with what it is, when it has none here."""
        if text.startswith("[[") or not (text.startswith("[") and text.endswith("]")):
            return text[1:] if text.startswith("[[") else text
        inner = text[1:-1].strip()
        if call := _CALL.fullmatch(inner):
            return self._value(call[1], call[2])
        if concat := _CONCAT.fullmatch(inner):
            return "".join(self._parts(concat[1], text))
        raise KeyError(text)

    def _value(self, kind: str, name: str) -> object:
        key = (kind.lower(), name.lower())
        if key not in self.known:
            raise KeyError(f"{kind}('{name}')")
        found = self.known[key]
        return self.text(found) if isinstance(found, str) else found

    def _parts(self, arguments: str, text: str) -> list[str]:
        parts, at = [], 0
        while at < len(arguments):
            part = _PART.match(arguments, at)
            if part is None:
                raise KeyError(text)
            if part[2] is not None:
                call = _CALL.fullmatch(part[2])
                parts.append(str(self._value(call[1], call[2])))  # type: ignore[index]
            else:
                parts.append(part[1].replace("''", "'"))
            at = part.end()
        return parts
