"""Databricks: the workspace, the identity it reads the lake with, and the job that merges."""

import base64
from typing import Any

import pulumi
from pulumi_azure_native import databricks as azure_databricks

from infra import wheel
from infra.databricks_sdk import DatabricksProvider, Job, WorkspaceFile
from infra.place import Place
from infra.settings import Settings

ENTRY_POINT = "highwater-merge"
PACKAGE = "highwater-transforms"
_ENVIRONMENT = "merge"


class DatabricksWorkspace(pulumi.ComponentResource):
    """A premium workspace and its access connector.

    Attributes:
        workspace_id: its ARM id.
        url: `https://` and its host.
        connector_principal: principal id of the access connector's identity.
        provider: what the workspace's own resources are declared through.
    """

    workspace_id: pulumi.Output[str]
    url: pulumi.Output[str]
    connector_principal: pulumi.Output[str]
    provider: DatabricksProvider

    def __init__(self, place: Place, opts: pulumi.ResourceOptions | None = None):
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
        self.url = pulumi.Output.concat("https://", workspace.workspace_url)
        self.connector_principal = connector.identity.apply(lambda found: found.principal_id)
        self.provider = DatabricksProvider(
            "databricks", {"host": self.url, "azureWorkspaceResourceId": workspace.id}, child
        )
        self.register_outputs({"url": self.url})


def _job(
    settings: Settings, wheel_path: pulumi.Input[str], lake_endpoint: pulumi.Input[str]
) -> dict[str, Any]:
    """The job by the provider's wire names: one wheel task on serverless compute."""
    return {
        "name": f"highwater-merge-{settings.stack.name}",
        "description": "Merges what a plan names: landing to bronze, silver and gold.",
        "environments": [
            {
                "environmentKey": _ENVIRONMENT,
                "spec": {
                    "environmentVersion": settings.databricks.environment_version,
                    "dependencies": [wheel_path],
                },
            }
        ],
        "tasks": [
            {
                "taskKey": "merge",
                "environmentKey": _ENVIRONMENT,
                # Named, not positional: only so do the parameters of a run reach the wheel.
                "pythonWheelTask": {
                    "packageName": PACKAGE,
                    "entryPoint": ENTRY_POINT,
                    "namedParameters": {"lake": lake_endpoint},
                },
            }
        ],
        "parameters": [{"name": "run_id", "default": ""}, {"name": "plan_path", "default": ""}],
        # A second run waits for the first: without the queue it would be skipped.
        "maxConcurrentRuns": 1,
        "queue": {"enabled": True},
        "performanceTarget": settings.databricks.performance_target,
        "timeoutSeconds": settings.factory.merge_timeout_minutes * 60,
        "tags": settings.tags,
    }


class MergeJob(pulumi.ComponentResource):
    """The wheel as a workspace file in a folder named by its content, and the job that runs it.

    Attributes:
        job_id: what Data Factory starts.
    """

    job_id: pulumi.Output[str]

    def __init__(
        self,
        place: Place,
        workspace: DatabricksWorkspace,
        lake_endpoint: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("highwater:infra:MergeJob", "merge", None, opts)
        settings = place.settings
        child = pulumi.ResourceOptions(parent=self, provider=workspace.provider)
        built = wheel.build()
        file = WorkspaceFile(
            "wheel",
            {
                "path": f"/Shared/highwater/{settings.stack.name}/{built.digest[:16]}/{built.path.name}",
                "contentBase64": base64.b64encode(built.path.read_bytes()).decode(),
            },
            child,
        )
        wheel_path = pulumi.Output.concat("/Workspace", file.path)
        job = Job("merge", _job(settings, wheel_path, lake_endpoint), child)
        self.job_id = job.id
        self.register_outputs({"job_id": self.job_id})
