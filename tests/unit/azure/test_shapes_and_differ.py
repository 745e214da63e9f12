"""Which inputs address a resource, and what a change of one means."""

import pytest

from local.azure.differ import Change, Kind, changes_between
from local.azure.shapes import Shape, shape_of

CONTAINER = "azure-native:storage:BlobContainer"
PIPELINE = "azure-native:datafactory:Pipeline"


@pytest.mark.parametrize(
    ("token", "own_name", "replacing"),
    [
        (CONTAINER, "containerName", {"accountName", "containerName", "resourceGroupName"}),
        (PIPELINE, "pipelineName", {"factoryName", "pipelineName", "resourceGroupName"}),
        (
            "azure-native:datafactory:Trigger",
            "triggerName",
            {"factoryName", "triggerName", "resourceGroupName"},
        ),
        (
            "azure-native:dbforpostgresql:Database",
            "databaseName",
            {"serverName", "databaseName", "resourceGroupName", "charset", "collation"},
        ),
        (
            "azure-native:dbforpostgresql:Server",
            "serverName",
            {"serverName", "resourceGroupName", "location", "administratorLogin"},
        ),
        (
            "azure-native:synapse:Workspace",
            "workspaceName",
            {"workspaceName", "resourceGroupName", "location"},
        ),
        ("azure-native:managedidentity:UserAssignedIdentity", "resourceName",
         {"resourceName", "resourceGroupName", "location"}),
        (
            "azure-native:authorization:RoleAssignment",
            "roleAssignmentName",
            {"roleAssignmentName", "scope", "principalId", "roleDefinitionId"},
        ),
        (
            "azure-native:resources:Resource",
            "resourceName",
            {"resourceName", "resourceGroupName", "resourceProviderNamespace", "parentResourcePath",
             "resourceType", "location"},
        ),
        ("azure-native:resources:ResourceGroup", "resourceGroupName", {"resourceGroupName", "location"}),
        ("databricks:index/workspaceFile:WorkspaceFile", None, {"path"}),
        ("databricks:index/job:Job", None, set()),
    ],
)  # fmt: skip
def test_the_address_of_a_type_replaces(token: str, own_name: str | None, replacing: set[str]) -> None:
    shape = shape_of(token)
    assert (shape.known, shape.own_name, set(shape.replacing)) == (True, own_name, replacing)


def test_required_inputs_are_those_without_a_default() -> None:
    assert shape_of(CONTAINER).required == {"accountName", "resourceGroupName"}
    assert shape_of("azure-native:storage:StorageAccount").required == {"kind", "resourceGroupName", "sku"}
    assert shape_of("databricks:index/workspaceFile:WorkspaceFile").required == {"path"}


@pytest.mark.parametrize("token", ["azure-native:datafactory:NoSuchThing", "elsewhere:index:Thing"])
def test_a_type_that_the_sdk_does_not_know_has_no_shape(token: str) -> None:
    assert shape_of(token) == Shape(known=False)


def diff(token: str, old: dict, new: dict) -> dict[str, tuple[str, bool]]:
    return {c.path: (c.kind.value, c.replaces) for c in changes_between(shape_of(token), old, new)}


def test_the_same_inputs_are_no_change() -> None:
    inputs = {"pipelineName": "p", "activities": [{"name": "a", "policy": {"retry": 1}}], "concurrency": 1}
    assert diff(PIPELINE, inputs, {**inputs, "activities": [{"policy": {"retry": 1}, "name": "a"}]}) == {}


def test_the_deepest_path_is_told() -> None:
    old = {"pipelineName": "p", "activities": [{"name": "a", "policy": {"retry": 1}}]}
    new = {"pipelineName": "p", "activities": [{"name": "a", "policy": {"retry": 2}}, {"name": "b"}]}
    assert diff(PIPELINE, old, new) == {
        "activities[0].policy.retry": ("update", False),
        "activities[1]": ("add", False),
    }


def test_a_removed_input_is_a_deletion_and_an_address_replaces() -> None:
    old = {"pipelineName": "p", "factoryName": "f", "description": "d"}
    assert diff(PIPELINE, old, {"pipelineName": "p", "factoryName": "g"}) == {
        "description": ("delete", False),
        "factoryName": ("update", True),
    }


def test_kinds_are_told_apart() -> None:
    shape = Shape(known=True, replacing=frozenset({"name"}))
    assert changes_between(shape, {"n": 1, "f": False, "e": []}, {"n": True, "f": 0, "e": {}}) == [
        Change("e", Kind.UPDATE, False), Change("f", Kind.UPDATE, False), Change("n", Kind.UPDATE, False),
    ]  # fmt: skip
    assert changes_between(shape, {}, {"name": "x"}) == [Change("name", Kind.ADD, True)]


def test_a_key_that_is_no_word_is_quoted() -> None:
    shape = Shape(known=True)
    old, new = {"tags": {"cost-center": "1"}}, {"tags": {"cost-center": "2", 'a"b': "3"}}
    assert changes_between(shape, old, new) == [
        Change('tags["a\\"b"]', Kind.ADD, False), Change('tags["cost-center"]', Kind.UPDATE, False),
    ]  # fmt: skip
