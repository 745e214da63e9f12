"""What is added to a resource's inputs, and what is refused before anything is made."""

import hashlib
from pathlib import Path

import pytest

from local.azure.checks import checked
from local.azure.values import UNKNOWN

CONTAINER = "azure-native:storage:BlobContainer"
FILE = "databricks:index/workspaceFile:WorkspaceFile"


def check(token: str, given: dict, old: dict | None = None, config: dict | None = None):
    return checked(token, "logical", given, old or {}, b"seed", config or {})


def test_a_complete_resource_is_left_as_it_is() -> None:
    given = {"accountName": "a", "resourceGroupName": "g", "containerName": "c"}
    assert check(CONTAINER, given) == ({}, [])


def test_each_missing_input_is_named() -> None:
    _, failures = check(CONTAINER, {"containerName": "c"})
    assert failures == [
        ("accountName", "Missing required property 'accountName'"),
        ("resourceGroupName", "Missing required property 'resourceGroupName'"),
    ]


def test_a_made_up_name_is_the_same_in_preview_and_update_and_is_kept() -> None:
    given = {"accountName": "a", "resourceGroupName": "g"}
    added, _ = check(CONTAINER, given)
    assert added["containerName"].startswith("logical") and len(added["containerName"]) == len("logical") + 8
    assert check(CONTAINER, given)[0] == added
    assert check(CONTAINER, given, old={"containerName": "before"})[0] == {"containerName": "before"}


@pytest.mark.parametrize("name", ["", "  ", 7])
def test_an_empty_name_is_refused(name: object) -> None:
    given = {"accountName": "a", "resourceGroupName": "g", "containerName": name}
    _, failures = check(CONTAINER, given)
    assert failures == [("containerName", f"'containerName' must be a name, and is {name!r}")]


def test_a_name_that_is_not_known_yet_passes() -> None:
    assert check(
        CONTAINER, {"accountName": UNKNOWN, "resourceGroupName": UNKNOWN, "containerName": UNKNOWN}
    ) == ({}, [])


def test_the_place_comes_from_the_configuration_unless_given() -> None:
    given = {"resourceGroupName": "g"}
    group = "azure-native:resources:ResourceGroup"
    assert check(group, given, config={"location": "westeurope"})[0] == {"location": "westeurope"}
    assert check(group, {**given, "location": "northeurope"}, config={"location": "westeurope"})[0] == {}


def test_a_type_that_is_not_known_passes() -> None:
    assert check("azure-native:new:Thing", {"anything": 1}) == ({}, [])


def test_the_content_of_a_workspace_file_counts(tmp_path: Path) -> None:
    source = tmp_path / "x.whl"
    source.write_bytes(b"content")
    added, failures = check(FILE, {"path": "/x.whl", "source": str(source)})
    assert (added, failures) == ({"md5": hashlib.md5(b"content").hexdigest()}, [])
    source.unlink()
    assert check(FILE, {"path": "/x.whl", "source": str(source)})[1] == [
        ("source", f"there is no file {source}")
    ]
