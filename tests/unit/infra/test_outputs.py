"""What a create answers: the very shapes of Azure's ids and endpoints."""

import re

from local.azure.outputs import SUBSCRIPTION, answer

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
IN_GROUP = {"resourceGroupName": "rg"}


def test_ids_are_arm_s_own():
    cases = {
        ("resources:ResourceGroup", ()): GROUP,
        ("storage:BlobContainer", (("accountName", "acct"), ("containerName", "gold"))): (
            f"{GROUP}/providers/Microsoft.Storage/storageAccounts/acct/blobServices/default/containers/gold"
        ),
        ("datafactory:Pipeline", (("factoryName", "f"), ("pipelineName", "p"))): (
            f"{GROUP}/providers/Microsoft.DataFactory/factories/f/pipelines/p"
        ),
        ("dbforpostgresql:Database", (("serverName", "s"), ("databaseName", "d"))): (
            f"{GROUP}/providers/Microsoft.DBforPostgreSQL/flexibleServers/s/databases/d"
        ),
        ("managedidentity:UserAssignedIdentity", (("resourceName", "i"),)): (
            f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"
        ),
        ("authorization:RoleAssignment", (("scope", "/a/b"), ("roleAssignmentName", "r"))): (
            "/a/b/providers/Microsoft.Authorization/roleAssignments/r"
        ),
    }
    for (kind, inputs), expected in cases.items():
        assert answer(f"azure-native:{kind}", "logical", IN_GROUP | dict(inputs)).id == expected


def test_the_generic_resource_is_named_by_its_parts():
    made = answer(
        "azure-native:resources:Resource",
        "x",
        IN_GROUP | {
            "resourceProviderNamespace": "Microsoft.DataFactory", "parentResourcePath": "factories/f",
            "resourceType": "linkedservices", "resourceName": "control",
            "properties": {"type": "AzurePostgreSql"},
        },
    )  # fmt: skip
    assert made.id == f"{GROUP}/providers/Microsoft.DataFactory/factories/f/linkedservices/control"
    assert made.outputs["type"] == "Microsoft.DataFactory/factories/linkedservices"
    assert made.outputs["name"] == "control"
    assert made.outputs["properties"] == {"type": "AzurePostgreSql"}


def test_endpoints_are_azure_s():
    account = answer("azure-native:storage:StorageAccount", "x", IN_GROUP | {"accountName": "acct"})
    assert account.outputs["primaryEndpoints"]["dfs"] == "https://acct.dfs.core.windows.net/"
    server = answer("azure-native:dbforpostgresql:Server", "x", IN_GROUP | {"serverName": "srv"})
    assert server.outputs["fullyQualifiedDomainName"] == "srv.postgres.database.azure.com"
    synapse = answer("azure-native:synapse:Workspace", "x", IN_GROUP | {"workspaceName": "syn"})
    assert synapse.outputs["connectivityEndpoints"]["sqlOnDemand"] == "syn-ondemand.sql.azuresynapse.net"
    workspace = answer("azure-native:databricks:Workspace", "x", IN_GROUP | {"workspaceName": "dbw"})
    assert re.fullmatch(r"adb-\d{16}\.\d{1,2}\.azuredatabricks\.net", workspace.outputs["workspaceUrl"])
    assert workspace.outputs["workspaceId"] == workspace.outputs["workspaceUrl"][4:20]


def test_identities_stay_the_same_and_apart():
    identity = "azure-native:managedidentity:UserAssignedIdentity"
    one = answer(identity, "x", IN_GROUP | {"resourceName": "one"})
    again = answer(identity, "other", IN_GROUP | {"resourceName": "one"})
    two = answer(identity, "x", IN_GROUP | {"resourceName": "two"})
    assert one == again
    guids = [o.outputs[key] for o in (one, two) for key in ("principalId", "clientId")]
    assert len(set(guids)) == 4
    assert one.outputs["tenantId"] == two.outputs["tenantId"]


def test_an_assigned_identity_answers_with_its_principals():
    system = answer(
        "azure-native:synapse:Workspace",
        "x",
        IN_GROUP | {"workspaceName": "s", "identity": {"type": "SystemAssigned"}},
    )
    assert re.fullmatch(r"[0-9a-f-]{36}", system.outputs["identity"]["principalId"])
    given = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one"
    factory = answer(
        "azure-native:datafactory:Factory",
        "x",
        IN_GROUP
        | {"factoryName": "f", "identity": {"type": "UserAssigned", "userAssignedIdentities": {given: {}}}},
    )
    identity = answer(
        "azure-native:managedidentity:UserAssignedIdentity", "x", IN_GROUP | {"resourceName": "one"}
    )
    assert factory.outputs["identity"]["userAssignedIdentities"] == {
        given: {key: identity.outputs[key] for key in ("principalId", "clientId")}
    }
    assert "principalId" not in factory.outputs["identity"]


def test_databricks_answers_with_numbers_and_paths():
    job = answer("databricks:index/job:Job", "merge", {"name": "highwater-merge-dev"})
    assert re.fullmatch(r"\d{15}", job.id)
    assert job.outputs["name"] == "highwater-merge-dev"
    file = answer("databricks:index/workspaceFile:WorkspaceFile", "wheel", {"path": "/Shared/x.whl"})
    assert (file.id, file.outputs["workspacePath"]) == ("/Shared/x.whl", "/Workspace/Shared/x.whl")
