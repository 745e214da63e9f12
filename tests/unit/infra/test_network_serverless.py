"""Serverless compute in a private stack: objects of the Databricks account, by the provider's own names."""

import importlib.util
from pathlib import Path

import pytest
from network_stacks import ACCOUNT, awaited_by, declared, inputs_of

from infra.databricks_sdk import (
    NetworkConnectivityBinding,
    NetworkConnectivityConfig,
    NetworkConnectivityRule,
)
from local.azure.outputs import answer

PACKAGE = Path(importlib.util.find_spec("pulumi_databricks").submodule_search_locations[0])
SOURCES = {
    NetworkConnectivityConfig: "mws_network_connectivity_config",
    NetworkConnectivityRule: "mws_ncc_private_endpoint_rule",
    NetworkConnectivityBinding: "mws_ncc_binding",
}


@pytest.mark.parametrize("kind", SOURCES)
def test_tokens_and_names_are_the_package_s(kind: type):
    source = (PACKAGE / f"{SOURCES[kind]}.py").read_text()
    assert f"'{kind.token}'" in source
    given = list(inputs_of("serverless", kind.token).values())
    assert given
    for name in {key for inputs in given for key in inputs} | set(kind.told):
        assert f'name="{name}"' in source or f"def {name}(self)" in source, name


def test_the_account_s_objects_lead_serverless_compute_to_the_lake():
    token = NetworkConnectivityConfig.token
    config = inputs_of("serverless", token)["serverless"]
    assert config["region"] == "westeurope"
    id_ = answer(token, "serverless", config).outputs["networkConnectivityConfigId"]
    rules = inputs_of("serverless", NetworkConnectivityRule.token).values()
    account = inputs_of("serverless", "storage:StorageAccount")["lake"]["accountName"]
    assert {r["groupId"] for r in rules} == {"dfs", "blob"}
    assert {r["networkConnectivityConfigId"] for r in rules} == {id_}
    assert {r["resourceId"].rpartition("/")[2] for r in rules} == {account}
    binding = inputs_of("serverless", NetworkConnectivityBinding.token)["serverless"]
    workspace = inputs_of("serverless", "databricks:Workspace")["databricks"]
    number = answer("azure-native:databricks:Workspace", "databricks", workspace).outputs["workspaceId"]
    assert binding == {"networkConnectivityConfigId": id_, "workspaceId": number}


def test_they_are_declared_through_the_account_and_not_the_workspace():
    provider = inputs_of("serverless", "providers:databricks")["databricks-account"]
    assert (provider["host"], provider["accountId"]) == ("https://accounts.azuredatabricks.net", ACCOUNT)
    used = [
        one["options"]["provider"].rpartition("::")[0]
        for one in declared("serverless")
        if one["type"].startswith("databricks:index/mws")
    ]
    assert len(used) == 4
    assert {urn.rpartition("::")[2] for urn in used} == {"databricks-account"}


def test_their_endpoints_are_approved_by_the_names_that_databricks_gives_them():
    token = NetworkConnectivityRule.token
    names = {
        f"serverless lake {r['groupId']}": answer(token, "x", r).outputs["endpointName"]
        for r in inputs_of("serverless", token).values()
    }
    approval = inputs_of("serverless", "LinkApproval")["serverless-lake-endpoints"]
    assert approval["wanted"] == names and len(names) == 2
    awaited = awaited_by("serverless", "datafactory:Trigger", "every_few_minutes")
    assert {"serverless-lake-endpoints", "serverless"} <= awaited


@pytest.mark.parametrize("stack", ["dev", "staging"])
def test_no_other_stack_needs_the_account(stack: str):
    assert not [one for one in declared(stack) if one["type"].startswith("databricks:index/mws")]
    assert "databricks-account" not in inputs_of(stack, "providers:databricks")
