"""One command at a time, and settings that are copied and never written."""

import fcntl
import json
import os
import socket
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from local.azure.install import install_engine, install_plugins
from local.azure.invokes import answer_invoke
from local.azure.locks import StackInUse, only_one, release_stale
from local.azure.registry import Record, Registry
from local.azure.steps import Steps
from local.azure.workspace import write_settings
from local.errors import HighwaterError
from local.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


def test_the_lock_is_free_after_an_error_and_names_its_holder(state: State) -> None:
    with pytest.raises(ZeroDivisionError), only_one(state, "up"):
        raise ZeroDivisionError
    with (
        only_one(state, "up"),
        pytest.raises(StackInUse, match=rf"process {os.getpid()}, `up`"),
        only_one(state, "x"),
    ):
        pass


def test_a_lock_file_that_was_removed_guards_nothing(state: State) -> None:
    with only_one(state, "destroy"):
        (state.root / "engine.lock").unlink()  # what a destroy does while it holds it
        lock = state.root / "engine.lock"
        with only_one(state, "up"), lock.open() as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def pulumi_lock(state: State, name: str, **content) -> Path:
    folder = state.pulumi_backend / ".pulumi/locks/organization/highwater/local"
    folder.mkdir(parents=True, exist_ok=True)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S.123456789Z", time.gmtime(content.pop("at", time.time())))
    given = {"pid": os.getpid(), "hostname": socket.gethostname(), "timestamp": stamp}
    (folder / name).write_text(json.dumps(given | content))
    return folder / name


def test_only_locks_of_dead_processes_are_released(state: State) -> None:
    assert release_stale(state) == []
    living = pulumi_lock(state, "living.json")
    elsewhere = pulumi_lock(state, "elsewhere.json", hostname="another-machine", pid=2**22 + 1)
    dead = pulumi_lock(state, "dead.json", pid=2**22 + 1)
    given_on = pulumi_lock(state, "given-on.json", at=0)  # from 1970: this process can't have written it
    assert sorted(release_stale(state)) == sorted([dead, given_on])
    assert living.exists() and elsewhere.exists() and not dead.exists()


def test_an_engine_that_outlived_its_command_is_waited_for_and_told(state: State) -> None:
    orphan = subprocess.Popen(["sleep", "0.6"])
    lock, told = pulumi_lock(state, "orphan.json", pid=orphan.pid), []
    assert release_stale(state) == []
    steps = Steps(told.append)
    assert release_stale(state, 30, steps.wait_for) == [lock]  # it is not reaped yet, and has ended
    assert orphan.wait() == 0
    assert [(step.op, str(orphan.pid) in step.name) for step in told] == [("wait", True)]


def test_an_engine_that_does_not_end_keeps_its_lock(state: State) -> None:
    orphan = subprocess.Popen(["sleep", "60"])
    lock = pulumi_lock(state, "orphan.json", pid=orphan.pid)
    assert release_stale(state, 0.3) == []
    assert lock.exists()
    orphan.kill()
    orphan.wait()


def test_the_salt_stays_in_the_copy_and_the_rest_follows_the_project(state: State, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text(
        "name: highwater\nruntime: {name: python, options: {virtualenv: .venv}}\nmain: infra\n"
    )
    (project / "Pulumi.local.yaml").write_text("config: {a:b: 1}\n")
    write_settings(state, project)
    assert yaml.safe_load((state.pulumi_work / "Pulumi.yaml").read_text()) == {
        "name": "highwater", "runtime": {"name": "python"},
    }  # fmt: skip
    copy = state.pulumi_work / "Pulumi.local.yaml"
    copy.write_text(copy.read_text() + "encryptionsalt: v1:abc\n")
    (project / "Pulumi.local.yaml").write_text("config: {a:b: 2}\n")
    write_settings(state, project)
    assert yaml.safe_load(copy.read_text()) == {"config": {"a:b": 2}, "encryptionsalt": "v1:abc"}
    assert (project / "Pulumi.local.yaml").read_text() == "config: {a:b: 2}\n"


def test_a_project_that_is_none_is_refused(state: State, tmp_path: Path) -> None:
    with pytest.raises(HighwaterError, match="names no project"):
        write_settings(state, tmp_path)
    (tmp_path / "Pulumi.yaml").write_text("name: [")
    with pytest.raises(HighwaterError, match="can't be read"):
        write_settings(state, tmp_path)


def test_providers_are_executables_in_the_stacks_own_home(state: State) -> None:
    install_plugins(state)
    names = sorted(
        path.relative_to(state.pulumi_home).as_posix() for path in state.pulumi_home.rglob("pulumi-*")
    )
    assert names == [
        "plugins/resource-azure-native-v3.29.0/pulumi-resource-azure-native",
        "plugins/resource-databricks-v1.118.0/pulumi-resource-databricks",
        "plugins/resource-pulumi-python-v3.272.0/pulumi-resource-pulumi-python",
    ]
    assert all(os.access(state.pulumi_home / name, os.X_OK) for name in names)
    engine = install_engine(state, Path("/opt/my pulumi/pulumi"))
    assert [path.name for path in engine.iterdir()] == ["pulumi"]
    assert "'/opt/my pulumi/pulumi'" in (engine / "pulumi").read_text()


def test_functions_are_answered_or_refused_by_name(state: State) -> None:
    registry = Registry(state)
    client = answer_invoke("azure-native:authorization:getClientConfig", {}, registry)
    assert client == answer_invoke("azure-native:authorization:getClientConfig", {}, registry)
    assert set(client) == {"clientId", "objectId", "subscriptionId", "tenantId"}
    group = "azure-native:resources:ResourceGroup"
    registry.put(Record("/g", "urn", group, "rg", {"resourceGroupName": "rg"}, {"location": "westeurope"}))
    found = answer_invoke("azure-native:resources:getResourceGroup", {"resourceGroupName": "rg"}, registry)
    assert found == {"location": "westeurope", "id": "/g"}
    with pytest.raises(HighwaterError, match="There is no azure-native:resources:ResourceGroup"):
        answer_invoke("azure-native:resources:getResourceGroup", {"resourceGroupName": "other"}, registry)
    with pytest.raises(
        HighwaterError, match="does not answer the function azure-native:storage:listStorageAccountKeys"
    ):
        answer_invoke("azure-native:storage:listStorageAccountKeys", {}, registry)
