"""What the public side of each store lets in: named ranges in a public stack, nothing in a private one."""

from ipaddress import IPv4Address, summarize_address_range
from typing import Any

import pulumi
from pulumi_azure_native import dbforpostgresql, keyvault, storage, synapse

from infra.network.addresses import span
from infra.place import Place
from infra.sections import Network

ENABLED, DISABLED = "Enabled", "Disabled"
# Both services take the rule from 0.0.0.0 to 0.0.0.0 for Azure's own services, each by its own name for it.
_AZURE = ("0.0.0.0", "0.0.0.0")
_AZURE_ON_POSTGRES = "AllowAllAzureServicesAndResourcesWithinAzureIps"
_AZURE_ON_SYNAPSE = "AllowAllWindowsAzureIps"


def public_access(settings: Network) -> str:
    """`Disabled` in a private stack."""
    return DISABLED if settings.private else ENABLED


def lake(place: Place, tenant: pulumi.Input[str]) -> dict[str, Any]:
    """The arguments of a storage account that say who comes near it.

    In a private stack two resources are let in by their own ids, as neither has an address of ours: Synapse's
    serverless pool reads the views' files, and Unity Catalog, by the access connector, checks its locations.
    Both are named before they are made, since each needs the account to be there first.
    """
    if not place.settings.network.private:
        return {"public_network_access": ENABLED}
    readers = {
        "Microsoft.Synapse/workspaces": place.names.of("synapse_workspace"),
        "Microsoft.Databricks/accessConnectors": place.names.of("access_connector"),
    }
    return {
        "public_network_access": DISABLED,
        "network_rule_set": storage.NetworkRuleSetArgs(
            default_action=storage.DefaultAction.DENY,
            bypass=storage.Bypass.NONE,
            resource_access_rules=[
                storage.ResourceAccessRuleArgs(
                    tenant_id=tenant,
                    resource_id=pulumi.Output.concat(place.group_id, "/providers/", kind, "/", name),
                )
                for kind, name in readers.items()
            ],
        ),
    }


def vault(settings: Network) -> dict[str, Any]:
    """The arguments of a vault's properties that say who comes near it.

    In a public stack the factory is let in as a trusted service; its compute there has no address to name.
    """
    ranges = [] if settings.private else [span(given) for given in settings.allowed.values()]
    return {
        "public_network_access": public_access(settings),
        "network_acls": keyvault.NetworkRuleSetArgs(
            default_action=keyvault.NetworkRuleAction.DENY,
            bypass=keyvault.NetworkRuleBypassOptions.NONE
            if settings.private
            else keyvault.NetworkRuleBypassOptions.AZURE_SERVICES,
            ip_rules=[keyvault.IPRuleArgs(value=cidr) for cidr in _cidrs(ranges)],
        ),
    }


def _cidrs(ranges: list[tuple[str, str]]) -> list[str]:
    """The same addresses as prefixes, the only form that a vault takes."""
    return [
        str(network)
        for first, last in ranges
        for network in summarize_address_range(IPv4Address(first), IPv4Address(last))
    ]


def _rules(settings: Network, azure: str) -> dict[str, tuple[str, str]]:
    """First and last address by the name of the rule."""
    if settings.private:
        return {}
    return ({azure: _AZURE} if settings.azure_services else {}) | {
        name: span(given) for name, given in settings.allowed.items()
    }


def postgres(
    place: Place, server: dbforpostgresql.Server, last: pulumi.Resource, parent: pulumi.Resource
) -> list[pulumi.Resource]:
    """The firewall rules of a PostgreSQL server, after `last`: the server takes one change at a time."""
    made: list[pulumi.Resource] = []
    for name, (first, end) in _rules(place.settings.network, _AZURE_ON_POSTGRES).items():
        rule = dbforpostgresql.FirewallRule(
            f"postgres-{name}",
            firewall_rule_name=name,
            server_name=server.name,
            resource_group_name=place.group,
            start_ip_address=first,
            end_ip_address=end,
            opts=pulumi.ResourceOptions(parent=parent, depends_on=[last, *made], deleted_with=server),
        )
        made.append(rule)
    return made


def serving(place: Place, workspace: synapse.Workspace, parent: pulumi.Resource) -> list[pulumi.Resource]:
    """The firewall rules of a Synapse workspace."""
    return [
        synapse.IpFirewallRule(
            f"synapse-{name}",
            rule_name=name,
            workspace_name=workspace.name,
            resource_group_name=place.group,
            start_ip_address=first,
            end_ip_address=last,
            opts=pulumi.ResourceOptions(parent=parent, deleted_with=workspace),
        )
        for name, (first, last) in _rules(place.settings.network, _AZURE_ON_SYNAPSE).items()
    ]
