"""What changed between a resource's old inputs and its new ones, and whether a new resource is needed.

Inputs are compared with inputs, as azure-native does: what a service adds by itself is no change.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from local.azure.shapes import Shape


class Kind(Enum):
    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True)
class Change:
    """One property that differs.

    Attributes:
        path: Pulumi's property path, as `properties.activities[0].name`.
        kind: added, deleted or updated.
        replaces: the resource can't keep its identity through this change.
    """

    path: str
    kind: Kind
    replaces: bool


def changes_between(shape: Shape, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Every changed property, deepest path first found, in the order of the names.

    A new value that is not known yet differs from whatever was there: a preview that promised less than
    `up` may do would be a lie.
    """
    return [
        Change(path, kind, replaces=key in shape.replacing)
        for key in sorted({*old, *new})
        for path, kind in _compare(_step("", key), key in old, old.get(key), key in new, new.get(key))
    ]


def _compare(path: str, had: bool, old: Any, has: bool, new: Any) -> Iterator[tuple[str, Kind]]:
    if not had:
        yield path, Kind.ADD
    elif not has:
        yield path, Kind.DELETE
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted({*old, *new}):
            yield from _compare(_step(path, key), key in old, old.get(key), key in new, new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before = old[index] if index < len(old) else None
            after = new[index] if index < len(new) else None
            yield from _compare(f"{path}[{index}]", index < len(old), before, index < len(new), after)
    elif type(old) is not type(new) or old != new:
        yield path, Kind.UPDATE


def _step(path: str, key: str) -> str:
    """A property path with one more key; a key with anything but letters, digits and _ is quoted."""
    if key.replace("_", "").isalnum():
        return f"{path}.{key}" if path else key
    quoted = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'{path}["{quoted}"]'
