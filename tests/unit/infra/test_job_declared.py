"""The job: what it runs on, who it runs as, who may start it, and who hears of it."""

import importlib.util
import json
import re
from pathlib import Path

import pytest

from local.azure.outputs import answer
from local.databricks import job_spec
from local.declare import resources, stack_config

INDEX = "databricks:index/"
RUN_AS = "22222222-2222-2222-2222-222222222222"
STACKS = ("local", "dev", "staging", "prod", "pr-7")
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"


def declared_with(stack: str = "dev", **sections: dict) -> list[dict]:
    config = stack_config(stack)
    for name, given in sections.items():
        key = f"highwater:{name}"
        config[key] = json.dumps({**json.loads(config.get(key, "{}")), **given})
    return resources(stack, config)


def job_of(found: list[dict]) -> dict:
    (job,) = [r["inputs"] for r in found if r["type"] == f"{INDEX}job:Job"]
    return job


@pytest.fixture(scope="module")
def on_a_cluster() -> list[dict]:
    wanted = {"compute": "job_cluster", "run_as": RUN_AS, "cluster": {"idle_minutes": 10}}
    return declared_with(databricks=wanted, monitoring={"alert_emails": ["data@acme.example"]})


@pytest.mark.parametrize("stack", STACKS)
def test_data_factory_s_identity_may_run_this_job_and_nothing_else(stack, of_type):
    """It is known by its application's id, and is no more than a starter of the one job."""
    identity = of_type(stack, IDENTITY)["factory"]
    client = answer(IDENTITY, "factory", identity).outputs["clientId"]
    principals = of_type(stack, f"{INDEX}servicePrincipal:ServicePrincipal")
    assert principals["factory-principal"]["applicationId"] == client
    assert client not in [p["applicationId"] for name, p in principals.items() if name != "factory-principal"]
    permissions = of_type(stack, f"{INDEX}permissions:Permissions")["merge-starters"]
    job = answer(f"{INDEX}job:Job", "merge", of_type(stack, f"{INDEX}job:Job")["merge"])
    assert permissions == {
        "jobId": job.id,
        "accessControls": [{"servicePrincipalName": client, "permissionLevel": "CAN_MANAGE_RUN"}],
    }
    workspace = of_type(stack, "azure-native:databricks:Workspace")["databricks"]["workspaceName"]
    roles = of_type(stack, "azure-native:authorization:RoleAssignment").values()
    assert not [a for a in roles if a["scope"].endswith(workspace)]


@pytest.mark.parametrize("stack", STACKS)
def test_the_job_is_told_when_it_runs_too_long(stack, of_type):
    job = of_type(stack, f"{INDEX}job:Job")["merge"]
    assert job["timeoutSeconds"] == 7200
    assert job["health"] == {
        "rules": [{"metric": "RUN_DURATION_SECONDS", "op": "GREATER_THAN", "value": 3600}]
    }
    assert job["tags"]["environment"] == stack


@pytest.mark.parametrize("stack", ["local", "dev", "pr-7"])
def test_serverless_pins_its_environment_and_is_not_retried_behind_the_ledger(stack, of_type):
    job = of_type(stack, f"{INDEX}job:Job")["merge"]
    (environment,) = job["environments"]
    (task,) = job["tasks"]
    assert environment["spec"]["environmentVersion"] == "5"
    assert len(environment["spec"]["dependencies"]) == 1
    assert task["disableAutoOptimization"] is True
    assert "jobClusters" not in job
    assert "maxRetries" not in task


def test_a_cluster_of_the_job_s_own(on_a_cluster, of_type):
    job = job_of(on_a_cluster)
    (cluster,) = job["jobClusters"]
    (task,) = job["tasks"]
    assert cluster["jobClusterKey"] == task["jobClusterKey"]
    spec = cluster["newCluster"]
    assert (spec["sparkVersion"], spec["numWorkers"], spec["dataSecurityMode"]) == (
        "18.x-scala2.13", 2, "SINGLE_USER",
    )  # fmt: skip
    assert spec["sparkConf"] == {
        "spark.sql.session.timeZone": "UTC",
        "spark.databricks.delta.checkpointSchema.writeThresholdLength": "0",
    }
    assert spec["customTags"]["environment"] == "dev"
    (library,) = task["libraries"]
    wheel = of_type("dev", f"{INDEX}workspaceFile:WorkspaceFile")["wheel"]["path"]
    assert library == {"whl": f"/Workspace{wheel}"}
    assert not {"environments", "performanceTarget"} & set(job)
    assert not {"environmentKey", "disableAutoOptimization"} & set(task)


def test_its_machines_wait_for_the_next_run_in_a_pool(on_a_cluster, of_type):
    """Whoever the job runs as may draw on it and no more; the cluster leaves the machines' size to it."""
    (pool,) = [r["inputs"] for r in on_a_cluster if r["type"] == f"{INDEX}instancePool:InstancePool"]
    assert pool["instancePoolName"] == "highwater-merge-dev"
    assert (pool["minIdleInstances"], pool["idleInstanceAutoterminationMinutes"]) == (0, 10)
    assert pool["preloadedSparkVersions"] == ["18.x-scala2.13"]
    (cluster,) = job_of(on_a_cluster)["jobClusters"]
    made = answer(f"{INDEX}instancePool:InstancePool", "merge-machines", pool)
    assert cluster["newCluster"]["instancePoolId"] == made.id
    assert "nodeTypeId" not in cluster["newCluster"]
    # Two clusters at once: the last one's machines may still be on their way back.
    assert pool["maxCapacity"] == 2 * (cluster["newCluster"]["numWorkers"] + 1)
    rights = [r["inputs"] for r in on_a_cluster if r["type"] == f"{INDEX}permissions:Permissions"]
    assert {
        "instancePoolId": made.id,
        "accessControls": [{"servicePrincipalName": RUN_AS, "permissionLevel": "CAN_ATTACH_TO"}],
    } in rights
    assert not of_type("dev", f"{INDEX}instancePool:InstancePool")


def test_either_compute_runs_the_same_task(on_a_cluster, of_type):
    """As the laptop's runner reads them: one wheel, the same parameters, the same queue."""
    serverless = job_spec.read("merge", of_type("dev", f"{INDEX}job:Job")["merge"])
    assert job_spec.read("merge", job_of(on_a_cluster)) == serverless
    assert serverless.named["catalog"] == "hw_dev"
    assert (serverless.max_concurrent, serverless.queue) == (1, True)


def test_it_runs_as_whom_the_settings_name(on_a_cluster, of_type):
    job = job_of(on_a_cluster)
    assert job["runAs"] == {"servicePrincipalName": RUN_AS}
    known = {
        r["inputs"]["applicationId"]
        for r in on_a_cluster
        if r["type"] == f"{INDEX}servicePrincipal:ServicePrincipal"
    }
    assert RUN_AS in known
    (declared,) = [r for r in on_a_cluster if r["type"] == f"{INDEX}job:Job"]
    assert "merge-principal" in {urn.rpartition("::")[2] for urn in declared["options"]["dependsOn"]}
    assert "runAs" not in of_type("dev", f"{INDEX}job:Job")["merge"]


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_a_private_stack_s_job_runs_as_nobody_who_administers(stack, of_type):
    """Whoever deploys owns the catalog and the workspace: a job that runs as its creator could do all of it."""
    run_as = json.loads(stack_config(stack)["highwater:databricks"])["run_as"]
    assert of_type(stack, f"{INDEX}job:Job")["merge"]["runAs"] == {"servicePrincipalName": run_as}
    principals = of_type(stack, f"{INDEX}servicePrincipal:ServicePrincipal")
    assert principals["merge-principal"]["applicationId"] == run_as
    machines = of_type(stack, f"{INDEX}permissions:Permissions")["merge-machines-users"]
    assert machines["accessControls"] == [
        {"servicePrincipalName": run_as, "permissionLevel": "CAN_ATTACH_TO"}
    ]
    own = [g for g in of_type(stack, f"{INDEX}grant:Grant").values() if g["principal"] == run_as]
    held = {g.get("externalLocation") or g.get("schema") or g["catalog"]: g["privileges"] for g in own}
    layers = ("landing", "bronze", "silver", "quarantine")
    registered = ("gold", "restricted")
    assert held == {
        f"hw_{stack}": ["USE_CATALOG"],
        **{f"hw_{stack}_{layer}": ["READ_FILES", "WRITE_FILES"] for layer in layers},
        **{f"hw_{stack}_{r}": ["CREATE_EXTERNAL_TABLE", "READ_FILES", "WRITE_FILES"] for r in registered},
        **{f"hw_{stack}.{r}": ["CREATE_TABLE", "USE_SCHEMA"] for r in registered},
    }


def test_people_hear_of_a_failure(on_a_cluster, of_type):
    assert job_of(on_a_cluster)["emailNotifications"] == {
        "onFailures": ["data@acme.example"],
        "onDurationWarningThresholdExceededs": ["data@acme.example"],
    }
    assert "emailNotifications" not in of_type("local", f"{INDEX}job:Job")["merge"]


def test_a_private_stack_has_a_cluster_unless_it_has_an_account():
    from infra.errors import InfraError
    from infra.settings import from_config

    config = stack_config("dev") | {"highwater:network": json.dumps({"mode": "private"})}
    assert from_config("dev", config).compute == "job_cluster"
    asked = {**config, "highwater:databricks": json.dumps({"compute": "serverless"})}
    with pytest.raises(InfraError, match=r"highwater:databricks\.account_id must be a GUID"):
        from_config("dev", asked)


def test_every_nested_name_is_the_typed_package_s(on_a_cluster):
    root = Path(importlib.util.find_spec("pulumi_databricks").origin).parent
    nested = (root / "_inputs.py").read_text()

    def known_of(kind: str, source: str) -> set[str]:
        body = re.search(rf"^class {kind}:.*?(?=^@pulumi|^if |\Z)", source, re.M | re.S)[0]
        found = re.findall(r"@pulumi\.getter(?:\(name=\"(\w+)\"\))?\s+def (\w+)\(", body)
        return {renamed or name for renamed, name in found}

    job = job_of(on_a_cluster)
    (task,), (cluster,), (rule,) = job["tasks"], job["jobClusters"], job["health"]["rules"]
    permissions = [r["inputs"] for r in on_a_cluster if r["type"] == f"{INDEX}permissions:Permissions"]
    (pool,) = [r["inputs"] for r in on_a_cluster if r["type"] == f"{INDEX}instancePool:InstancePool"]
    assert set(pool) <= known_of("InstancePoolArgs", (root / "instance_pool.py").read_text())
    assert all(
        set(p) <= known_of("PermissionsArgs", (root / "permissions.py").read_text()) for p in permissions
    )
    for value, kind in (
        (pool["azureAttributes"], "InstancePoolAzureAttributesArgs"),
        (task, "JobTaskArgs"),
        (task["libraries"][0], "JobTaskLibraryArgs"),
        (cluster, "JobJobClusterArgs"),
        (cluster["newCluster"], "JobJobClusterNewClusterArgs"),
        (rule, "JobHealthRuleArgs"),
        (job["health"], "JobHealthArgs"),
        (job["emailNotifications"], "JobEmailNotificationsArgs"),
        (job["notificationSettings"], "JobNotificationSettingsArgs"),
        (job["runAs"], "JobRunAsArgs"),
        *((found["accessControls"][0], "PermissionsAccessControlArgs") for found in permissions),
    ):
        assert set(value) <= known_of(kind, nested), kind
