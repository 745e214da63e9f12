"""Databricks: the workspace, and the identity it reads the lake with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
from pulumi_azure_native import databricks as azure_databricks

from infra.databricks_sdk import DatabricksProvider
from infra.place import Place

if TYPE_CHECKING:
    from infra.network.space import PrivateNetwork


class DatabricksWorkspace(pulumi.ComponentResource):
    """A premium workspace and its access connector.

    Args:
        inside: the network that its clusters are in; none leaves them in one of Databricks' own.

    Attributes:
        workspace_id: its ARM id.
        number: what Databricks itself knows it by.
        url: `https://` and its host.
        connector_id: ARM id of the access connector.
        connector_principal: principal id of the access connector's identity.
        provider: what the workspace's own resources are declared through.
    """

    workspace_id: pulumi.Output[str]
    number: pulumi.Output[str]
    url: pulumi.Output[str]
    connector_id: pulumi.Output[str]
    connector_principal: pulumi.Output[str]
    provider: DatabricksProvider

    def __init__(
        self,
        place: Place,
        inside: PrivateNetwork | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("highwater:infra:DatabricksWorkspace", "databricks", None, opts)
        settings, child = place.settings, pulumi.ResourceOptions(parent=self)
        name = place.names.of("databricks_workspace")
        workspace = azure_databricks.Workspace(
            "databricks",
            workspace_name=name,
            resource_group_name=place.group,
            location=settings.location,
            compute_mode=azure_databricks.ComputeMode.HYBRID,
            managed_resource_group_id=pulumi.Output.concat(
                place.subscription, "/resourceGroups/", place.names.of("resource_group", "databricks")
            ),
            sku=azure_databricks.SkuArgs(name="premium"),
            parameters=_in_network(inside) if inside else None,
            tags=settings.tags,
            opts=child,
        )
        connector = azure_databricks.AccessConnector(
            "databricks-connector",
            connector_name=place.names.of("access_connector"),
            resource_group_name=place.group,
            location=settings.location,
            identity=azure_databricks.ManagedServiceIdentityArgs(
                type=azure_databricks.ManagedServiceIdentityType.SYSTEM_ASSIGNED
            ),
            tags=settings.tags,
            opts=child,
        )
        self.workspace_id = workspace.id
        self.number = workspace.workspace_id
        self.url = pulumi.Output.concat("https://", workspace.workspace_url)
        self.connector_id = connector.id
        self.connector_principal = connector.identity.apply(lambda found: found.principal_id)
        self.provider = DatabricksProvider(
            "databricks", {"host": self.url, "azureWorkspaceResourceId": workspace.id}, child
        )
        self.register_outputs({"url": self.url})


def _in_network(inside: PrivateNetwork) -> azure_databricks.WorkspaceCustomParametersArgs:
    """Clusters in two subnets of ours, no machine of them with a public address."""
    from infra.network.space import DATABRICKS_CONTAINERS, DATABRICKS_HOSTS

    text = azure_databricks.WorkspaceCustomStringParameterArgs
    return azure_databricks.WorkspaceCustomParametersArgs(
        custom_virtual_network_id=text(value=inside.network_id),
        custom_public_subnet_name=text(value=inside.subnet_name(DATABRICKS_HOSTS)),
        custom_private_subnet_name=text(value=inside.subnet_name(DATABRICKS_CONTAINERS)),
        enable_no_public_ip=azure_databricks.WorkspaceNoPublicIPBooleanParameterArgs(value=True),
    )
