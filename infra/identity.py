"""The factory's identities: what everything that it reaches knows it by."""

import pulumi
from pulumi_azure_native import managedidentity

from infra.place import Place


class FactoryIdentity(pulumi.ComponentResource):
    """A user-assigned identity of the factory; unlike a system-assigned one, its client id is known.

    Args:
        role: `factory` for the one that runs the pipelines, another word for one with another task.

    Attributes:
        name: its own name.
        resource_id: ARM id.
        principal: object id in Entra, which roles are given to.
        client: application id, which Databricks knows it by.
        tenant: the tenant's id.
    """

    def __init__(self, place: Place, role: str = "factory", opts: pulumi.ResourceOptions | None = None):
        super().__init__("highwater:infra:FactoryIdentity", f"{role}-identity", None, opts)
        identity = managedidentity.UserAssignedIdentity(
            role,
            resource_name_=place.names.of("identity", role),
            resource_group_name=place.group,
            location=place.settings.location,
            tags=place.settings.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name: pulumi.Output[str] = identity.name
        self.resource_id: pulumi.Output[str] = identity.id
        self.principal: pulumi.Output[str] = identity.principal_id
        self.client: pulumi.Output[str] = identity.client_id
        self.tenant: pulumi.Output[str] = identity.tenant_id
        self.register_outputs({"principal": self.principal})
