"""Triggers are declared by the one component that also stops and starts them around a change."""

from collections.abc import Iterator

from .rule import Resource, Rule, kind

COMPONENT = "highwater:infra:Trigger"


def _check(resource: Resource) -> Iterator[str]:
    if kind(resource) != "datafactory:Trigger":
        return
    # A URN ends in <types of the parents, joined by $>$<own type>::<name>.
    chain = resource["urn"].split("::")[-2].split("$")
    if len(chain) < 2 or chain[-2] != COMPONENT:
        yield f"it must be a child of {COMPONENT}; a trigger of its own would stay stopped, or refuse a change"


RULE = Rule("triggers-by-component", "Triggers are declared through Highwater's own component.", _check)
