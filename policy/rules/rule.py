"""What a rule is: a plain function over a resource, or over all of them.

A resource is {urn, type, inputs, options} with Pulumi's wire names. A rule yields what is wrong and nothing
when all is well. It reads only the inputs that it judges: in a preview others may not be known yet.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Resource = Mapping[str, Any]
ResourceCheck = Callable[[Resource], Iterable[str]]
StackCheck = Callable[[list[Resource]], Iterable[tuple[str, str]]]

AZURE = "azure-native:"


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        name: its id, as a violation names it.
        description: what holds, in one sentence.
        resource: yields a message for each breach of one resource; or
        stack: yields a URN and a message for each breach among all resources.
    """

    name: str
    description: str
    resource: ResourceCheck | None = None
    stack: StackCheck | None = None


@dataclass(frozen=True)
class Breach:
    """One rule that one resource does not keep to."""

    rule: str
    urn: str
    message: str


def stack_of(resource: Resource) -> str:
    """The stack's name, from the URN."""
    return resource["urn"].split(":")[2]


def kind(resource: Resource) -> str:
    """The type without its package, as `storage:StorageAccount`; empty for another package than azure-native."""
    token = resource["type"]
    return token.removeprefix(AZURE) if token.startswith(AZURE) else ""


def at(value: Any, *path: str) -> Any:
    """What lies at a path of nested objects, or None."""
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def breaches(rules: Iterable[Rule], resources: list[Resource]) -> Iterator[Breach]:
    """Everything that is wrong with these resources."""
    for rule in rules:
        if rule.stack is not None:
            for urn, message in rule.stack(resources):
                yield Breach(rule.name, urn, message)
        for resource in resources if rule.resource is not None else ():
            for message in rule.resource(resource):
                yield Breach(rule.name, resource["urn"], message)
