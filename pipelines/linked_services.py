"""Linked services: how the factory reaches what it works with, by its own identity and without a key."""

from typing import Any

import pulumi
from pulumi_azure_native import datafactory

CONTROL = "control"
SOURCE = "source"
LAKE = "lake"
DATABRICKS = "databricks"
VAULT = "vault"
CREDENTIAL = "factory_identity"
# The factory's compute in its managed network, where it has one.
RUNTIME = "managed"

API_VERSION = "2018-06-01"


def reference(name: str) -> datafactory.LinkedServiceReferenceArgs:
    """What a dataset or an activity names a linked service by."""
    return datafactory.LinkedServiceReferenceArgs(type="LinkedServiceReference", reference_name=name)


def credential() -> datafactory.CredentialReferenceArgs:
    """The factory's user-assigned identity, as a linked service names it."""
    return datafactory.CredentialReferenceArgs(type="CredentialReference", reference_name=CREDENTIAL)


def through(properties: Any, runtime: str) -> Any:
    """A linked service, typed or in ARM's own shape, that is reached from that integration runtime."""
    reference = {"type": "IntegrationRuntimeReference", "referenceName": runtime}
    if isinstance(properties, dict):
        return {**properties, "connectVia": reference}
    properties.connect_via = datafactory.IntegrationRuntimeReferenceArgs(
        type=reference["type"], reference_name=runtime
    )
    return properties


def vault(uri: pulumi.Input[str]) -> datafactory.AzureKeyVaultLinkedServiceArgs:
    """A Key Vault. It has no runtime of its own: a secret is read from the one that needs it."""
    return datafactory.AzureKeyVaultLinkedServiceArgs(
        type="AzureKeyVault", base_url=uri, credential=credential()
    )


def by_password(properties: dict[str, Any], secret: str) -> dict[str, Any]:
    """That PostgreSQL, logged in to with the password that a secret of the vault holds."""
    identity = ("authenticationType", "credential")
    kept = {key: value for key, value in properties["typeProperties"].items() if key not in identity}
    password = {
        "type": "AzureKeyVaultSecret",
        "store": {"type": "LinkedServiceReference", "referenceName": VAULT},
        "secretName": secret,
    }
    return {**properties, "typeProperties": {**kept, "password": password}}


def postgresql(
    server: pulumi.Input[str],
    database: pulumi.Input[str],
    username: str,
    ssl_mode: int,
    port: int = 5432,
) -> dict[str, Any]:
    """PostgreSQL by the factory's identity, in ARM's own shape.

    The typed arguments have no authenticationType and the provider drops what they lack, so that the
    connector would ask for a password at run time. Declare it as a generic resource.

    Args:
        ssl_mode: 0 disable, 3 require, 5 verify the certificate and the name.
    """
    return {
        "type": "AzurePostgreSql",
        "version": "2.0",
        "typeProperties": {
            "server": server,
            "port": port,
            "database": database,
            "username": username,
            "sslMode": ssl_mode,
            "authenticationType": "UserAssignedManagedIdentity",
            "credential": {"type": "CredentialReference", "referenceName": CREDENTIAL},
        },
    }


def lake(endpoint: pulumi.Input[str]) -> datafactory.AzureBlobFSLinkedServiceArgs:
    """The lake by its dfs endpoint."""
    return datafactory.AzureBlobFSLinkedServiceArgs(type="AzureBlobFS", url=endpoint, credential=credential())


def databricks(
    domain: pulumi.Input[str], workspace_id: pulumi.Input[str]
) -> datafactory.AzureDatabricksLinkedServiceArgs:
    """A Databricks workspace; it names no cluster, for the job that runs there brings its own compute.

    Args:
        domain: `https://` and the workspace's host.
        workspace_id: the workspace's ARM id.
    """
    return datafactory.AzureDatabricksLinkedServiceArgs(
        type="AzureDatabricks",
        domain=domain,
        authentication="MSI",
        workspace_resource_id=workspace_id,
        credential=credential(),
    )
