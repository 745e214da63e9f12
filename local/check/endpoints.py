"""Private endpoints: each goes to a declared target, by a group that the target has, and has a name."""

from collections.abc import Iterator, Mapping
from typing import Any

from local.check.estate import Estate, plain
from local.check.finding import Finding

RULE = "private-endpoint"
_APPROVAL = "pulumi-python:dynamic/highwater:LinkApproval"

# The groups (sub-resources) that a target answers on.
GROUPS = {
    "databricks:Workspace": {"databricks_ui_api", "browser_authentication"},
    "datafactory:Factory": {"dataFactory", "portal"},
    "dbforpostgresql:Server": {"postgresqlServer"},
    "keyvault:Vault": {"vault"},
    "storage:StorageAccount": {"blob", "dfs", "file", "queue", "table", "web"},
    "synapse:Workspace": {"Sql", "SqlOnDemand", "Dev"},
    "insights:PrivateLinkScope": {"azuremonitor"},
    "monitor:PrivateLinkScope": {"azuremonitor"},
}


def _wrong(estate: Estate, target: str, group: str) -> str | None:
    found = estate.by_id.get(plain(target))
    if found is None:
        return None if plain(target) in estate.ids else f"its target {target} is not declared"
    kind = found["type"].removeprefix("azure-native:")
    if group not in GROUPS.get(kind, {group}):
        return f"{kind} has no group {group!r}; it has {', '.join(sorted(GROUPS[kind]))}"
    return None


def _links(resource: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each target with each group that an endpoint asks it for."""
    inputs = resource["inputs"]
    both = ("privateLinkServiceConnections", "manualPrivateLinkServiceConnections")
    for link in (link for key in both for link in inputs.get(key) or ()):
        for group in link.get("groupIds") or ("",):
            yield link.get("privateLinkServiceId", ""), group
    own = inputs.get("properties") or {}
    if "privateLinkResourceId" in own:
        yield own["privateLinkResourceId"], own.get("groupId", "")


def _awaited(estate: Estate, endpoint: Mapping[str, Any]) -> bool:
    """Whether some approval of the program names it, by the name that its target knows it by."""
    inputs = endpoint["inputs"]
    managed = f"{inputs.get('factoryName')}.{inputs.get('managedPrivateEndpointName')}"
    wanted = {name for a in estate.of(_APPROVAL) for name in a["inputs"]["wanted"].values()}
    return (inputs.get("privateEndpointName") or managed) in wanted


def check(estate: Estate) -> Iterator[Finding]:
    """Endpoints of our own network, and the managed ones of the factory."""
    named = {
        group["inputs"].get("privateEndpointName")
        for group in estate.of("network:PrivateDnsZoneGroup", "privatedns:PrivateDnsZoneGroup")
    }
    for endpoint in estate.of("network:PrivateEndpoint", "datafactory:ManagedPrivateEndpoint"):
        for target, group in _links(endpoint):
            wrong = _wrong(estate, target, group)
            if wrong:
                yield Finding(RULE, endpoint["urn"], wrong)
        own = endpoint["inputs"].get("privateEndpointName")
        if endpoint["type"].endswith(":PrivateEndpoint") and own not in named:
            yield Finding(
                RULE, endpoint["urn"], "no DNS zone group gives it a name: clients would go outside"
            )
        if not _awaited(estate, endpoint):
            yield Finding(RULE, endpoint["urn"], "nothing approves it: a pending endpoint looks deployed")
