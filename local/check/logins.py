"""The roles that Azure's own table doesn't hold: logins of databases, and rights inside Databricks."""

from collections.abc import Iterator

from local.check.estate import Estate, activities
from local.check.finding import Finding
from local.check.needs import identity_of, principal_of, service_of
from local.declare import Resource

RULE = "login"
_SCRIPT = "pulumi-python:dynamic/highwater:SqlScript"
_RUN = "CAN_MANAGE_RUN"


def _scripts(estate: Estate, server: str) -> list[str]:
    return [s["inputs"]["script"] for s in estate.of(_SCRIPT) if s["inputs"]["server"] == server]


def _postgresql(estate: Estate) -> Iterator[Finding]:
    """A linked service that logs in as an identity finds its role, made by a script or as administrator."""
    hosts = {estate.outputs(s)["fullyQualifiedDomainName"] for s in estate.of("dbforpostgresql:Server")}
    for (kind, name), resource in sorted(estate.in_factory.items()):
        service = service_of(estate, {"referenceName": name}) if kind == "linkedservices" else {}
        if service.get("type") != "AzurePostgreSql" or service.get("server") not in hosts:
            continue
        user = service["username"]
        administrators = estate.of("dbforpostgresql:AdministratorsMicrosoftEntra")
        known = user in {a["inputs"]["principalName"] for a in administrators}
        if not known and not any(user in text for text in _scripts(estate, service["server"])):
            yield Finding(RULE, resource["urn"], f"no script makes the role {user!r} on {service['server']}")
        principal = principal_of(estate, identity_of(estate, service.get("credential")))
        if principal is None:
            yield Finding(RULE, resource["urn"], "it logs in as nobody: its credential has no identity")


def _registered(estate: Estate, client: str) -> bool:
    found = estate.of("databricks:index/servicePrincipal:ServicePrincipal")
    return client in {s["inputs"].get("applicationId") for s in found}


def _rights(estate: Estate, job: Resource, client: str) -> set[str]:
    return {
        rule["permissionLevel"]
        for found in estate.of("databricks:index/permissions:Permissions")
        if found["inputs"].get("jobId") == estate.id(job)
        for rule in found["inputs"].get("accessControls") or ()
        if rule.get("servicePrincipalName") == client
    }


def _databricks(estate: Estate) -> Iterator[Finding]:
    """Whoever starts a job is known in the workspace by its application id, and may run that job alone."""
    jobs = {estate.id(job): job for job in estate.of("databricks:index/job:Job")}
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
            elif _rights(estate, job, client) != {_RUN}:
                found = ", ".join(sorted(_rights(estate, job, client))) or "nothing"
                message = f"whoever starts {step['name']!r} must have {_RUN} on the job, found {found}"
                yield Finding(RULE, pipeline["urn"], message)


def check(estate: Estate) -> Iterator[Finding]:
    """PostgreSQL and Databricks."""
    yield from _postgresql(estate)
    yield from _databricks(estate)
