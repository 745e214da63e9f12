"""What must be declared for each path of `infra.reach`, and what of it is missing."""

import re

from reach_estate import Estate, address

from infra.reach import Path, Way
from local.azure.outputs import answer

# Microsoft's list of private DNS zones, written down apart from the code.
ZONES = {
    "blob": "privatelink.blob.core.windows.net",
    "dfs": "privatelink.dfs.core.windows.net",
    "vault": "privatelink.vaultcore.azure.net",
    "postgresqlServer": "privatelink.postgres.database.azure.com",
    "Sql": "privatelink.sql.azuresynapse.net",
    "SqlOnDemand": "privatelink.sql.azuresynapse.net",
    "Dev": "privatelink.dev.azuresynapse.net",
}
PEOPLE = ("administrator", "reports")  # who reach a store from outside of what is declared


def unproven(estate: Estate, way: Way) -> list[str]:
    """What is not declared of a way's path, in words; empty when all of it is."""
    proof = {
        Path.OPEN: _open,
        Path.FIREWALL: _firewall,
        Path.TRUSTED: _trusted,
        Path.ENDPOINT: _endpoint,
        Path.MANAGED: _managed,
        Path.SERVERLESS: _serverless,
        Path.RULE: _rule,
        Path.OWN: _own,
    }[way.path]
    return [f"{way.consumer} to {way.store}: {missing}" for missing in proof(estate, way)]


def _approved(estate: Estate, target: str, endpoint: str) -> bool:
    return any(
        a["target"] == target and endpoint in a["wanted"].values() for a in estate.of("LinkApproval").values()
    )


def _open(estate: Estate, way: Way):
    if way.store == "lake":
        (lake,) = estate.of("storage:StorageAccount").values()
        if lake["publicNetworkAccess"] != "Enabled" or "networkRuleSet" in lake:
            yield "the account is not open"
    elif way.store == "databricks":
        (workspace,) = estate.of("databricks:Workspace").values()
        if workspace.get("publicNetworkAccess", "Enabled") != "Enabled":
            yield "the workspace is not open"
    elif way.store == "monitor":
        endpoints = estate.of("monitor:DataCollectionEndpoint").values()
        if [e["networkAcls"]["publicNetworkAccess"] for e in endpoints] != ["Enabled"]:
            yield "the endpoint is not open"
    else:
        yield "this store is never open to all"


def _firewall(estate: Estate, way: Way):
    token = {"postgres": "dbforpostgresql:FirewallRule", "synapse": "synapse:IpFirewallRule"}[way.store]
    rules = [(r["startIpAddress"], r["endIpAddress"]) for r in estate.of(token).values()]
    if not rules or (way.consumer not in PEOPLE and ("0.0.0.0", "0.0.0.0") not in rules):
        yield f"no rule of {token} lets it in"


def _trusted(estate: Estate, way: Way):
    (vault,) = estate.of("keyvault:Vault").values()
    if vault["properties"]["networkAcls"]["bypass"] != "AzureServices":
        yield "the vault trusts no service"


def _endpoint(estate: Estate, way: Way):
    networks = estate.of("network:VirtualNetwork")
    if len(networks) != 1:
        yield "there is no network"
        return
    ((network, inside),) = networks.items()
    target = estate.stores[way.store]
    for part in way.parts:
        found = [
            e for e in estate.of("network:PrivateEndpoint").values()
            if e["privateLinkServiceConnections"][0]["groupIds"] == [part]
            and e["privateLinkServiceConnections"][0]["privateLinkServiceId"] == target
            and e["subnet"]["id"] == f"{network}/subnets/endpoints"
        ]  # fmt: skip
        if not found:
            yield f"no endpoint of {part}"
            continue
        name = found[0]["privateEndpointName"]
        if not _approved(estate, target, name):
            yield f"nobody approves {name}"
        zones = [
            c["privateDnsZoneId"].rpartition("/")[2]
            for g in estate.of("network:PrivateDnsZoneGroup").values()
            if g["privateEndpointName"] == name
            for c in g["privateDnsZoneConfigs"]
        ]
        linked = [
            v["privateZoneName"]
            for v in estate.of("privatedns:VirtualNetworkLink").values()
            if v["virtualNetwork"]["id"] == network
        ]
        if zones != [ZONES[part]] or ZONES[part] not in linked:
            yield f"the name of {part} does not lead to it"
    subnets = {s["name"]: s for s in inside["subnets"]}
    if way.consumer == "databricks":
        (workspace,) = estate.of("databricks:Workspace").values()
        if workspace.get("parameters", {}).get("customVirtualNetworkId", {}).get("value") != network:
            yield "its clusters are not in the network"
    elif {"administrator": "runner", "reports": "gateway"}[way.consumer] not in subnets:
        yield "it has no subnet"


def _managed(estate: Estate, way: Way):
    (factory,) = estate.of("datafactory:Factory").values()
    managed = [
        r["integrationRuntimeName"]
        for r in estate.of("datafactory:IntegrationRuntime").values()
        if r["properties"].get("managedVirtualNetwork", {}).get("referenceName") == "default"
    ]
    networks = [
        r for r in estate.of("resources:Resource").values() if r["resourceType"] == "managedVirtualNetworks"
    ]
    if not managed or not networks:
        yield "the factory has no managed network"
    for service in estate.services():
        ours = estate.store_at(address(service)) == way.store and service["type"] != "AzureKeyVault"
        if ours and service.get("connectVia", {}).get("referenceName") not in managed:
            yield f"a linked service of {way.store} does not use the managed network"
    targets = [
        e["properties"]["privateLinkResourceId"]
        for e in estate.of("datafactory:ManagedPrivateEndpoint").values()
        if way.store == "source" and e["managedPrivateEndpointName"].startswith("source-")
    ]
    target = estate.stores.get(way.store, targets[0] if targets else "")
    for part in way.parts:
        found = [
            e["managedPrivateEndpointName"]
            for e in estate.of("datafactory:ManagedPrivateEndpoint").values()
            if e["properties"]["groupId"] == part and e["properties"]["privateLinkResourceId"] == target
        ]
        if not found:
            yield f"no managed endpoint of {part}"
        elif not _approved(estate, target, f"{factory['factoryName']}.{found[0]}"):
            yield f"nobody approves {found[0]}"


def _serverless(estate: Estate, way: Way):
    target = estate.stores[way.store]
    rules = estate.of("MwsNccPrivateEndpointRule")
    for part in way.parts:
        found = [r for r in rules.values() if (r["groupId"], r["resourceId"]) == (part, target)]
        if not found:
            yield f"no rule of {part}"
            continue
        token = "databricks:index/mwsNccPrivateEndpointRule:MwsNccPrivateEndpointRule"
        if not _approved(estate, target, answer(token, "x", found[0]).outputs["endpointName"]):
            yield f"nobody approves {part}"
    ((_, workspace),) = estate.of("databricks:Workspace").items()
    number = answer("azure-native:databricks:Workspace", "x", workspace).outputs["workspaceId"]
    if [b["workspaceId"] for b in estate.of("MwsNccBinding").values()] != [number]:
        yield "the workspace is not bound to the rules"


def _rule(estate: Estate, way: Way):
    (lake,) = estate.of("storage:StorageAccount").values()
    token = {"synapse": "synapse:Workspace", "databricks": "databricks:AccessConnector"}[way.consumer]
    (consumer,) = estate.of(token)
    rules = lake.get("networkRuleSet", {}).get("resourceAccessRules", ())
    let_in = [
        r for r in rules if r["resourceId"] == consumer and re.fullmatch(r"[0-9a-f-]{36}", r["tenantId"])
    ]
    if len(let_in) != 1:
        yield "no rule lets it in"


def _own(estate: Estate, way: Way):
    if not [s for s in estate.services() if estate.store_at(address(s)) == way.store]:
        yield "no linked service leads there"
