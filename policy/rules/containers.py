"""No container of the lake answers without a login, the ones that serve Delta tables least of all."""

from collections.abc import Iterator

from .rule import Resource, Rule, kind


def _check(resource: Resource) -> Iterator[str]:
    inputs = resource["inputs"]
    if kind(resource) == "storage:BlobContainer" and inputs.get("publicAccess") != "None":
        yield f"publicAccess must be None, found {inputs.get('publicAccess')}"
    if kind(resource) == "storage:StorageAccount" and inputs.get("allowBlobPublicAccess") is not False:
        yield f"allowBlobPublicAccess must be False, found {inputs.get('allowBlobPublicAccess')}"


RULE = Rule("no-anonymous-reads", "No container answers anybody who has not logged in.", _check)
