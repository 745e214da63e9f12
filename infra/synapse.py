"""Synapse: the workspace with its serverless pool."""

import pulumi
from pulumi_azure_native import synapse

from infra.network import firewall
from infra.place import Place
from infra.sql_administrators import SqlAdministrators

# Never logged in with: the workspace lets Entra principals in alone. The service wants a name all the same.
_LOGIN = "nobody"


class SynapseWorkspace(pulumi.ComponentResource):
    """A workspace with its built-in serverless pool; only Entra principals may log in.

    Args:
        administrators: the one of them that runs scripts administers the pool.
        tenant: the tenant's id.

    Attributes:
        endpoint: the serverless SQL endpoint.
        principal: principal id of the workspace's identity.
        resource: the workspace itself, with which its scripts go.
        ready: what a script waits for, before which nobody can log in.
    """

    endpoint: pulumi.Output[str]
    principal: pulumi.Output[str]
    resource: synapse.Workspace
    ready: list[pulumi.Resource]

    def __init__(
        self,
        place: Place,
        lake_endpoint: pulumi.Input[str],
        administrators: SqlAdministrators,
        tenant: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("highwater:infra:SynapseWorkspace", "synapse", None, opts)
        settings = place.settings
        self.resource = synapse.Workspace(
            "synapse",
            workspace_name=place.names.of("synapse_workspace"),
            resource_group_name=place.group,
            location=settings.location,
            identity=synapse.ManagedIdentityArgs(type=synapse.ResourceIdentityType.SYSTEM_ASSIGNED),
            default_data_lake_storage=synapse.DataLakeStorageAccountDetailsArgs(
                account_url=lake_endpoint, filesystem="gold"
            ),
            azure_ad_only_authentication=True,
            sql_administrator_login=_LOGIN,
            csp_workspace_admin_properties=synapse.CspWorkspaceAdminPropertiesArgs(
                initial_workspace_admin_object_id=settings.administrator.object_id
            ),
            managed_resource_group_name=place.names.of("resource_group", "synapse"),
            # Only a workspace with a managed network of its own can close its public endpoints.
            managed_virtual_network="default" if settings.network.private else None,
            public_network_access=firewall.public_access(settings.network),
            tags=settings.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        acting = administrators.acting
        administrator = synapse.WorkspaceSqlAadAdmin(
            "synapse-administrator",
            workspace_name=self.resource.name,
            resource_group_name=place.group,
            administrator_type="ActiveDirectory",
            login=acting.name,
            sid=acting.sid,
            tenant_id=tenant,
            opts=pulumi.ResourceOptions(parent=self, deleted_with=self.resource),
        )
        self.ready = [administrator, *firewall.serving(place, self.resource, self)]
        self.endpoint = self.resource.connectivity_endpoints.apply(lambda found: found["sqlOnDemand"])
        self.principal = self.resource.identity.apply(lambda found: found.principal_id)
        self.register_outputs({"endpoint": self.endpoint})
