"""What the program declares, stack by stack."""

import json
import re
from collections import Counter

import pytest

from infra.lake import CONTAINERS
from local.azure.outputs import answer

AZURE = "azure-native"
STACKS = ("local", "dev", "staging", "prod", "pr-7")
CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb"


@pytest.mark.parametrize("stack", STACKS)
def test_the_lake_opens_to_no_key(stack, of_type):
    (account,) = of_type(stack, f"{AZURE}:storage:StorageAccount").values()
    assert {key: account[key] for key in (
        "allowSharedKeyAccess", "allowBlobPublicAccess", "enableHttpsTrafficOnly", "isHnsEnabled",
        "minimumTlsVersion", "kind",
    )} == {
        "allowSharedKeyAccess": False, "allowBlobPublicAccess": False, "enableHttpsTrafficOnly": True,
        "isHnsEnabled": True, "minimumTlsVersion": "TLS1_2", "kind": "StorageV2",
    }  # fmt: skip
    containers = of_type(stack, f"{AZURE}:storage:BlobContainer")
    assert {c["containerName"]: c["publicAccess"] for c in containers.values()} == dict.fromkeys(
        CONTAINERS, "None"
    )
    assert CONTAINERS == ("landing", "bronze", "silver", "gold", "restricted", "quarantine")


def test_redundancy_is_a_setting(of_type):
    token = f"{AZURE}:storage:StorageAccount"
    assert {s: of_type(s, token)["lake"]["sku"]["name"] for s in STACKS} == {
        "local": "Standard_LRS", "dev": "Standard_LRS", "staging": "Standard_ZRS",
        "prod": "Standard_GZRS", "pr-7": "Standard_LRS",
    }  # fmt: skip


@pytest.mark.parametrize("stack", STACKS)
def test_postgresql_lets_only_entra_principals_in(stack, of_type):
    server = of_type(stack, f"{AZURE}:dbforpostgresql:Server")["postgres"]
    assert server["authConfig"]["activeDirectoryAuth"] == "Enabled"
    assert server["authConfig"]["passwordAuth"] == "Disabled"
    assert "administratorLoginPassword" not in server
    databases = of_type(stack, f"{AZURE}:dbforpostgresql:Database")
    assert sorted(d["databaseName"] for d in databases.values()) == ["control", "source"]


@pytest.mark.parametrize("stack", STACKS)
def test_every_role_assignment(stack, of_type):
    """Who may do what: read off the declaration, apart from the table in the code."""
    group = of_type(stack, f"{AZURE}:resources:ResourceGroup")["group"]["resourceGroupName"]
    account = of_type(stack, f"{AZURE}:storage:StorageAccount")["lake"]["accountName"]
    principals = {}
    for kind in ("managedidentity:UserAssignedIdentity", "databricks:AccessConnector", "synapse:Workspace"):
        for name, inputs in of_type(stack, f"{AZURE}:{kind}").items():
            outputs = answer(f"{AZURE}:{kind}", "x", inputs).outputs
            principals[outputs.get("principalId") or outputs["identity"]["principalId"]] = name
    lake = f"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/{group}/providers/Microsoft.Storage/storageAccounts/{account}"  # noqa: E501 - an id
    found = {
        (
            principals[a["principalId"]],
            a["roleDefinitionId"].rpartition("/")[2],
            a["scope"].replace(lake, "lake").rpartition("/")[2],
        )
        for a in of_type(stack, f"{AZURE}:authorization:RoleAssignment").values()
    }
    facts = set() if stack == "local" else {("factory", PUBLISHER, f"dcr-hw-{stack}")}
    assert found == facts | {
        ("factory", CONTRIBUTOR, "landing"),
        ("databricks-connector", CONTRIBUTOR, "lake"),
        ("synapse", READER, "gold"),
        ("synapse", READER, "restricted"),
    }


@pytest.mark.parametrize("stack", STACKS)
def test_every_role_assignment_says_why_and_has_a_name_of_its_own(stack, of_type):
    assignments = of_type(stack, f"{AZURE}:authorization:RoleAssignment").values()
    assert {a["principalType"] for a in assignments} == {"ServicePrincipal"}
    assert all(len(a["description"]) > 10 for a in assignments)
    assert len({a["roleAssignmentName"] for a in assignments}) == len(assignments) >= 4


@pytest.mark.parametrize("stack", STACKS)
def test_no_linked_service_has_a_key(stack, of_type):
    """Each holds an address, an identity and the way there, and nothing else: no room for a secret."""
    identity = {"type": "CredentialReference", "referenceName": "factory_identity"}

    def moving_rows(token: str) -> dict[str, dict]:
        """Properties of what moves rows; in a private stack some more apply scripts, by another identity."""
        return {
            name: {key: value for key, value in one["properties"].items() if key != "connectVia"}
            for name, one in of_type(stack, f"{AZURE}:{token}").items()
            if name.endswith("-service") and not name.startswith("sql_")
        }

    typed = moving_rows("datafactory:LinkedService")
    assert {name: sorted(found) for name, found in typed.items()} == {
        "lake-service": ["credential", "type", "url"],
        "databricks-service": ["authentication", "credential", "domain", "type", "workspaceResourceId"],
    }
    generic = moving_rows("resources:Resource")
    assert sorted(generic) == ["control-service", "source-service"]
    for found in generic.values():
        assert (found["type"], found["version"]) == ("AzurePostgreSql", "2.0")
        assert sorted(found["typeProperties"]) == [
            "authenticationType", "credential", "database", "port", "server", "sslMode", "username",
        ]  # fmt: skip
        assert found["typeProperties"]["authenticationType"] == "UserAssignedManagedIdentity"
        assert found["typeProperties"]["username"] == "highwater_factory"
        assert found["typeProperties"]["sslMode"] == (0 if stack == "local" else 5)
    used = [f["credential"] for f in typed.values()]
    used += [f["typeProperties"]["credential"] for f in generic.values()]
    assert used == [identity] * 4
    assert typed["databricks-service"]["authentication"] == "MSI"


@pytest.mark.parametrize("stack", STACKS)
def test_the_trigger_runs_ingest_every_five_minutes(stack, of_type):
    trigger = of_type(stack, f"{AZURE}:datafactory:Trigger")["every_few_minutes"]
    recurrence = trigger["properties"]["recurrence"]
    assert (recurrence["frequency"], recurrence["interval"], recurrence["timeZone"]) == ("Minute", 5, "UTC")
    assert trigger["properties"]["pipelines"] == [
        {
            "pipelineReference": {"type": "PipelineReference", "referenceName": "ingest"},
            "parameters": {"tables": "*"},
        }
    ]


@pytest.mark.parametrize("stack", STACKS)
def test_the_job_takes_named_parameters_and_queues(stack, of_type):
    job = of_type(stack, "databricks:index/job:Job")["merge"]
    (task,) = job["tasks"]
    account = of_type(stack, f"{AZURE}:storage:StorageAccount")["lake"]["accountName"]
    catalog = {} if stack == "local" else {"catalog": "hw_" + stack.replace("-", "_")}
    assert task["pythonWheelTask"] == {
        "packageName": "highwater-transforms",
        "entryPoint": "highwater-merge",
        "namedParameters": {"lake": f"https://{account}.dfs.core.windows.net/", **catalog},
    }
    assert (job["maxConcurrentRuns"], job["queue"]) == (1, {"enabled": True})
    assert [p["name"] for p in job["parameters"]] == ["run_id", "plan_path", "work"]
    file = of_type(stack, "databricks:index/workspaceFile:WorkspaceFile")["wheel"]
    if stack in ("staging", "prod"):  # private: a cluster of the job's own
        assert task["libraries"] == [{"whl": f"/Workspace{file['path']}"}]
    else:
        (environment,) = job["environments"]
        assert environment["environmentKey"] == task["environmentKey"]
        assert environment["spec"]["dependencies"] == [f"/Workspace{file['path']}"]
    assert re.fullmatch(
        rf"/Shared/highwater/{stack}/[0-9a-f]{{16}}/highwater_transforms-[\w.]+-py3-none-any\.whl",
        file["path"],
    )


@pytest.mark.parametrize("stack", STACKS)
def test_what_can_be_tagged_is(stack, of_type, declared):
    untagged = [
        urn
        for urn, resource in declared(stack).items()
        if resource["type"].startswith(f"{AZURE}:")
        and "location" in resource["inputs"]
        and resource["inputs"].get("tags", {}).get("environment") != stack
    ]
    assert untagged == []


def test_only_prod_protects_its_data(declared):
    protected = {
        stack: sorted(
            urn.rpartition("::")[2] for urn, r in declared(stack).items() if r["options"].get("protect")
        )
        for stack in STACKS
    }
    data = sorted([*CONTAINERS, "control", "group", "kv-hw-prod", "lake", "logs", "postgres", "source"])
    assert protected == {"local": [], "dev": [], "staging": [], "prod": data, "pr-7": []}


@pytest.mark.parametrize("stack", ["local", "dev"])
def test_what_is_in_the_factory_goes_with_it(stack, declared):
    inside = [
        r for r in declared(stack).values()
        if ("factoryName" in r["inputs"] and not r["type"].endswith(":Factory"))
        or r["type"] == f"{AZURE}:resources:Resource"
    ]  # fmt: skip
    assert Counter(r["type"].rpartition(":")[2] for r in inside)["Pipeline"] == 9
    assert len(inside) == 1 + 4 + 4 + 9 + 3
    assert {r["options"]["deletedWith"].rpartition("::")[2] for r in inside} == {"factory"}


@pytest.mark.parametrize("stack", ["local", "dev"])
@pytest.mark.parametrize(
    ("name", "pipeline"),
    [("every_few_minutes", "ingest"), ("every_day", "maintain"), ("every_window", "reconcile")],
)
def test_a_trigger_waits_for_its_pipeline_the_ledger_and_the_roles(stack, name, pipeline, declared):
    found = [r for r in declared(stack).values() if r["type"].endswith("datafactory:Trigger")]
    (trigger,) = [r for r in found if r["inputs"]["triggerName"] == name]
    awaited = {urn.rpartition("::")[2] for urn in trigger["options"]["dependsOn"]}
    assert {pipeline, "contracts", "factory-landing", "databricks-lake", "synapse-gold"} <= awaited


def test_scripts_go_to_their_databases_by_the_stack_s_drivers(of_type):
    token = "pulumi-python:dynamic/highwater:SqlScript"
    local, dev = of_type("local", token), of_type("dev", token)
    assert dev.keys() - local.keys() == {"serving-limit"}  # the laptop's pool processes no terabytes
    assert local.keys() <= dev.keys()
    assert {s["driver"] for s in local.values()} == {"postgresql", "duckdb"}
    assert {s["driver"] for s in dev.values()} == {"postgresql", "mssql"}
    assert {n: s["database"] for n, s in dev.items() if n.endswith(("-trip", ".fact_trip", "-role"))} == {
        "contract-trip": "control", "source-trip": "source", "view-mart.fact_trip": "highwater",
        "factory-role": "postgres",
    }  # fmt: skip
    assert {s["user"] for s in local.values()} == {"postgres"}
    assert {s["user"] for s in dev.values()} == {"highwater-deployers"}


def test_the_factory_s_role_is_its_entra_identity_on_azure_alone(of_type):
    token = "pulumi-python:dynamic/highwater:SqlScript"
    identity = f"{AZURE}:managedidentity:UserAssignedIdentity"
    principal = answer(identity, "factory", of_type("dev", identity)["factory"]).outputs["principalId"]
    assert principal in of_type("dev", token)["factory-role"]["script"]
    assert "pgaadauth" not in of_type("local", token)["factory-role"]["script"]


def test_a_stack_of_a_pull_request_is_dev_by_other_names(of_type, declared):
    def shape(stack: str) -> list[str]:
        return sorted(urn.partition("::highwater::")[2] for urn in declared(stack))

    # A month's budget says nothing about a stack that lives for days.
    assert [s for s in shape("dev") if s not in shape("pr-7")] == [
        "highwater:infra:Alerts$azure-native:consumption:Budget::budget"
    ]
    assert [s for s in shape("pr-7") if s not in shape("dev")] == []
    names = {r["inputs"].get("resourceGroupName") for r in declared("pr-7").values()} - {None}
    assert names == {"rg-hw-pr-7"}
    assert "-dev" not in json.dumps(list(declared("pr-7").values())).replace("data-dev", "")
