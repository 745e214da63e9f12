"""What a resource needs before it is sent: required inputs, a name, a place.

Returns reasons, raises nothing: Pulumi shows every one with the resource that it belongs to.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.azure.shapes import Shape, shape_of
from local.azure.values import is_unknown

_WORKSPACE_FILE = "databricks:index/workspaceFile:WorkspaceFile"


def checked(
    token: str, logical: str, given: Mapping[str, Any], old: Mapping[str, Any], seed: bytes, config: Mapping
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Defaults and refusals for a resource's inputs.

    Args:
        token: Pulumi's type token; a type that the SDK does not know passes with its inputs as they are.
        logical: Pulumi's logical name, from which a missing own name is made.
        given: the new inputs, plain.
        old: the inputs of the last deployment: a name that was made up then is kept.
        seed: random bytes from the engine, the same in preview and update.
        config: the provider's configuration; `location` is the place of resources that name none.

    Returns:
        Inputs to add, and refusals as pairs of property and reason.
    """
    shape = shape_of(token)
    if not shape.known:
        return {}, []
    added = _defaults(shape, logical, given, old, seed, config)
    failures = [
        (key, f"Missing required property '{key}'")
        for key in sorted(shape.required)
        if given.get(key) is None and key not in added
    ]
    name = {**given, **added}.get(shape.own_name) if shape.own_name else None
    if name is not None and (not isinstance(name, str) or not name.strip()):
        failures.append((shape.own_name, f"'{shape.own_name}' must be a name, and is {name!r}"))
    if token == _WORKSPACE_FILE:
        more, reasons = _workspace_file(given)
        added, failures = added | more, failures + reasons
    return added, failures


def _defaults(
    shape: Shape, logical: str, given: Mapping, old: Mapping, seed: bytes, config: Mapping
) -> dict[str, Any]:
    added = {}
    if shape.own_name is not None and given.get(shape.own_name) is None:
        made_up = logical + hashlib.sha256(logical.encode() + seed).hexdigest()[:8]
        added[shape.own_name] = old.get(shape.own_name, made_up)
    if "location" in shape.properties and given.get("location") is None and config.get("location"):
        added["location"] = config["location"]
    return added


def _workspace_file(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The digest of a workspace file's source, by which a changed content is a change."""
    source = given.get("source")
    if source is None or is_unknown(source):
        return {}, []
    if not Path(source).is_file():
        return {}, [("source", f"there is no file {source}")]
    return {"md5": hashlib.md5(Path(source).read_bytes(), usedforsecurity=False).hexdigest()}, []
