"""The teardown of the local stack: half-way through a deployment, twice, it leaves nothing."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

import local.teardown
from local.azure.makers.postgres import server_of
from local.azure.registry import Registry
from local.engine import Engine
from local.state import State
from local.teardown import search, teardown

pytestmark = pytest.mark.engine


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: highwater\nruntime: python\n")
    return folder


@pytest.mark.slow
def test_a_deployment_that_was_killed_half_way_is_torn_down_twice(tmp_path: Path, project: Path):
    state = State(tmp_path / "state")
    victim_file = Path(__file__).with_name("estate_victim.py")
    command = [sys.executable, str(victim_file), str(state.root), str(project)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as victim:
        for line in victim.stdout:
            if line == "slow start\n":
                break
        children = psutil.Process(victim.pid).children(recursive=True)
        victim.send_signal(signal.SIGKILL)
    server = server_of(state, "pg")
    assert server.data.is_dir() and [r.name for r in Registry(state).all()] == ["pg", "rg-test"]
    before = list(search(state, [server], []))
    assert any(line.startswith(f"folder {state.root}, with ") for line in before)
    assert any("postgres" in line for line in before if line.startswith("process "))

    engine = Engine(state, lambda: None, project)
    first = teardown(engine)
    assert (first.left, first.unproved) == ((), ())
    assert first.deleted == 2  # the server and its group; the script was never made
    second = teardown(engine)
    assert (second.deleted, second.left, second.unproved) == (0, (), ())

    assert not state.root.exists() and not server.home.exists() and not server.socket_dir.exists()
    assert [child for child in children if child.is_running()] == []
    assert sorted(path.name for path in project.iterdir()) == ["Pulumi.yaml"]


def test_a_process_that_still_uses_the_stack_is_named(tmp_path: Path, project: Path, monkeypatch):
    monkeypatch.setattr(local.teardown, "_PATIENCE", 0.2)
    state = State(tmp_path / "state")
    (state.lake / "a").mkdir(parents=True)
    (state.lake / "a" / "stray.parquet").write_bytes(b"x")
    with (
        (state.lake / "a" / "open").open("w") as held,
        subprocess.Popen(["sleep", "600"], stdout=held) as sleeper,
    ):
        there = f"process {sleeper.pid}: sleep 600"
        assert list(search(state, [], [])) == [f"folder {state.root}, with 2 files", there]
        assert teardown(Engine(state, lambda: None, project)).left == (there,)
        assert not state.root.exists()
        sleeper.kill()
    assert teardown(Engine(state, lambda: None, project)).left == ()
