"""The pipeline `deploy_sql`: one SQL script, run from inside the factory's network.

In a private stack neither `pulumi up` nor an operator reaches a database. Scripts come as parameters of a
run: a run started through the management interface is how they get in, and how they are recorded.
"""

from typing import Any

import pulumi
from pulumi_azure_native import datafactory

from pipelines import linked_services
from pipelines.activities import fail, policy
from pipelines.expr import concat, dynamic, expression, item, pipeline_param

NAME = "deploy_sql"
CREDENTIAL = "sql_identity"
POSTGRESQL, SERVING = "postgresql", "serving"  # what a script runs on, and the linked service of each
SERVICES = {POSTGRESQL: "sql_postgresql", SERVING: "sql_serving"}
MINUTES = 20
# A pool that nobody used warms up at the first try. Its scripts may run again; a wrong one only fails later.
RETRIES = {POSTGRESQL: 0, SERVING: 3}

_DATABASE = "database"
_TEXT = datafactory.ParameterType.STRING


def _of_linked_service(name: str) -> str:
    return f"@{{linkedService().{name}}}"


def _credential() -> datafactory.CredentialReferenceArgs:
    return datafactory.CredentialReferenceArgs(type="CredentialReference", reference_name=CREDENTIAL)


def postgresql(server: pulumi.Input[str], username: pulumi.Input[str], ssl_mode: int) -> dict[str, Any]:
    """Any database of the PostgreSQL server, as the identity that administers it; in ARM's own shape."""
    service = linked_services.postgresql(server, _of_linked_service(_DATABASE), username, ssl_mode)
    reached = service["typeProperties"]
    reached["credential"] = {"type": "CredentialReference", "referenceName": CREDENTIAL}
    return service | {"parameters": {_DATABASE: {"type": "String"}}}


def serving(server: pulumi.Input[str]) -> datafactory.AzureSqlDWLinkedServiceArgs:
    """Any database of the serverless SQL pool, as the identity that administers it."""
    return datafactory.AzureSqlDWLinkedServiceArgs(
        type="AzureSqlDW",
        server=server,
        database=_of_linked_service(_DATABASE),
        encrypt="mandatory",
        trust_server_certificate=False,
        authentication_type=datafactory.AzureSqlDWAuthenticationType.USER_ASSIGNED_MANAGED_IDENTITY,
        credential=_credential(),
        parameters={_DATABASE: datafactory.ParameterSpecificationArgs(type=_TEXT)},
    )


def _run_batch(store: str) -> datafactory.SwitchCaseArgs:
    return datafactory.SwitchCaseArgs(
        value=store,
        activities=[
            datafactory.ScriptActivityArgs(
                type="Script",
                name=f"Run on {store}",
                policy=policy(MINUTES, RETRIES[store]),
                linked_service_name=datafactory.LinkedServiceReferenceArgs(
                    type="LinkedServiceReference",
                    reference_name=SERVICES[store],
                    parameters={_DATABASE: dynamic(pipeline_param(_DATABASE))},
                ),
                scripts=[datafactory.ScriptActivityScriptBlockArgs(type="NonQuery", text=dynamic(item()))],
            )
        ],
    )


def definition() -> dict[str, Any]:
    """The arguments of the pipeline.

    Its parameters: `store` (postgresql or serving), `database`, `name` and `version` of the script, which
    the record of a run is found by, and `batches`, the texts that are run one after the other.
    """
    given: dict[str, Any] = {
        name: datafactory.ParameterSpecificationArgs(type=_TEXT)
        for name in ("store", _DATABASE, "name", "version")
    }
    given["batches"] = datafactory.ParameterSpecificationArgs(type=datafactory.ParameterType.ARRAY)
    unknown = concat("no database of this kind is known: ", pipeline_param("store"))
    return {
        "description": "Applies one SQL script to a database, from inside the network.",
        "parameters": given,
        "activities": [
            datafactory.ForEachActivityArgs(
                type="ForEach",
                name="Run batches",
                items=expression(pipeline_param("batches")),
                is_sequential=True,
                activities=[
                    datafactory.SwitchActivityArgs(
                        type="Switch",
                        name="By store",
                        on=expression(pipeline_param("store")),
                        cases=[_run_batch(store) for store in SERVICES],
                        default_activities=[fail("Unknown store", unknown, "unknown_store")],
                    )
                ],
            )
        ],
    }
