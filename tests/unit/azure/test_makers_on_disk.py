"""Folders for accounts, containers, workspaces and files: made, made again, removed, removed again."""

from pathlib import Path

import pytest

from local.azure.makers import MAKERS, RECORDED_ONLY, maker_of
from local.errors import HighwaterError
from local.state import State

ACCOUNT = MAKERS["azure-native:storage:StorageAccount"]
CONTAINER = MAKERS["azure-native:storage:BlobContainer"]
FILE = MAKERS["databricks:index/workspaceFile:WorkspaceFile"]


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


def test_a_container_is_a_folder_of_its_account(state: State) -> None:
    for _ in range(2):
        ACCOUNT.make(state, "acct", {})
        CONTAINER.make(state, "bronze", {"accountName": "acct"})
    folder = state.lake / "acct" / "bronze"
    assert folder.is_dir() and folder.stat().st_mode & 0o077 == 0
    (folder / "full.parquet").write_bytes(b"x")
    CONTAINER.unmake(state, "bronze", {"accountName": "acct"})
    assert not folder.exists()
    CONTAINER.unmake(state, "bronze", {"accountName": "acct"})


def test_a_full_account_goes_whole_and_its_containers_are_gone_with_it(state: State) -> None:
    CONTAINER.make(state, "gold", {"accountName": "acct"})
    (state.lake / "acct" / "gold" / "f").write_bytes(b"x")
    ACCOUNT.unmake(state, "acct", {})
    assert not (state.lake / "acct").exists()
    ACCOUNT.unmake(state, "acct", {})
    CONTAINER.unmake(state, "gold", {"accountName": "acct"})


def test_endpoints_are_folders(state: State) -> None:
    lake = f"file://{state.lake}/acct/"
    assert ACCOUNT.endpoints(state, "acct", {}) == {"primaryEndpoints": {"blob": lake, "dfs": lake}}
    serving = MAKERS["azure-native:synapse:Workspace"].endpoints(state, "ws", {})
    assert serving == {"connectivityEndpoints": {"sqlOnDemand": str(state.serving / "ws")}}
    server = MAKERS["azure-native:dbforpostgresql:Server"].endpoints(state, "pg", {})
    host = server["fullyQualifiedDomainName"]
    assert host.startswith("/") and len(host) < 91
    assert not state.root.exists()  # to tell an address makes nothing


@pytest.mark.parametrize("name", ["", "..", "a/b", "."])
def test_no_name_leads_out_of_the_state(state: State, name: str) -> None:
    with pytest.raises(HighwaterError, match="can't be a folder's name"):
        ACCOUNT.make(state, name, {})


def test_a_workspace_file_is_copied_and_its_empty_folders_go_with_it(state: State, tmp_path: Path) -> None:
    source = tmp_path / "x.whl"
    source.write_bytes(b"wheel")
    other = {"path": "/Shared/other.txt", "contentBase64": "aGk="}
    FILE.make(state, "f", {"path": "/Shared/wheels/abc/x.whl", "source": str(source)})
    FILE.make(state, "o", other)
    top = state.databricks / "workspace"
    assert (top / "Shared/wheels/abc/x.whl").read_bytes() == b"wheel"
    assert (top / "Shared/other.txt").read_bytes() == b"hi"
    for _ in range(2):
        FILE.unmake(state, "f", {"path": "/Shared/wheels/abc/x.whl"})
    assert sorted(path.name for path in (top / "Shared").iterdir()) == ["other.txt"]


@pytest.mark.parametrize("path", ["relative.whl", "/", "/../../etc/x", ""])
def test_a_workspace_path_stays_in_the_workspace(state: State, path: str) -> None:
    with pytest.raises(HighwaterError, match="is no workspace path"):
        FILE.make(state, "f", {"path": path, "contentBase64": "aGk="})


def test_most_types_are_only_recorded(state: State) -> None:
    assert maker_of("azure-native:datafactory:Pipeline") is RECORDED_ONLY
    RECORDED_ONLY.make(state, "p", {})
    RECORDED_ONLY.unmake(state, "p", {})
    assert RECORDED_ONLY.endpoints(state, "p", {}) == {} and not state.root.exists()
