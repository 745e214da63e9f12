"""No shared key opens anything: whoever comes must show an identity."""

from collections.abc import Iterator

from .rule import Resource, Rule, kind

# Per type: the switch that keeps keys out, and the value that it must have.
_SWITCHES = {
    "storage:StorageAccount": ("allowSharedKeyAccess", False),
    "cognitiveservices:Account": ("disableLocalAuth", True),
    "eventhub:Namespace": ("disableLocalAuth", True),
    "servicebus:Namespace": ("disableLocalAuth", True),
    "synapse:Workspace": ("azureADOnlyAuthentication", True),
}


def _check(resource: Resource) -> Iterator[str]:
    if kind(resource) in _SWITCHES:
        key, wanted = _SWITCHES[kind(resource)]
        found = resource["inputs"].get(key)
        if found is not wanted:
            yield f"{key} must be {wanted}, found {found}"


RULE = Rule("no-shared-keys", "Keys and local logins are off: only Entra identities get in.", _check)
