"""Linked services, typed or generic: what they hold."""

from collections.abc import Iterator, Mapping
from typing import Any

from .rule import Resource, at, kind


def body(resource: Resource) -> tuple[str, Mapping[str, Any]] | None:
    """A linked service's type and its properties; None for any other resource."""
    inputs = resource["inputs"]
    if kind(resource) == "datafactory:LinkedService":
        return inputs["properties"].get("type"), inputs["properties"]
    generic = kind(resource) == "resources:Resource"
    if generic and str(inputs.get("resourceType")).lower() == "linkedservices":
        return at(inputs, "properties", "type"), at(inputs, "properties", "typeProperties") or {}
    return None


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value that is neither an object nor a list, with the keys that lead to it."""
    if isinstance(value, Mapping):
        for key in value:
            yield from leaves(value[key], (*path, key))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from leaves(item, path)
    else:
        yield path, value
