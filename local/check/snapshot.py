"""A stack's declaration as a text to read and compare: what a pull request changes shows as its diff.

Only what says nothing to a reader is shortened: long scripts to their digest and first line, the bytes of
the wheel to nothing, and its digest out of the paths, so that a change of a transform changes no snapshot.
"""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from local.azure.outputs import SUBSCRIPTION
from local.declare import Resource
from local.state import PROJECT

FOLDER = PROJECT / "tests" / "golden"
LONG_TEXT, LONG_LINE = 400, 2000
_WHEEL = re.compile(r"/[0-9a-f]{16}/(highwater_transforms-)")
# They repeat what `dependsOn` says, property by property.
_LEFT_OUT = {"propertyDependencies"}


class _Dumper(yaml.SafeDumper):
    """YAML with texts of several lines as blocks, and no shorthand that hides a repetition."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def short(urn: str) -> str:
    """A URN without what all of a stack's have in common: types of the parents, own type and name."""
    return "::".join(urn.split("::")[2:])


def _name(urn: str) -> str:
    """A URN as another resource names it: own type and name."""
    return short(urn).rpartition("$")[2]


def _shortened(value: Any, key: str = "") -> Any:
    if isinstance(value, Mapping):
        return {str(name): _shortened(value[name], str(name)) for name in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [_shortened(item, key) for item in value]
    if not isinstance(value, str):
        return value
    if value.startswith("urn:pulumi:"):
        return _name(value)
    if key == "contentBase64":
        return "(bytes)"
    if len(value) > (LONG_TEXT if "\n" in value else LONG_LINE):
        digest = hashlib.sha256(value.encode()).hexdigest()[:16]
        lines = value.strip().splitlines()
        return f"sha256 {digest}, {len(lines)} lines: {lines[0][:80]}"
    return _WHEEL.sub(r"/(digest)/\1", value).replace(f"/subscriptions/{SUBSCRIPTION}", "(subscription)")


def snapshot(resources: list[Resource]) -> str:
    """The text: one entry a resource, by the types of its parents, its own type and its name."""
    found = {}
    for resource in resources:
        options = {key: value for key, value in resource["options"].items() if key not in _LEFT_OUT}
        found[short(resource["urn"])] = {
            key: _shortened(value)
            for key, value in (("inputs", resource["inputs"]), ("options", options))
            if value
        }
    return yaml.dump(found, Dumper=_Dumper, sort_keys=True, width=110, allow_unicode=True)


def file_of(stack: str) -> Path:
    """Where the snapshot of a stack is kept."""
    return FOLDER / f"{stack}.yaml"
