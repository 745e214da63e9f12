"""Private endpoints of the stores in the stack's own network, and the names that lead to them."""

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_azure_native import network, privatedns

from infra import reach
from infra.approvals import LinkApproval
from infra.network.space import ENDPOINTS, PrivateNetwork
from infra.place import Place

# The zone that holds the private names of each sub-resource. Azure fixes them.
ZONES = {
    "blob": "privatelink.blob.core.windows.net",
    "dfs": "privatelink.dfs.core.windows.net",
    "vault": "privatelink.vaultcore.azure.net",
    "postgresqlServer": "privatelink.postgres.database.azure.com",
    "Sql": "privatelink.sql.azuresynapse.net",
    "SqlOnDemand": "privatelink.sql.azuresynapse.net",
    "Dev": "privatelink.dev.azuresynapse.net",
}


class PrivateEndpoints(pulumi.ComponentResource):
    """An endpoint for each store and sub-resource that anybody reaches from inside the network.

    Args:
        stores: ARM id of each store, by its name in `infra.reach`.
        after: what each store goes through first; it takes one change at a time.

    Attributes:
        ready: what is there once every endpoint is connected and its name is known.
    """

    ready: list[pulumi.Resource]

    def __init__(
        self,
        place: Place,
        inside: PrivateNetwork,
        stores: Mapping[str, pulumi.Input[str]],
        after: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("highwater:infra:PrivateEndpoints", "endpoints", None, opts)
        self._place, self._network = place, inside
        self._child = pulumi.ResourceOptions(parent=self)
        links = reach.links(place.settings, reach.Path.ENDPOINT)
        self.ready = []
        zones = {zone: self._zone(zone) for zone in sorted({ZONES[part] for _, part in links})}
        for store in sorted({store for store, _ in links}):
            made: dict[str, network.PrivateEndpoint] = {}
            for part in (part for own, part in links if own == store):
                options = self._after([*after, *made.values()])
                made[f"{store} {part}"] = self._endpoint(
                    store, part, stores[store], zones[ZONES[part]], options
                )
            wanted = {label: endpoint.name for label, endpoint in made.items()}
            options = self._after(list(made.values()))
            self.ready.append(LinkApproval(f"{store}-endpoints", stores[store], wanted, options))
        self.register_outputs({})

    def _after(self, made: list[pulumi.Resource]) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=made)

    def _zone(self, name: str) -> privatedns.PrivateZone:
        place = self._place
        zone = privatedns.PrivateZone(
            name,
            private_zone_name=name,
            resource_group_name=place.group,
            location="global",
            tags=place.settings.tags,
            opts=self._child,
        )
        link = privatedns.VirtualNetworkLink(
            name,
            virtual_network_link_name="network",
            private_zone_name=zone.name,
            resource_group_name=place.group,
            location="global",
            registration_enabled=False,
            virtual_network=privatedns.SubResourceArgs(id=self._network.network_id),
            tags=place.settings.tags,
            opts=self._child,
        )
        self.ready.append(link)
        return zone

    def _endpoint(
        self,
        store: str,
        part: str,
        target: pulumi.Input[str],
        zone: privatedns.PrivateZone,
        options: pulumi.ResourceOptions,
    ) -> network.PrivateEndpoint:
        place, name = self._place, f"{store}-{part.lower()}"
        endpoint = network.PrivateEndpoint(
            name,
            private_endpoint_name=place.names.of("private_endpoint", name),
            resource_group_name=place.group,
            location=place.settings.location,
            subnet=network.SubnetArgs(id=self._network.subnet_id(ENDPOINTS)),
            private_link_service_connections=[
                network.PrivateLinkServiceConnectionArgs(
                    name=name, private_link_service_id=target, group_ids=[part]
                )
            ],
            tags=place.settings.tags,
            opts=options,
        )
        group = network.PrivateDnsZoneGroup(
            name,
            private_dns_zone_group_name="default",
            private_endpoint_name=endpoint.name,
            resource_group_name=place.group,
            private_dns_zone_configs=[
                network.PrivateDnsZoneConfigArgs(name=part.lower(), private_dns_zone_id=zone.id)
            ],
            opts=self._child,
        )
        self.ready.append(group)
        return endpoint
