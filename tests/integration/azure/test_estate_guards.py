"""What keeps the local stack apart: from other stacks, from Azure, from a second command, from a dead one."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from pulumi_azure_native import resources

import local.azure.workspace
from local.azure.locks import StackInUse, only_one
from local.azure.registry import Registry
from local.azure.workspace import backend_url
from local.engine import Engine
from local.errors import HighwaterError
from local.state import State

pytestmark = pytest.mark.engine


def one_group() -> None:
    resources.ResourceGroup("rg", resource_group_name="rg-test")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: highwater\nruntime: python\n")
    return folder


@pytest.fixture
def engine(tmp_path: Path, project: Path):
    engine = Engine(State(tmp_path / "state"), one_group, project)
    yield engine
    engine.destroy()


def test_no_other_stack_is_served(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local.azure.workspace, "STACK", "dev")
    with pytest.raises(
        HighwaterError, match="serves the stack `local` only, and this is the stack `dev`"
    ) as caught:
        engine.up()
    assert "pulumi up --stack dev" in str(caught.value)
    assert Registry(engine.state).all() == []


def test_nothing_of_an_azure_login_reaches_the_engine(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = {
        "ARM_CLIENT_SECRET": "s", "AZURE_TENANT_ID": "t", "DATABRICKS_HOST": "h", "PULUMI_ACCESS_TOKEN": "p",
        "PULUMI_CONFIG_PASSPHRASE": "other", "PULUMI_BACKEND_URL": "https://api.pulumi.com",
    }  # fmt: skip
    for key, value in login.items():
        monkeypatch.setenv(key, value)
    seen: dict[str, dict[str, str]] = {"program": {}}

    def look(step) -> None:
        this = psutil.Process()
        for child in this.children(recursive=True):
            environ, line = child.environ(), child.cmdline()
            if (
                environ and line != this.cmdline()
            ):  # not what just ended, and no fork that is still to become its program
                seen[" ".join(line)] = environ

    def program() -> None:
        seen["program"] = dict(os.environ)
        one_group()

    engine._program = program
    assert engine.up(look).created == 1
    providers = [line for line in seen if "local.azure.plugin" in line]
    assert len(providers) == 1 and any("pulumi" in line and " up " in line for line in seen)
    for line, environ in seen.items():
        for key, value in login.items():
            assert environ.get(key) != value, f"{key} in {line}"
        assert not [key for key in environ if key.startswith(("ARM_", "AZURE_", "DATABRICKS_"))], line
        assert environ["PULUMI_BACKEND_URL"] == backend_url(engine.state)
    assert {key: os.environ.get(key) for key in login} == login


def test_a_second_command_is_told_who_is_at_work(engine: Engine) -> None:
    script = (
        "import sys, pathlib, time\nfrom local.azure.locks import only_one\nfrom local.state import State\n"
        "with only_one(State(pathlib.Path(sys.argv[1])), 'up'):\n    print('held', flush=True)\n"
        "    sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(engine.state.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        for operation in (engine.up, engine.preview, engine.destroy):
            with pytest.raises(StackInUse, match=f"process {holder.pid}, `up` is changing it"):
                operation()
        holder.kill()
    with only_one(engine.state, "up"):
        pass


@pytest.mark.slow
def test_the_engines_lock_counts_while_its_process_lives(engine: Engine) -> None:
    assert engine.up().created == 1
    locks = engine.state.pulumi_backend / ".pulumi/locks/organization/highwater/local"
    locks.mkdir(parents=True, exist_ok=True)

    def lock(name: str, pid: int) -> Path:
        content = {"pid": pid, "username": "u", "hostname": socket.gethostname()}
        path = locks / f"{name}.json"
        path.write_text(
            json.dumps(content | {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())})
        )
        return path

    with subprocess.Popen(["sleep", "600"]) as sleeper:
        held = lock("held", sleeper.pid)
        with pytest.raises(StackInUse):
            engine.up()
        assert held.exists()
        sleeper.kill()
    stale = lock("stale", sleeper.pid)
    assert engine.up().unchanged == 1
    assert not held.exists() and not stale.exists()


@pytest.mark.slow
def test_a_killed_up_leaves_no_provider_and_is_destroyed(tmp_path: Path, project: Path) -> None:
    state = State(tmp_path / "state")
    victim_file = Path(__file__).with_name("estate_victim.py")
    command = [sys.executable, str(victim_file), str(state.root), str(project)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as victim:
        for line in victim.stdout:
            if line == "slow start\n":
                break
        children = psutil.Process(victim.pid).children(recursive=True)
        assert len(children) >= 3  # the engine, the local provider, the host of the script
        victim.send_signal(signal.SIGKILL)
    _, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []
    engine = Engine(state, one_group, project)
    after = engine.up()
    assert (after.unchanged, after.created) == (1, 0)
    # What a kill may leave half written, and what then hides the checkpoint beside it.
    assert list(state.pulumi_backend.rglob("*.attrs")) == []
    engine.destroy()
    assert not state.root.exists()
