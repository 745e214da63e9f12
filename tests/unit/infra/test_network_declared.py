"""What a private stack declares of its network, and that a public one has none."""

import pytest
from network_stacks import awaited_by, declared, inputs_of
from reach_proofs import ZONES

from local.azure.outputs import answer

PRIVATE, PUBLIC = ("staging", "prod"), ("dev", "pr-7")
RANGE = ("startIpAddress", "endIpAddress")


@pytest.mark.parametrize("stack", (*PUBLIC, "local"))
def test_a_public_stack_has_no_network_and_no_vault(stack: str):
    kinds = {one["type"].split(":")[1] for one in declared(stack)}
    assert not kinds & {"network", "privatedns", "keyvault"}
    names = {one["type"].rpartition(":")[2] for one in declared(stack)}
    assert not names & {"ManagedPrivateEndpoint", "IntegrationRuntime", "LinkApproval"}
    for service in inputs_of(stack, "datafactory:LinkedService").values():
        assert "connectVia" not in service["properties"]


@pytest.mark.parametrize("stack", PUBLIC)
def test_a_public_stack_lets_azure_s_services_in(stack: str):
    postgres = inputs_of(stack, "dbforpostgresql:FirewallRule")
    synapse = inputs_of(stack, "synapse:IpFirewallRule")
    assert [(r["firewallRuleName"], *(r[k] for k in RANGE)) for r in postgres.values()] == [
        ("AllowAllAzureServicesAndResourcesWithinAzureIps", "0.0.0.0", "0.0.0.0")
    ]
    assert [(r["ruleName"], *(r[k] for k in RANGE)) for r in synapse.values()] == [
        ("AllowAllWindowsAzureIps", "0.0.0.0", "0.0.0.0")
    ]
    # A script goes straight to the databases, so the first one waits until it is let in.
    token = "SqlScript"
    assert set(postgres) <= awaited_by(stack, token, "factory-role")
    assert set(synapse) <= awaited_by(stack, token, "serving-database")


@pytest.mark.parametrize("stack", PRIVATE)
def test_a_private_stack_has_no_public_store(stack: str):
    lake = inputs_of(stack, "storage:StorageAccount")["lake"]
    server = inputs_of(stack, "dbforpostgresql:Server")["postgres"]
    synapse = inputs_of(stack, "synapse:Workspace")["synapse"]
    (vault,) = inputs_of(stack, "keyvault:Vault").values()
    access = [lake, server["network"], synapse, vault["properties"]]
    assert [store["publicNetworkAccess"] for store in access] == ["Disabled"] * 4
    assert (lake["networkRuleSet"]["defaultAction"], lake["networkRuleSet"]["bypass"]) == ("Deny", "None")
    # Only with a managed network of its own can a workspace close its public endpoints.
    assert synapse["managedVirtualNetwork"] == "default"
    # A server inside a network could have no private endpoint.
    assert "delegatedSubnetResourceId" not in server["network"]
    assert not inputs_of(stack, ":FirewallRule") and not inputs_of(stack, ":IpFirewallRule")


@pytest.mark.parametrize("stack", PRIVATE)
def test_subnets_are_shut_and_go_out_by_one_way(stack: str):
    network = inputs_of(stack, "network:VirtualNetwork")["network"]
    subnets = {one["name"]: one for one in network["subnets"]}
    assert set(subnets) == {"endpoints", "runner", "gateway", "databricks-hosts", "databricks-containers"}
    assert {one["defaultOutboundAccess"] for one in subnets.values()} == {False}
    assert [name for name, one in subnets.items() if "natGateway" not in one] == ["endpoints"]
    assert {
        name: [d["serviceName"] for d in one["delegations"]]
        for name, one in subnets.items()
        if one.get("delegations")
    } == {
        "databricks-hosts": ["Microsoft.Databricks/workspaces"],
        "databricks-containers": ["Microsoft.Databricks/workspaces"],
        "gateway": ["Microsoft.PowerPlatform/vnetaccesslinks"],
    }
    groups = {name: one["networkSecurityGroup"]["id"].rpartition("-")[2] for name, one in subnets.items()}
    assert groups == {
        "endpoints": "endpoints", "runner": "closed", "gateway": "closed",
        "databricks-hosts": "databricks", "databricks-containers": "databricks",
    }  # fmt: skip
    # Else the rules of its security group would not hold for private endpoints.
    assert subnets["endpoints"]["privateEndpointNetworkPolicies"] == "NetworkSecurityGroupEnabled"


@pytest.mark.parametrize("stack", PRIVATE)
def test_nobody_comes_in_but_from_the_network(stack: str):
    groups = inputs_of(stack, "network:NetworkSecurityGroup")
    rules = {
        name: [
            (r["access"], r["sourceAddressPrefix"], r.get("destinationPortRanges"), r["priority"])
            for r in group.get("securityRules", ())
        ]
        for name, group in groups.items()
    }
    assert rules == {
        "network-endpoints": [
            ("Allow", "VirtualNetwork", ["443", "5432", "1433"], 100),
            ("Deny", "*", None, 4096),
        ],
        "network-closed": [("Deny", "*", None, 4096)],
        "network-databricks": [],  # Databricks writes its own
    }
    (out,) = inputs_of(stack, "network:PublicIPAddress").values()
    assert (out["sku"]["name"], out["publicIPAllocationMethod"]) == ("Standard", "Static")
    (nat,) = inputs_of(stack, "network:NatGateway").values()
    assert nat["publicIpAddresses"][0]["id"].endswith(f"/publicIPAddresses/{out['publicIpAddressName']}")


@pytest.mark.parametrize("stack", PRIVATE)
def test_databricks_is_in_the_network_and_has_no_public_address(stack: str):
    given = inputs_of(stack, "databricks:Workspace")["databricks"]["parameters"]
    network = inputs_of(stack, "network:VirtualNetwork")["network"]
    assert given["enableNoPublicIp"] == {"value": True}
    assert given["customVirtualNetworkId"]["value"].endswith(
        f"/virtualNetworks/{network['virtualNetworkName']}"
    )
    names = [given[k]["value"] for k in ("customPublicSubnetName", "customPrivateSubnetName")]
    assert names == ["databricks-hosts", "databricks-containers"]
    assert "parameters" not in inputs_of("dev", "databricks:Workspace")["databricks"]


@pytest.mark.parametrize("stack", PRIVATE)
def test_the_managed_runtime_is_in_the_factory_s_region_and_stays_warm(stack: str):
    (factory,) = inputs_of(stack, "datafactory:Factory").values()
    runtime = inputs_of(stack, "datafactory:IntegrationRuntime")["managed"]["properties"]
    compute = runtime["computeProperties"]
    assert compute["location"] == factory["location"]
    assert runtime["managedVirtualNetwork"] == {
        "type": "ManagedVirtualNetworkReference", "referenceName": "default",
    }  # fmt: skip
    assert compute["copyComputeScaleProperties"] == {"dataIntegrationUnit": 4, "timeToLive": 10}
    external = compute["pipelineExternalComputeScaleProperties"]
    (trigger,) = [t for n, t in inputs_of(stack, "datafactory:Trigger").items() if n == "every_few_minutes"]
    assert external["timeToLive"] > trigger["properties"]["recurrence"]["interval"]


@pytest.mark.parametrize("stack", PRIVATE)
def test_the_managed_network_is_made_by_hand_and_never_deleted(stack: str):
    """The package has no such resource, and Azure no call that deletes one."""
    (network,) = [one for one in declared(stack) if one["urn"].endswith("::managed-network")]
    assert network["type"] == "azure-native:resources:Resource"
    assert (network["inputs"]["resourceType"], network["inputs"]["resourceName"]) == (
        "managedVirtualNetworks",
        "default",
    )
    assert network["options"]["retainOnDelete"] is True
    assert "managed-network" in awaited_by(stack, "datafactory:IntegrationRuntime", "managed")


@pytest.mark.parametrize("stack", (*PRIVATE, "own private source"))
def test_every_linked_service_but_a_vault_is_reached_from_the_managed_runtime(stack: str):
    typed = {n: s["properties"] for n, s in inputs_of(stack, "datafactory:LinkedService").items()}
    generic = {
        n: s["properties"]
        for n, s in inputs_of(stack, "resources:Resource").items()
        if s["resourceType"] == "linkedservices"
    }
    assert {"lake-service", "databricks-service"} <= set(typed)
    assert {"control-service", "source-service"} <= set(generic)
    managed = {"type": "IntegrationRuntimeReference", "referenceName": "managed"}
    for name, service in (typed | generic).items():
        expected = None if service["type"] == "AzureKeyVault" else managed
        assert service.get("connectVia") == expected, name
    for name in typed:
        assert "managed" in awaited_by(stack, "datafactory:LinkedService", name)


@pytest.mark.parametrize("stack", PRIVATE)
def test_nothing_runs_before_every_endpoint_is_approved(stack: str):
    approvals = set(inputs_of(stack, "LinkApproval"))
    assert len(approvals) == 4 + 3  # our network's, by store; and the factory's
    assert approvals <= awaited_by(stack, "datafactory:Trigger", "every_few_minutes")
    assert approvals <= awaited_by(stack, "datafactory:Pipeline", "deploy_sql")


def test_from_a_runner_scripts_wait_for_the_endpoints_too():
    approvals = set(inputs_of("runner", "LinkApproval"))
    assert approvals <= awaited_by("runner", "SqlScript", "factory-role")
    assert approvals <= awaited_by("runner", "SqlScript", "serving-database")


@pytest.mark.parametrize("stack", PRIVATE)
def test_all_of_the_network_is_tagged_where_azure_takes_tags(stack: str):
    tagless = {"PrivateDnsZoneGroup"}
    for one in declared(stack):
        package, _, kind = one["type"].rpartition(":")
        if package.endswith((":network", ":privatedns", ":keyvault")) and kind not in tagless:
            assert one["inputs"]["tags"]["environment"] == stack, one["urn"]


def test_ids_of_the_network_are_arm_s_own():
    group = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-hw-staging/providers"
    ids = {
        answer(one["type"], one["urn"].rpartition("::")[2], one["inputs"]).id for one in declared("staging")
    }
    factory = next(iter(inputs_of("staging", "datafactory:Factory").values()))["factoryName"]
    inside = f"{group}/Microsoft.DataFactory/factories/{factory}"
    assert {
        f"{group}/Microsoft.Network/virtualNetworks/vnet-hw-staging",
        f"{group}/Microsoft.Network/networkSecurityGroups/nsg-hw-staging-endpoints",
        f"{group}/Microsoft.Network/natGateways/ng-hw-staging",
        f"{group}/Microsoft.Network/publicIPAddresses/pip-hw-staging-out",
        f"{group}/Microsoft.Network/privateEndpoints/pep-hw-staging-lake-dfs/privateDnsZoneGroups/default",
        f"{group}/Microsoft.Network/privateDnsZones/{ZONES['dfs']}/virtualNetworkLinks/network",
        f"{inside}/managedVirtualNetworks/default",
        f"{inside}/managedVirtualNetworks/default/managedPrivateEndpoints/lake-dfs",
        f"{inside}/integrationRuntimes/managed",
    } <= ids
