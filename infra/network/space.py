"""The virtual network of a private stack: its subnets, who may enter them, and the one way out."""

from ipaddress import IPv4Network
from typing import Any

import pulumi
from pulumi_azure_native import network

from infra.place import Place

ENDPOINTS, RUNNER, GATEWAY = "endpoints", "runner", "gateway"
DATABRICKS_HOSTS, DATABRICKS_CONTAINERS = "databricks_hosts", "databricks_containers"

# Whose resources Azure may put into a subnet.
_DELEGATED = {
    DATABRICKS_HOSTS: "Microsoft.Databricks/workspaces",
    DATABRICKS_CONTAINERS: "Microsoft.Databricks/workspaces",
    GATEWAY: "Microsoft.PowerPlatform/vnetaccesslinks",
}
# HTTPS, PostgreSQL, and Synapse's SQL.
_SERVED = ["443", "5432", "1433"]


def _rule(name: str, priority: int, access: str, source: str, ports: list[str]) -> network.SecurityRuleArgs:
    return network.SecurityRuleArgs(
        name=name,
        priority=priority,
        access=access,
        direction=network.SecurityRuleDirection.INBOUND,
        protocol=network.SecurityRuleProtocol.TCP
        if ports != ["*"]
        else network.SecurityRuleProtocol.ASTERISK,
        source_address_prefix=source,
        source_port_range="*",
        destination_address_prefix="*",
        **({"destination_port_ranges": ports} if ports != ["*"] else {"destination_port_range": "*"}),
    )


# Inbound rules by security group. Databricks writes those of its own subnets itself and refuses others.
_RULES: dict[str, list[network.SecurityRuleArgs] | None] = {
    ENDPOINTS: [
        _rule("from-the-network", 100, "Allow", "VirtualNetwork", _SERVED),
        _rule("from-nowhere-else", 4096, "Deny", "*", ["*"]),
    ],
    "closed": [_rule("from-nowhere", 4096, "Deny", "*", ["*"])],
    "databricks": None,
}
_GROUP_OF = {
    ENDPOINTS: ENDPOINTS,
    RUNNER: "closed",
    GATEWAY: "closed",
    DATABRICKS_HOSTS: "databricks",
    DATABRICKS_CONTAINERS: "databricks",
}


class PrivateNetwork(pulumi.ComponentResource):
    """A virtual network with subnets for private endpoints, Databricks, a runner and Power BI's gateway.

    Nothing in it has a public address. What has to get out, goes out by one NAT gateway; the subnet of the
    endpoints has no way out at all.

    Attributes:
        network_id: ARM id of the virtual network.
    """

    network_id: pulumi.Output[str]

    def __init__(self, place: Place, opts: pulumi.ResourceOptions | None = None):
        super().__init__("highwater:infra:PrivateNetwork", "network", None, opts)
        self._place = place
        settings, child = place.settings.network, pulumi.ResourceOptions(parent=self)
        groups = {name: self._security_group(name, rules) for name, rules in _RULES.items()}
        nat = self._nat_gateway()
        self._network = network.VirtualNetwork(
            "network",
            virtual_network_name=place.names.of("virtual_network"),
            address_space=network.AddressSpaceArgs(address_prefixes=[str(settings.address_space)]),
            # Inside the network's own declaration: Azure changes one subnet of a network at a time.
            subnets=[
                self._subnet(name, prefix, groups[_GROUP_OF[name]], nat) for name, prefix in settings.subnets
            ],
            **self._here(),
            opts=child,
        )
        self.network_id = self._network.id
        self.register_outputs({"id": self.network_id})

    def subnet_id(self, name: str) -> pulumi.Output[str]:
        """ARM id of a subnet."""
        return pulumi.Output.concat(self.network_id, "/subnets/", self.subnet_name(name))

    @staticmethod
    def subnet_name(name: str) -> str:
        """A subnet's own name."""
        return name.replace("_", "-")

    def _here(self) -> dict[str, Any]:
        settings = self._place.settings
        return {
            "resource_group_name": self._place.group,
            "location": settings.location,
            "tags": settings.tags,
        }

    def _security_group(
        self, name: str, rules: list[network.SecurityRuleArgs] | None
    ) -> network.NetworkSecurityGroup:
        return network.NetworkSecurityGroup(
            f"network-{name}",
            network_security_group_name=self._place.names.of("network_security_group", name),
            security_rules=rules,
            **self._here(),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _nat_gateway(self) -> network.NatGateway:
        names, child = self._place.names, pulumi.ResourceOptions(parent=self)
        address = network.PublicIPAddress(
            "network-out",
            public_ip_address_name=names.of("public_ip", "out"),
            sku=network.PublicIPAddressSkuArgs(name=network.PublicIPAddressSkuName.STANDARD),
            public_ip_allocation_method=network.IPAllocationMethod.STATIC,
            **self._here(),
            opts=child,
        )
        return network.NatGateway(
            "network-out",
            nat_gateway_name=names.of("nat_gateway"),
            sku=network.NatGatewaySkuArgs(name=network.NatGatewaySkuName.STANDARD),
            public_ip_addresses=[network.SubResourceArgs(id=address.id)],
            **self._here(),
            opts=child,
        )

    def _subnet(
        self, name: str, prefix: IPv4Network, group: network.NetworkSecurityGroup, nat: network.NatGateway
    ) -> network.SubnetArgs:
        delegated = _DELEGATED.get(name)
        return network.SubnetArgs(
            name=self.subnet_name(name),
            address_prefix=str(prefix),
            default_outbound_access=False,
            network_security_group=network.NetworkSecurityGroupArgs(id=group.id),
            nat_gateway=network.SubResourceArgs(id=nat.id) if name != ENDPOINTS else None,
            delegations=[network.DelegationArgs(name=delegated.replace("/", "-"), service_name=delegated)]
            if delegated
            else None,
            # Without this the rules of its security group would not hold for private endpoints.
            private_endpoint_network_policies="NetworkSecurityGroupEnabled" if name == ENDPOINTS else None,
        )
