"""Finding one resource among those of a stack, to break it."""

from typing import Any

from local.check.estate import activities, objects

AZURE = "azure-native:"
SCRIPT = "pulumi-python:dynamic/highwater:SqlScript"

Estate = list[dict[str, Any]]


def one(estate: Estate, type_: str, name: str | None = None) -> dict[str, Any]:
    """The resource of that type and logical name; the first of the type when no name is given."""
    return next(
        r for r in estate
        if r["type"].removeprefix(AZURE) == type_ and name in (None, r["urn"].rpartition("::")[2])
    )  # fmt: skip


def drop(estate: Estate, type_: str, name: str | None = None) -> None:
    estate.remove(one(estate, type_, name))


def activity(estate: Estate, pipeline: str, name: str) -> dict[str, Any]:
    return next(a for a in activities(one(estate, "datafactory:Pipeline", pipeline)) if a["name"] == name)


def referred(value: Any, type_: str) -> dict[str, Any]:
    """The first reference of that type inside a value."""
    return next(found for found in objects(value) if found.get("type") == type_ and "referenceName" in found)


def assignment(estate: Estate, name: str) -> dict[str, Any]:
    return one(estate, "authorization:RoleAssignment", name)["inputs"]
