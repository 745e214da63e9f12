"""The graph check: what is declared passes, and each rule finds the one thing that was broken."""

import json
from collections.abc import Callable, Mapping

import pytest
from broken_estate import AZURE, SCRIPT, Estate, activity, assignment, drop, one, referred
from broken_logins import LOGINS

from local.check import graph
from local.declare import resources as declare
from local.declare import stack_config

STACKS = ("local", "dev", "staging", "prod", "pr-7")
OWN_SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000000"

# Each breaks one thing and returns nothing. What is said of it stands in the table below.


def a_linked_service_misnamed(e: Estate) -> None:
    referred(one(e, "datafactory:Dataset", "landing_json"), "LinkedServiceReference")["referenceName"] = "lak"


def a_dataset_removed(e: Estate) -> None:
    drop(e, "datafactory:Dataset", "landing_json")


def a_pipeline_misnamed(e: Estate) -> None:
    trigger = one(e, "datafactory:Trigger", "every_few_minutes")
    referred(trigger, "PipelineReference")["referenceName"] = "ingset"


def a_credential_removed(e: Estate) -> None:
    drop(e, "datafactory:CredentialOperation", "factory_identity")


def a_runtime_misnamed(e: Estate) -> None:
    service = one(e, "datafactory:LinkedService", "lake-service")["inputs"]["properties"]
    service["connectVia"] = {"type": "IntegrationRuntimeReference", "referenceName": "elsewhere"}


def a_wait_for_nobody(e: Estate) -> None:
    activity(e, "ingest", "Load tables")["dependsOn"][0]["activity"] = "Begin"


def an_output_of_nobody(e: Estate) -> None:
    activity(e, "ingest", "Load tables")["items"]["value"] = "@activity('Begn run').output.value"


def a_scope_elsewhere(e: Estate) -> None:
    own = assignment(e, "factory-landing")
    own["scope"] = own["scope"].replace("landing", "lading")


def an_unknown_principal(e: Estate) -> None:
    assignment(e, "synapse-gold")["principalId"] = "99999999-9999-9999-9999-999999999999"


def an_id_inside_a_text(e: Estate) -> None:
    one(e, "datafactory:Pipeline", "ingest")["inputs"]["description"] = (
        f"see {OWN_SUBSCRIPTION}/resourceGroups/x"
    )


def an_identity_elsewhere(e: Estate) -> None:
    factory = one(e, "datafactory:Factory")["inputs"]["identity"]
    factory["userAssignedIdentities"] = {f"{OWN_SUBSCRIPTION}/resourceGroups/rg-other": {}}


def a_dataset_in_no_container(e: Estate) -> None:
    one(e, "datafactory:Dataset", "landing_json")["inputs"]["properties"]["location"]["fileSystem"] = "lading"


def a_location_in_no_container(e: Estate) -> None:
    own = one(e, "databricks:index/externalLocation:ExternalLocation", "gold-location")["inputs"]
    own["url"] = own["url"].replace("gold@", "golden@")


def a_data_source_in_no_container(e: Estate) -> None:
    own = one(e, SCRIPT, "serving-sources")["inputs"]
    own["script"] = own["script"].replace("windows.net/gold", "windows.net/golden")


def an_endpoint_to_nowhere(e: Estate) -> None:
    link = one(e, "network:PrivateEndpoint", "lake-dfs")["inputs"]["privateLinkServiceConnections"][0]
    link["privateLinkServiceId"] += "x"


def an_endpoint_of_no_group(e: Estate) -> None:
    link = one(e, "network:PrivateEndpoint", "lake-dfs")["inputs"]["privateLinkServiceConnections"][0]
    link["groupIds"] = ["postgresqlServer"]


def an_endpoint_without_a_name(e: Estate) -> None:
    drop(e, "network:PrivateDnsZoneGroup", "lake-dfs")


def an_endpoint_nobody_approves(e: Estate) -> None:
    approval = one(e, "pulumi-python:dynamic/highwater:LinkApproval", "factory-lake-endpoints")
    del approval["inputs"]["wanted"]["factory lake blob"]


def a_role_missing(e: Estate) -> None:
    drop(e, "authorization:RoleAssignment", "factory-landing")


def a_role_unused(e: Estate) -> None:
    own = assignment(e, "factory-landing")
    e.append({
        "urn": "urn:pulumi:dev::highwater::azure-native:authorization:RoleAssignment::spare",
        "type": f"{AZURE}authorization:RoleAssignment", "options": {},
        "inputs": {**own, "scope": own["scope"].replace("landing", "silver")},
    })  # fmt: skip


def a_role_too_broad(e: Estate) -> None:
    contributor = assignment(e, "factory-landing")["roleDefinitionId"]
    assignment(e, "synapse-gold")["roleDefinitionId"] = contributor


def a_scope_too_broad(e: Estate) -> None:
    own = assignment(e, "factory-landing")
    own["scope"] = own["scope"].partition("/blobServices")[0]


def a_role_for_another(e: Estate) -> None:
    assignment(e, "factory-landing")["principalId"] = assignment(e, "synapse-gold")["principalId"]


def no_right_to_send_facts(e: Estate) -> None:
    drop(e, "authorization:RoleAssignment", "factory-run_facts")


def a_parameter_too_many(e: Estate) -> None:
    activity(e, "ingest", "Load table")["parameters"]["colour"] = "red"


def a_parameter_too_few(e: Estate) -> None:
    del activity(e, "ingest", "Load table")["parameters"]["table_name"]


def a_trigger_s_parameter(e: Estate) -> None:
    trigger = one(e, "datafactory:Trigger", "every_few_minutes")["inputs"]["properties"]
    trigger["pipelines"][0]["parameters"]["table"] = "trip"


def a_dataset_s_parameter(e: Estate) -> None:
    del activity(e, "load_table", "Copy window")["outputs"][0]["parameters"]["file"]


def a_job_s_parameter_misnamed(e: Estate) -> None:
    given = activity(e, "ingest", "Merge")["jobParameters"]
    given["plan"] = given.pop("plan_path")


def a_wheel_with_positional_parameters(e: Estate) -> None:
    task = one(e, "databricks:index/job:Job")["inputs"]["tasks"][0]["pythonWheelTask"]
    task["parameters"] = list(task.pop("namedParameters").values())


def another_job(e: Estate) -> None:
    activity(e, "ingest", "Merge")["jobId"] = "1"


def a_parameter_read_and_not_declared(e: Estate) -> None:
    one(e, "datafactory:Pipeline", "load_table")["inputs"]["parameters"].pop("kind")


BROKEN: dict[Callable[[Estate], None], tuple[str, str, str, str]] = {
    a_linked_service_misnamed: ("dev", "factory-reference", "landing_json", "LinkedServiceReference 'lak' is not declared"),  # noqa: E501 - one row
    a_dataset_removed: ("dev", "factory-reference", "ingest", "DatasetReference 'landing_json' is not declared"),
    a_pipeline_misnamed: ("prod", "factory-reference", "every_few_minutes", "PipelineReference 'ingset' is not declared"),  # noqa: E501 - one row
    a_credential_removed: ("dev", "factory-reference", "lake-service", "CredentialReference 'factory_identity' is not declared"),  # noqa: E501 - one row
    a_runtime_misnamed: ("dev", "factory-reference", "lake-service", "IntegrationRuntimeReference 'elsewhere' is not declared"),  # noqa: E501 - one row
    a_wait_for_nobody: ("dev", "factory-reference", "ingest", "'Load tables' waits for 'Begin', which is not beside it"),  # noqa: E501 - one row
    an_output_of_nobody: ("dev", "factory-reference", "ingest", "reads the output of 'Begn run', which no activity"),
    a_scope_elsewhere: ("dev", "arm-id", "factory-landing", "nothing declared or configured has the id"),
    an_unknown_principal: ("dev", "arm-id", "synapse-gold", "has the principal id 99999999-9999"),
    an_id_inside_a_text: ("dev", "arm-id", "ingest", "has the id /subscriptions/00000000"),
    an_identity_elsewhere: ("prod", "arm-id", "factory", "/resourcegroups/rg-other"),
    a_dataset_in_no_container: ("dev", "lake-place", "landing_json", "has no container 'lading'"),
    a_location_in_no_container: ("dev", "lake-place", "gold-location", "has no container 'golden'"),
    a_data_source_in_no_container: ("dev", "lake-place", "serving-sources", "has no container 'golden'"),
    an_endpoint_to_nowhere: ("prod", "private-endpoint", "lake-dfs", "is not declared"),
    an_endpoint_of_no_group: ("prod", "private-endpoint", "lake-dfs", "has no group 'postgresqlServer'; it has blob, dfs"),  # noqa: E501 - one row
    an_endpoint_without_a_name: ("staging", "private-endpoint", "lake-dfs", "no DNS zone group gives it a name"),
    an_endpoint_nobody_approves: ("prod", "private-endpoint", "factory-lake-blob", "nothing approves it"),
    a_role_missing: ("dev", "role", "load_table", "factory can't write blobs on"),
    a_role_unused: ("dev", "role", "spare", "factory is Storage Blob Data Contributor here, and nothing uses that"),
    a_role_too_broad: ("dev", "role", "synapse-gold", "and nothing needs it to write blobs"),
    a_scope_too_broad: ("dev", "role", "factory-landing", "factory is Storage Blob Data Contributor also on bronze"),
    a_role_for_another: ("dev", "role", "factory-landing", "synapse is Storage Blob Data Contributor here, and nothing"),  # noqa: E501 - one row
    no_right_to_send_facts: ("dev", "role", "ingest", "factory can't send rows to a collection rule on"),
    a_parameter_too_many: ("dev", "parameter", "ingest", "the pipeline 'load_table' of 'Load table' has no parameter 'colour'"),  # noqa: E501 - one row
    a_parameter_too_few: ("dev", "parameter", "ingest", "'Load table' needs the parameter 'table_name'"),
    a_trigger_s_parameter: ("dev", "parameter", "every_few_minutes", "of the trigger has no parameter 'table'"),
    a_dataset_s_parameter: ("dev", "parameter", "load_table", "'landing_parquet' needs the parameter 'file'"),
    a_job_s_parameter_misnamed: ("dev", "parameter", "ingest", "the job of 'Merge' has no parameter 'plan'"),
    a_wheel_with_positional_parameters: ("dev", "parameter", "ingest", "the wheel of 'Merge' takes no named parameters"),  # noqa: E501 - one row
    another_job: ("dev", "parameter", "ingest", "'Merge' runs the job 1, which is not declared"),
    a_parameter_read_and_not_declared: ("dev", "parameter", "load_table", "reads the parameter 'kind'"),
} | LOGINS  # fmt: skip


def checked(
    stack: str, resources: Estate, config: Mapping[str, str] | None = None
) -> list[tuple[str, str, str]]:
    found = graph.check(resources, stack_config(stack) if config is None else config)
    return [(f.rule, f.urn.rpartition("::")[2], f.message) for f in found]


@pytest.mark.parametrize("stack", STACKS)
def test_what_is_declared_fits_together(stack: str, estate: Callable[[str], Estate]):
    assert checked(stack, estate(stack)) == []


@pytest.mark.parametrize("breaks", BROKEN, ids=lambda breaks: breaks.__name__)
def test_a_break_is_found(breaks: Callable[[Estate], None], estate: Callable[[str], Estate]):
    stack, rule, name, said = BROKEN[breaks]
    resources = estate(stack)
    before = set(checked(stack, resources))
    breaks(resources)
    new = set(checked(stack, resources)) - before
    assert [f for f in new if f[:2] == (rule, name) and said in f[2]], sorted(new)


def test_what_the_config_names_counts_as_existing(estate: Callable[[str], Estate]):
    resources = estate("dev")
    an_id_inside_a_text(resources)
    config = stack_config("dev") | {"highwater:own": f"{OWN_SUBSCRIPTION}/resourceGroups/x"}
    assert [f for f in checked("dev", resources, config) if f[0] == "arm-id"] == []


def test_whoever_reads_a_secret_may_read_it_and_is_missed_otherwise():
    own = {"server": "db.acme.example", "database": "shop", "username": "reader", "secret": "source-password"}
    config = stack_config("dev") | {"highwater:source": json.dumps({"sample": False, "external": own})}
    resources = declare("dev", config)
    assert checked("dev", resources, config) == []
    drop(resources, "authorization:RoleAssignment", "factory-source_secret")
    ((rule, name, said),) = checked("dev", resources, config)
    assert (rule, name) == ("role", "source-service")
    assert "factory can't read secrets on" in said
    assert said.endswith("for the secret 'source-password'")
