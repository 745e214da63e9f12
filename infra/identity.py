"""The factory's identity: what everything that it reaches knows it by."""

import pulumi
from pulumi_azure_native import managedidentity

from infra.place import Place


class FactoryIdentity(pulumi.ComponentResource):
    """The user-assigned identity of the factory; unlike a system-assigned one, its client id is known.

    Attributes:
        resource_id: ARM id.
        principal: object id in Entra, which roles are given to.
        client: application id, which Databricks knows it by.
        tenant: the tenant's id.
    """

    def __init__(self, place: Place, opts: pulumi.ResourceOptions | None = None):
        super().__init__("highwater:infra:FactoryIdentity", "factory-identity", None, opts)
        identity = managedidentity.UserAssignedIdentity(
            "factory",
            resource_name_=place.names.of("identity", "factory"),
            resource_group_name=place.group,
            location=place.settings.location,
            tags=place.settings.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.resource_id: pulumi.Output[str] = identity.id
        self.principal: pulumi.Output[str] = identity.principal_id
        self.client: pulumi.Output[str] = identity.client_id
        self.tenant: pulumi.Output[str] = identity.tenant_id
        self.register_outputs({"principal": self.principal})
