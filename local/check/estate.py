"""What a stack declares, indexed by everything that a reference may go by."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from local.azure.outputs import Answer, answer
from local.declare import Resource

AZURE = "azure-native:"
ARM_ID = re.compile(r"/subscriptions/[0-9a-fA-F-]{36}[^\s\"'?&,;()\[\]{}|]*")
GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

# What Azure makes inside a resource by itself.
_IMPLIED = {
    "storage:StorageAccount": ("blobServices/default", "fileServices/default", "queueServices/default"),
    "datafactory:Factory": ("integrationRuntimes/AutoResolveIntegrationRuntime",),
}


def leaves(value: Any) -> Iterator[str]:
    """Every text in a value, keys of objects included."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from leaves(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, str):
        yield value


def objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object in a value, itself included."""
    if isinstance(value, Mapping):
        yield value
        for item in value.values():
            yield from objects(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from objects(item)


def plain(id_: str) -> str:
    """An ARM id as it compares: ARM tells no case apart."""
    return id_.rstrip("/").lower()


@dataclass(frozen=True)
class Estate:
    """A stack's resources and what the stack's own config names beside them.

    Attributes:
        resources: as `local.declare.resources` gives them.
        config: the stack's config; ids and GUIDs in it count as existing.
    """

    resources: list[Resource]
    config: Mapping[str, str]

    def of(self, *kinds: str) -> list[Resource]:
        """The resources of these types, as `storage:StorageAccount` or `databricks:index/job:Job`."""
        return [r for r in self.resources if r["type"].removeprefix(AZURE) in kinds]

    @cached_property
    def answers(self) -> dict[str, Answer]:
        """What a create of each resource answers, by URN."""
        return {
            r["urn"]: answer(r["type"], r["urn"].rpartition("::")[2], r["inputs"]) for r in self.resources
        }

    def id(self, resource: Resource) -> str:
        return self.answers[resource["urn"]].id

    def outputs(self, resource: Resource) -> Mapping[str, Any]:
        return self.answers[resource["urn"]].outputs

    @cached_property
    def by_id(self) -> dict[str, Resource]:
        """Resources by ARM id, as `plain` writes it."""
        return {plain(self.id(r)): r for r in self.resources if r["type"].startswith(AZURE)}

    @cached_property
    def ids(self) -> set[str]:
        """Every ARM id that exists once all of this is deployed, or that the config names."""
        known = set(self.by_id)
        for resource in self.resources:
            kind, own = resource["type"].removeprefix(AZURE), self.id(resource)
            inner = [f"{own}/{child}" for child in _IMPLIED.get(kind, ())]
            inner += [f"{own}/subnets/{subnet['name']}" for subnet in resource["inputs"].get("subnets") or ()]
            managed = resource["inputs"].get("managedResourceGroupId")
            known |= {plain(id_) for id_ in [*inner, *([managed] if managed else [])]}
        return known | {plain(id_) for id_ in self.configured(ARM_ID)}

    def configured(self, pattern: re.Pattern[str]) -> set[str]:
        """What the stack's config has of this pattern."""
        return {found for value in self.config.values() for found in pattern.findall(value)}

    @cached_property
    def in_factory(self) -> dict[tuple[str, str], Resource]:
        """What lies in a factory, by its kind in ARM's lower case and its name: ("datasets", "landing_json")."""
        found = {}
        for id_, resource in ((self.id(r), r) for r in self.by_id.values()):
            inside = re.search(r"/factories/[^/]+/([^/]+)/([^/]+)$", id_, re.IGNORECASE)
            if inside:
                found[inside[1].lower(), inside[2]] = resource
        return found

    @cached_property
    def principals(self) -> dict[str, Resource]:
        """Declared identities by principal id."""
        found = {}
        for resource in self.resources:
            made = self.outputs(resource)
            own = made.get("principalId"), (made.get("identity") or {}).get("principalId")
            if not resource["type"].endswith(":RoleAssignment"):
                found |= {principal: resource for principal in own if principal}
        return found


def activities(pipeline: Resource) -> Iterator[Mapping[str, Any]]:
    """Every activity of a pipeline, the ones inside others included."""
    yield from nested(pipeline["inputs"].get("activities") or ())


def nested(steps: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Every activity among these and inside them."""
    for step in steps:
        yield step
        for key in ("activities", "ifTrueActivities", "ifFalseActivities", "defaultActivities"):
            yield from nested(step.get(key) or ())
        for case in step.get("cases") or ():
            yield from nested(case.get("activities") or ())
