"""Breaks of who logs in where: each breaks one thing, and the table below says what is said of it."""

from collections.abc import Callable

from broken_estate import SCRIPT, Estate, drop, one

from local.azure.outputs import answer

SERVICE_PRINCIPAL = "databricks:index/servicePrincipal:ServicePrincipal"
PERMISSIONS = "databricks:index/permissions:Permissions"
SQL_ADMIN, POSTGRES_ADMIN = "synapse:WorkspaceSqlAadAdmin", "dbforpostgresql:AdministratorsMicrosoftEntra"


def no_service_principal(e: Estate) -> None:
    for found in [r for r in e if r["type"] == SERVICE_PRINCIPAL]:
        e.remove(found)


def the_wrong_id_in_databricks(e: Estate) -> None:
    """The object id in the application id's place: it looks right, and nobody can log in by it."""
    identity = one(e, "managedidentity:UserAssignedIdentity", "factory")
    from local.azure.outputs import answer

    made = answer(identity["type"], "factory", identity["inputs"]).outputs
    for found in e:
        if found["type"] == SERVICE_PRINCIPAL and found["inputs"]["applicationId"] == made["clientId"]:
            found["inputs"]["applicationId"] = made["principalId"]


def more_than_running_the_job(e: Estate) -> None:
    for rule in (
        rule for found in e if found["type"] == PERMISSIONS for rule in found["inputs"]["accessControls"]
    ):
        if rule["permissionLevel"] == "CAN_MANAGE_RUN":
            rule["permissionLevel"] = "CAN_MANAGE"


def no_login_for_the_factory(e: Estate) -> None:
    for script in (r["inputs"] for r in e if r["type"] == SCRIPT):
        script["script"] = script["script"].replace("highwater_factory", "somebody")


def made(e: Estate, identity: str) -> dict:
    found = one(e, "managedidentity:UserAssignedIdentity", identity)
    return answer(found["type"], identity, found["inputs"]).outputs


def a_role_for_another_identity(e: Estate) -> None:
    """The application id in the object id's place: the role is there, and nobody can log in as it."""
    own = made(e, "factory")
    for script in (r["inputs"] for r in e if r["type"] == SCRIPT):
        script["script"] = script["script"].replace(own["principalId"], own["clientId"])


def the_wrong_id_of_an_administrator(e: Estate) -> None:
    one(e, POSTGRES_ADMIN, "postgres-deployer")["inputs"]["objectId"] = made(e, "deployer")["clientId"]


def the_wrong_id_in_synapse(e: Estate) -> None:
    one(e, SQL_ADMIN)["inputs"]["sid"] = made(e, "deployer")["principalId"]


def nobody_administers_synapse(e: Estate) -> None:
    drop(e, SQL_ADMIN)


def another_identity_for_synapse(e: Estate) -> None:
    service = one(e, "datafactory:LinkedService", "sql_serving-service")["inputs"]["properties"]
    service["credential"]["referenceName"] = "factory_identity"


def another_first_administrator_of_synapse(e: Estate) -> None:
    given = one(e, "synapse:Workspace")["inputs"]["cspWorkspaceAdminProperties"]
    given["initialWorkspaceAdminObjectId"] = made(e, "factory")["principalId"]


def the_factory_as_an_administrator(e: Estate) -> None:
    """As the connector's own instructions have it."""
    own = one(e, POSTGRES_ADMIN, "postgres-administrator")
    given = {"principalName": "highwater_factory", "objectId": made(e, "factory")["principalId"]}
    urn = own["urn"].replace("postgres-administrator", "postgres-factory")
    e.append({**own, "urn": urn, "inputs": {**own["inputs"], **given}})


def a_deployer_that_runs_nothing(e: Estate) -> None:
    for script in (r["inputs"] for r in e if r["type"] == SCRIPT):
        script["user"] = "highwater-deployers"


def a_stranger_as_synapse_s_administrator(e: Estate) -> None:
    own = one(e, SQL_ADMIN)["inputs"]
    own |= {"login": "somebody", "sid": "99999999-9999-9999-9999-999999999999"}


def scripts_of_nobody(e: Estate) -> None:
    one(e, SCRIPT, "control-10_schema")["inputs"]["user"] = "somebody"


def nobody_to_run_as(e: Estate) -> None:
    drop(e, SERVICE_PRINCIPAL, "merge-principal")


def no_right_to_the_machines(e: Estate) -> None:
    drop(e, PERMISSIONS, "merge-machines-users")


LOGINS: dict[Callable[[Estate], None], tuple[str, str, str, str]] = {
    no_service_principal: ("dev", "login", "ingest", "no service principal of the workspace has the application id"),
    the_wrong_id_in_databricks: ("dev", "login", "ingest", "no service principal of the workspace has the application id"),  # noqa: E501 - one row
    more_than_running_the_job: ("dev", "login", "ingest", "must have CAN_MANAGE_RUN on the job, found CAN_MANAGE"),
    no_login_for_the_factory: ("dev", "login", "control-service", "no script makes the role 'highwater_factory'"),
    a_role_for_another_identity: ("dev", "login", "control-service", "the role 'highwater_factory' is made for"),
    the_wrong_id_of_an_administrator: ("prod", "login", "sql_postgresql-service", "is administered by 4c6eae1b-1d5d"),
    the_wrong_id_in_synapse: ("prod", "login", "sql_serving-service", "is administered by 74577bc4-4921"),
    nobody_administers_synapse: ("prod", "login", "sql_serving-service", "is administered by nobody"),
    another_identity_for_synapse: ("prod", "login", "sql_serving-service", "its identity has the id 05b2a140-ef7a"),
    another_first_administrator_of_synapse: ("dev", "login", "synapse", "is not the configured administrator"),
    the_factory_as_an_administrator: ("dev", "login", "postgres-factory", "is neither the configured administrator nor whoever runs its scripts"),  # noqa: E501 - one row
    a_deployer_that_runs_nothing: ("prod", "login", "postgres-deployer", "is neither the configured administrator nor whoever runs its scripts"),  # noqa: E501 - one row
    a_stranger_as_synapse_s_administrator: ("dev", "login", "synapse-administrator", "is neither the configured administrator"),  # noqa: E501 - one row
    scripts_of_nobody: ("dev", "login", "control-10_schema", "it runs as 'somebody', who does not administer"),
    nobody_to_run_as: ("prod", "login", "merge", "has the application id 33333333-3333-3333-3333-333333333333, which it runs as"),  # noqa: E501 - one row
    no_right_to_the_machines: ("prod", "login", "merge", "which it runs as, has no CAN_ATTACH_TO on the pool"),
}  # fmt: skip
