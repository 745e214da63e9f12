"""The factory's own managed network: its compute, kept warm, and its private endpoints, approved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pulumi
from pulumi_azure_native import datafactory, resources

from infra import reach
from infra.approvals import LinkApproval
from pipelines import linked_services

if TYPE_CHECKING:
    from infra.factory_host import FactoryHost

NETWORK = "default"  # Azure allows this one name


class ManagedRuntime(pulumi.ComponentResource):
    """The managed virtual network and the integration runtime in it.

    The runtime is in the factory's own region: one that picks its region for each run has no network of ours.
    """

    def __init__(self, host: FactoryHost, opts: pulumi.ResourceOptions | None = None):
        super().__init__("highwater:infra:ManagedRuntime", "managed-runtime", None, opts)
        place, wanted = host.place, host.place.settings.network.runtime
        network = resources.Resource(
            "managed-network",
            api_version=linked_services.API_VERSION,
            resource_provider_namespace="Microsoft.DataFactory",
            parent_resource_path=pulumi.Output.concat("factories/", host.resource.name),
            resource_type="managedVirtualNetworks",
            resource_name_=NETWORK,
            resource_group_name=place.group,
            properties={},
            # Azure has no call that deletes one: it goes with its factory.
            opts=pulumi.ResourceOptions.merge(
                host.options(parent=self), pulumi.ResourceOptions(retain_on_delete=True)
            ),
        )
        datafactory.IntegrationRuntime(
            linked_services.RUNTIME,
            integration_runtime_name=linked_services.RUNTIME,
            properties=datafactory.ManagedIntegrationRuntimeArgs(
                type="Managed",
                managed_virtual_network=datafactory.ManagedVirtualNetworkReferenceArgs(
                    type="ManagedVirtualNetworkReference", reference_name=NETWORK
                ),
                compute_properties=datafactory.IntegrationRuntimeComputePropertiesArgs(
                    location=place.settings.location,
                    copy_compute_scale_properties=datafactory.CopyComputeScalePropertiesArgs(
                        data_integration_unit=wanted.copy_units, time_to_live=wanted.time_to_live_minutes
                    ),
                    pipeline_external_compute_scale_properties=(
                        datafactory.PipelineExternalComputeScalePropertiesArgs(
                            number_of_pipeline_nodes=wanted.pipeline_nodes,
                            number_of_external_nodes=wanted.external_nodes,
                            time_to_live=wanted.time_to_live_minutes,
                        )
                    ),
                ),
            ),
            **host.inside,
            opts=host.options(network, parent=self),
        )
        self.register_outputs({})


class ManagedEndpoints(pulumi.ComponentResource):
    """The factory's private endpoint of each store that `infra.reach` sends it to in that way.

    Args:
        host: the factory, with its managed network.
        stores: ARM id of each store, by its name in `infra.reach`.
        after: what each store goes through first; it takes one change at a time.

    Attributes:
        ready: what is there once every endpoint is approved.
    """

    ready: list[pulumi.Resource]

    def __init__(
        self,
        host: FactoryHost,
        stores: Mapping[str, pulumi.Input[str]],
        after: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("highwater:infra:ManagedEndpoints", "managed-endpoints", None, opts)
        links = reach.links(host.place.settings, reach.Path.MANAGED)
        self.ready = []
        for store in sorted({store for store, _ in links}):
            made: dict[str, datafactory.ManagedPrivateEndpoint] = {}
            for part in (part for own, part in links if own == store):
                options = host.options(*after, *made.values(), parent=self)
                made[f"factory {store} {part}"] = self._endpoint(host, store, part, stores[store], options)
            # Azure calls the endpoint at the other end by the factory's name and the endpoint's own.
            wanted = {
                label: pulumi.Output.concat(host.resource.name, ".", endpoint.name)
                for label, endpoint in made.items()
            }
            options = host.options(*made.values(), parent=self)
            self.ready.append(LinkApproval(f"factory-{store}-endpoints", stores[store], wanted, options))
        self.register_outputs({})

    def _endpoint(
        self,
        host: FactoryHost,
        store: str,
        part: str,
        target: pulumi.Input[str],
        options: pulumi.ResourceOptions,
    ) -> datafactory.ManagedPrivateEndpoint:
        name = f"{store}-{part.lower()}"
        return datafactory.ManagedPrivateEndpoint(
            f"factory-{name}",
            managed_private_endpoint_name=name,
            managed_virtual_network_name=NETWORK,
            properties=datafactory.ManagedPrivateEndpointArgs(group_id=part, private_link_resource_id=target),
            **host.inside,
            opts=options,
        )
