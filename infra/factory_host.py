"""The data factory itself, still empty: the identities that it has, and how things are put into it."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_azure_native import datafactory

from infra.identity import FactoryIdentity
from infra.network.managed import ManagedRuntime
from infra.place import Place
from pipelines import linked_services


class FactoryHost(pulumi.ComponentResource):
    """A factory and a credential for each of its identities.

    It stands apart from what it runs, since scripts that prepare the databases may have to go through it.

    Args:
        identities: the identities by the name of the credential that linked services choose them by.

    Attributes:
        place: where it is.
        resource: the factory.
        inside: the arguments that put a resource into it.
        credentials: the credential of each identity, by name.
    """

    def __init__(
        self,
        place: Place,
        identities: Mapping[str, FactoryIdentity],
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("highwater:infra:FactoryHost", "factory", None, opts)
        self.place = place
        ids = [identity.resource_id for identity in identities.values()]
        self.resource = datafactory.Factory(
            "factory",
            factory_name=place.names.of("factory"),
            resource_group_name=place.group,
            location=place.settings.location,
            # Of what the factory runs, it closes the door to self-hosted runtimes from outside alone.
            public_network_access="Disabled" if place.settings.network.private else None,
            identity=datafactory.FactoryIdentityArgs(
                type=datafactory.FactoryIdentityType.USER_ASSIGNED,
                user_assigned_identities=pulumi.Output.all(*ids).apply(lambda found: {i: {} for i in found}),
            ),
            tags=place.settings.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.inside: dict[str, Any] = {
            "factory_name": self.resource.name,
            "resource_group_name": place.group,
        }
        self._awaited: list[pulumi.Resource] = []
        if place.settings.network.private:
            self._awaited.append(ManagedRuntime(self, pulumi.ResourceOptions(parent=self)))
        self.credentials = {
            name: datafactory.CredentialOperation(
                name,
                credential_name=name,
                properties=datafactory.ManagedIdentityCredentialArgs(
                    type="ManagedIdentity", resource_id=identity.resource_id
                ),
                **self.inside,
                opts=self.options(parent=self),
            )
            for name, identity in identities.items()
        }
        self.register_outputs({"name": self.resource.name})

    def options(self, *after: pulumi.Resource, parent: pulumi.Resource) -> pulumi.ResourceOptions:
        """Everything inside goes with the factory. References are by name, so their order is told."""
        awaited = [*self._awaited, *after]
        return pulumi.ResourceOptions(parent=parent, depends_on=awaited, deleted_with=self.resource)

    def reached(self, properties: Any) -> Any:
        """A linked service's properties, reached from the managed network where the factory has one."""
        if self.place.settings.network.private:
            return linked_services.through(properties, linked_services.RUNTIME)
        return properties
