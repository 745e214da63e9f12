"""Tags: who owns it, who pays, which stack it is of, and that Pulumi manages it."""

from collections.abc import Iterator

from .rule import Resource, Rule, at, kind, stack_of

NEEDED = ("application", "environment", "owner", "cost-center", "managed-by")


def _check(resource: Resource) -> Iterator[str]:
    # What has a place of its own can carry tags; a part of something else has neither.
    if not kind(resource) or "location" not in resource["inputs"]:
        return
    tags = resource["inputs"].get("tags")
    missing = [name for name in NEEDED if not at(tags, name)]
    if missing:
        yield f"these tags are missing: {', '.join(missing)}"
    elif tags["environment"] != stack_of(resource):
        yield f"the tag environment must be {stack_of(resource)}, found {tags['environment']}"


RULE = Rule("tags", "Everything that has a location carries the five tags.", _check)
