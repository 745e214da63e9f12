"""Brings a definition into one shape, whichever of two it is written in.

ARM nests what belongs to a type under `typeProperties`, and all but the name under `properties`; Pulumi's
wire form has both flattened. What stays at the upper level is fixed, so everything else moves down.
"""

from collections.abc import Mapping

_ACTIVITY = frozenset(
    {
        "name",
        "type",
        "description",
        "dependsOn",
        "userProperties",
        "state",
        "onInactiveMarkAs",
        "policy",
        "linkedServiceName",
        "inputs",
        "outputs",
    }
)
_DATASET = frozenset(
    {
        "type",
        "description",
        "linkedServiceName",
        "parameters",
        "structure",
        "schema",
        "annotations",
        "folder",
    }
)
_LINKED_SERVICE = frozenset({"type", "version", "description", "connectVia", "parameters", "annotations"})


def properties(definition: Mapping, type_keys: bool = False) -> dict:
    """The inside of `properties`, or the definition itself when it has none (or, for a type, has one)."""
    inner = definition.get("properties")
    if isinstance(inner, Mapping) and not (type_keys and "type" in definition):
        return dict(inner)
    return dict(definition)


def nested(definition: Mapping, upper: frozenset[str]) -> dict:
    """The definition with everything but the upper keys under `typeProperties`."""
    shaped = {key: value for key, value in definition.items() if key in upper}
    inner = definition.get("typeProperties")
    lower = {key: value for key, value in definition.items() if key not in upper and key != "typeProperties"}
    shaped["typeProperties"] = {**lower, **(inner if isinstance(inner, Mapping) else {})}
    return shaped


def activity(definition: Mapping) -> dict:
    """An activity in ARM's shape; the activities inside it are left as they are."""
    return nested(definition, _ACTIVITY)


def dataset(definition: Mapping) -> dict:
    """A dataset in ARM's shape, without its outer `properties`."""
    return nested(properties(definition, type_keys=True), _DATASET)


def linked_service(definition: Mapping) -> dict:
    """A linked service in ARM's shape, without its outer `properties`."""
    return nested(properties(definition, type_keys=True), _LINKED_SERVICE)
