"""The Databricks job that merges: its wheel, what it runs on, who it runs as and who may start it."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from infra import wheel
from infra.databricks import DatabricksWorkspace
from infra.databricks_sdk import InstancePool, Job, Permissions, ServicePrincipal, WorkspaceFile
from infra.identity import FactoryIdentity
from infra.place import Place
from infra.settings import Settings

ENTRY_POINT = "highwater-merge"
PACKAGE = "highwater-transforms"
_KEY = "merge"
# Serverless sessions are in UTC. The job refuses another time zone, so clusters are told.
_SPARK = {
    "spark.sql.session.timeZone": "UTC",
    # Synapse's reader fails at a last-checkpoint file above 200 bytes, which a schema in it makes it
    # (learn.microsoft.com/azure/synapse-analytics/sql/resources-self-help-sql-on-demand).
    "spark.databricks.delta.checkpointSchema.writeThresholdLength": "0",
}


def _compute(
    settings: Settings, wheel_path: pulumi.Input[str], pool: InstancePool | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the job runs on: the part of the job, and the part of its task."""
    wanted = settings.databricks
    if settings.compute == "serverless":
        spec = {"environmentVersion": wanted.environment_version, "dependencies": [wheel_path]}
        job = {
            "environments": [{"environmentKey": _KEY, "spec": spec}],
            "performanceTarget": wanted.performance_target,
        }
        # A run that failed is not repeated behind the ledger's back: the next one finishes it.
        return job, {"environmentKey": _KEY, "disableAutoOptimization": True}
    cluster = {
        "sparkVersion": wanted.cluster.spark_version,
        # A pool knows the size of its machines, and refuses a cluster that names one too.
        **({"instancePoolId": pool.id} if pool else {"nodeTypeId": wanted.cluster.node_type}),
        "numWorkers": wanted.cluster.workers,
        # For whoever the job runs as, with Unity Catalog's rights.
        "dataSecurityMode": "SINGLE_USER",
        "sparkConf": _SPARK,
        "customTags": settings.tags,
    }
    job = {"jobClusters": [{"jobClusterKey": _KEY, "newCluster": cluster}]}
    return job, {"jobClusterKey": _KEY, "libraries": [{"whl": wheel_path}]}


def _told(settings: Settings) -> dict[str, Any]:
    """Who hears of a run that failed or takes long: half of its time limit."""
    seconds = settings.factory.merge_timeout_minutes * 60
    rule = {"metric": "RUN_DURATION_SECONDS", "op": "GREATER_THAN", "value": seconds // 2}
    told: dict[str, Any] = {"timeoutSeconds": seconds, "health": {"rules": [rule]}}
    people = list(settings.monitoring.alert_emails)
    if people:
        told["emailNotifications"] = {"onFailures": people, "onDurationWarningThresholdExceededs": people}
        told["notificationSettings"] = {"noAlertForSkippedRuns": True, "noAlertForCanceledRuns": True}
    return told


def _pool(settings: Settings) -> dict[str, Any]:
    """The pool of the cluster's machines: empty while nothing runs, warm while runs follow each other."""
    cluster = settings.databricks.cluster
    return {
        "instancePoolName": f"highwater-merge-{settings.stack.name}",
        "nodeTypeId": cluster.node_type,
        "preloadedSparkVersions": [cluster.spark_version],
        "minIdleInstances": 0,
        "idleInstanceAutoterminationMinutes": cluster.idle_minutes,
        # Driver and workers, and once more: a run may begin while the last one's machines are being cleaned.
        "maxCapacity": 2 * (cluster.workers + 1),
        "azureAttributes": {"availability": "ON_DEMAND_AZURE"},
        "customTags": settings.tags,
    }


def _job(
    settings: Settings,
    wheel_path: pulumi.Input[str],
    named: Mapping[str, pulumi.Input[str]],
    pool: InstancePool | None = None,
) -> dict[str, Any]:
    """The job by the provider's wire names: one wheel task."""
    job, task = _compute(settings, wheel_path, pool)
    run_as = settings.databricks.run_as
    return {
        "name": f"highwater-merge-{settings.stack.name}",
        "description": "Merges what a plan names, landing to bronze, silver and gold; or looks after the tables.",
        "tasks": [
            {
                "taskKey": "merge",
                # Named, not positional: only so do the parameters of a run reach the wheel.
                "pythonWheelTask": {
                    "packageName": PACKAGE,
                    "entryPoint": ENTRY_POINT,
                    "namedParameters": dict(named),
                },
                **task,
            }
        ],
        "parameters": [
            {"name": "run_id", "default": ""},
            {"name": "plan_path", "default": ""},
            {"name": "work", "default": "merge"},
        ],
        # A second run waits for the first: without the queue it would be skipped. Maintenance is a run of this
        # job too, so that it never commits while a merge is at work.
        "maxConcurrentRuns": 1,
        "queue": {"enabled": True},
        "tags": settings.tags,
        **({"runAs": {"servicePrincipalName": run_as}} if run_as else {}),
        **_told(settings),
        **job,
    }


class MergeJob(pulumi.ComponentResource):
    """The wheel as a workspace file in a folder named by its content, and the job that runs it.

    Args:
        factory: the identity that starts the job, and may do nothing else in the workspace.
        named: static parameters of the wheel, by name.

    Attributes:
        job_id: what Data Factory starts.
        ready: what must be there before it may be started.
    """

    job_id: pulumi.Output[str]
    ready: list[pulumi.Resource]

    def __init__(
        self,
        place: Place,
        workspace: DatabricksWorkspace,
        factory: FactoryIdentity,
        named: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("highwater:infra:MergeJob", "merge", None, opts)
        settings = place.settings

        def child(*after: pulumi.Resource) -> pulumi.ResourceOptions:
            return pulumi.ResourceOptions(
                parent=self, provider=workspace.provider, depends_on=list(after) or None
            )

        built = wheel.build()
        file = WorkspaceFile(
            "wheel",
            {
                "path": f"/Shared/highwater/{settings.stack.name}/{built.digest[:16]}/{built.path.name}",
                "contentBase64": base64.b64encode(built.path.read_bytes()).decode(),
            },
            child(),
        )
        runs_as = self._principals(settings, factory, child)
        pool, attached = self._machines(settings, child, runs_as)
        job = Job(
            "merge",
            _job(settings, pulumi.Output.concat("/Workspace", file.path), named, pool),
            child(*runs_as, *attached),
        )
        may_run = Permissions(
            "merge-starters",
            {
                "jobId": job.id,
                "accessControls": [
                    {
                        "servicePrincipalName": self._starter.applicationId,
                        "permissionLevel": "CAN_MANAGE_RUN",
                    }
                ],
            },
            child(),
        )
        self.job_id, self.ready = job.id, [may_run]
        self.register_outputs({"job_id": self.job_id})

    def _machines(
        self, settings: Settings, child, runs_as: Sequence[ServicePrincipal]
    ) -> tuple[InstancePool | None, list[pulumi.Resource]]:
        """The pool where the settings ask for one, and the right of whoever the job runs as to draw on it."""
        if settings.compute != "job_cluster" or not settings.databricks.cluster.idle_minutes:
            return None, []
        pool = InstancePool("merge-machines", _pool(settings), child())
        rights = [
            Permissions(
                "merge-machines-users",
                {
                    "instancePoolId": pool.id,
                    "accessControls": [
                        {"servicePrincipalName": one.applicationId, "permissionLevel": "CAN_ATTACH_TO"}
                    ],
                },
                child(),
            )
            for one in runs_as
        ]
        return pool, rights

    def _principals(self, settings: Settings, factory: FactoryIdentity, child) -> Sequence[ServicePrincipal]:
        """Make the factory known to the workspace, and whoever the job runs as; the latter is returned."""
        # By its application's id: Databricks does not know an identity by its object id.
        self._starter = ServicePrincipal(
            "factory-principal",
            {"applicationId": factory.client, "displayName": factory.name},
            child(),
        )
        run_as = settings.databricks.run_as
        if run_as is None:
            return []
        name = f"highwater-merge-{settings.stack.name}"
        return [ServicePrincipal("merge-principal", {"applicationId": run_as, "displayName": name}, child())]
