"""The Log Analytics workspace of a stack, and the diagnostic settings that fill it."""

from collections.abc import Sequence

import pulumi
from pulumi_azure_native import monitor, operationalinsights

from infra.place import Place

# What Azure calls all of a resource's log categories together.
ALL_LOGS = "allLogs"


class Logs(pulumi.ComponentResource):
    """A workspace that only Entra principals may read or write.

    Attributes:
        workspace: its name.
        workspace_id: its ARM id.
    """

    workspace: pulumi.Output[str]
    workspace_id: pulumi.Output[str]

    def __init__(self, place: Place, opts: pulumi.ResourceOptions | None = None):
        super().__init__("highwater:infra:Logs", "logs", None, opts)
        settings, wanted = place.settings, place.settings.monitoring
        self._workspace = operationalinsights.Workspace(
            "logs",
            workspace_name=place.names.of("log_workspace"),
            resource_group_name=place.group,
            location=settings.location,
            sku=operationalinsights.WorkspaceSkuArgs(
                name=operationalinsights.WorkspaceSkuNameEnum.PER_GB2018
            ),
            retention_in_days=wanted.retention_days,
            workspace_capping=operationalinsights.WorkspaceCappingArgs(daily_quota_gb=wanted.daily_cap_gb),
            features=operationalinsights.WorkspaceFeaturesArgs(disable_local_auth=True),
            tags=settings.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=settings.protect or None),
        )
        self.workspace = self._workspace.name
        self.workspace_id = self._workspace.id
        self.register_outputs({"workspace": self.workspace})

    def diagnose(
        self, name: str, resource_id: pulumi.Input[str], categories: Sequence[str] = ()
    ) -> monitor.DiagnosticSetting:
        """Send a resource's logs here, each category to the table of its own.

        Its metrics stay where they are: Azure keeps them for three months without a bill, and alerts read
        them there.

        Args:
            name: what the setting is called; one a resource.
            resource_id: the ARM id of what is to be logged.
            categories: log categories; none means all that the resource has, also those of the future.
        """
        chosen = [{"category": category} for category in categories] or [{"category_group": ALL_LOGS}]
        return monitor.DiagnosticSetting(
            f"{name}-logs",
            name="highwater",
            resource_uri=resource_id,
            workspace_id=self.workspace_id,
            log_analytics_destination_type="Dedicated",
            logs=[monitor.DiagnosticsLogSettingsArgs(enabled=True, **one) for one in chosen],
            opts=pulumi.ResourceOptions(parent=self),
        )
