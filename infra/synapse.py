"""Synapse: the serverless workspace and the views that it serves."""

from collections.abc import Sequence

import pulumi
from pulumi_azure_native import synapse

from contracts import Contract
from infra.place import Place
from infra.sql_script import SqlScript, SqlTarget
from sql import serving

_MASTER = "master"
# Never logged in with: the workspace lets Entra principals in alone. The service wants a name all the same.
_LOGIN = "nobody"


class SynapseWorkspace(pulumi.ComponentResource):
    """A workspace with its built-in serverless pool; only Entra principals may log in.

    Attributes:
        endpoint: the serverless SQL endpoint.
        principal: principal id of the workspace's identity.
        resource: the workspace itself, with which its scripts go.
    """

    endpoint: pulumi.Output[str]
    principal: pulumi.Output[str]
    resource: synapse.Workspace

    def __init__(
        self,
        place: Place,
        lake_endpoint: pulumi.Input[str],
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
            tags=settings.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.endpoint = self.resource.connectivity_endpoints.apply(lambda found: found["sqlOnDemand"])
        self.principal = self.resource.identity.apply(lambda found: found.principal_id)
        self.register_outputs({"endpoint": self.endpoint})


class Views(pulumi.ComponentResource):
    """The serving database with its data sources, and every view of every contract."""

    def __init__(
        self,
        place: Place,
        workspace: SynapseWorkspace,
        lake_endpoint: pulumi.Output[str],
        contracts: Sequence[Contract],
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("highwater:infra:Views", "views", None, opts)
        driver, user = place.settings.serving.driver, place.settings.administrator.name
        target = SqlTarget(driver, workspace.endpoint, serving.DATABASE, user)

        def options(*after: pulumi.Resource) -> pulumi.ResourceOptions:
            return pulumi.ResourceOptions(
                parent=self, depends_on=list(after), deleted_with=workspace.resource
            )

        database = SqlScript(
            "serving-database",
            SqlTarget(driver, workspace.endpoint, _MASTER, user),
            serving.create_database(),
            opts=options(),
        )
        sources = SqlScript(
            "serving-sources",
            target,
            lake_endpoint.apply(serving.database_script),
            opts=options(database),
        )
        for view in (view for contract in contracts for view in serving.views(contract)):
            SqlScript(
                f"view-{view.schema}.{view.name}",
                target,
                view.script(),
                undo=f"DROP VIEW IF EXISTS [{view.schema}].[{view.name}];\n",
                opts=options(sources),
            )
        self.register_outputs({})
