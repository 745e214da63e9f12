"""The rights inside Databricks, which Azure's own table of roles doesn't hold."""

from collections.abc import Iterator

from local.check.estate import Estate, activities
from local.check.finding import Finding
from local.check.needs import identity_of, service_of
from local.check.sql_logins import RULE
from local.declare import Resource

_RUN, _ATTACH = "CAN_MANAGE_RUN", "CAN_ATTACH_TO"


def _registered(estate: Estate, client: str) -> bool:
    found = estate.of("databricks:index/servicePrincipal:ServicePrincipal")
    return client in {s["inputs"].get("applicationId") for s in found}


def _rights(estate: Estate, key: str, id_: str, client: str) -> set[str]:
    return {
        rule["permissionLevel"]
        for found in estate.of("databricks:index/permissions:Permissions")
        if found["inputs"].get(key) == id_
        for rule in found["inputs"].get("accessControls") or ()
        if rule.get("servicePrincipalName") == client
    }


def _runs_as(estate: Estate, job: Resource) -> Iterator[Finding]:
    """Whoever a job runs as is known in the workspace, and may draw on the pool of its cluster's machines."""
    client = (job["inputs"].get("runAs") or {}).get("servicePrincipalName")
    if client is None:
        return
    if not _registered(estate, client):
        message = f"no service principal of the workspace has the application id {client}"
        yield Finding(RULE, job["urn"], f"{message}, which it runs as")
    for cluster in job["inputs"].get("jobClusters") or ():
        pool = cluster["newCluster"].get("instancePoolId")
        if pool and _ATTACH not in _rights(estate, "instancePoolId", pool, client):
            yield Finding(
                RULE, job["urn"], f"{client}, which it runs as, has no {_ATTACH} on the pool {pool}"
            )


def check(estate: Estate) -> Iterator[Finding]:
    """Whoever starts a job is known in the workspace by its application id, and may run that job alone."""
    jobs = {estate.id(job): job for job in estate.of("databricks:index/job:Job")}
    for job in jobs.values():
        yield from _runs_as(estate, job)
    for pipeline in estate.of("datafactory:Pipeline"):
        for step in activities(pipeline):
            job = jobs.get(step.get("jobId")) if step["type"] == "DatabricksJob" else None
            if job is None:
                continue
            service = service_of(estate, step["linkedServiceName"])
            identity = identity_of(estate, service.get("credential"))
            client = estate.outputs(identity).get("clientId") if identity else None
            if client is None:
                yield Finding(RULE, pipeline["urn"], f"{step['name']!r} logs in as nobody")
            elif not _registered(estate, client):
                message = f"no service principal of the workspace has the application id {client}"
                yield Finding(RULE, pipeline["urn"], f"{message}, which starts {step['name']!r}")
            elif _rights(estate, "jobId", estate.id(job), client) != {_RUN}:
                found = ", ".join(sorted(_rights(estate, "jobId", estate.id(job), client))) or "nothing"
                message = f"whoever starts {step['name']!r} must have {_RUN} on the job, found {found}"
                yield Finding(RULE, pipeline["urn"], message)
