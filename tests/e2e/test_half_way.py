"""The program's own deployment, killed half-way: torn down twice, it leaves nothing."""

import json
import subprocess
import time

import psutil
import pytest
from conftest import environment, highwater

from local.azure.makers.postgres import server_of
from local.azure.registry import Registry
from local.state import State

pytestmark = [pytest.mark.e2e, pytest.mark.engine, pytest.mark.slow]


def test_a_deployment_killed_half_way_is_torn_down_twice_and_leaves_nothing(tmp_path_factory):
    state = State(tmp_path_factory.mktemp("half") / "s")

    def teardown() -> dict:
        command = [*highwater(), "teardown", "--stack", "local", "--yes", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment(state))
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    up = subprocess.Popen([*highwater(), "up", "--json"], stdout=subprocess.DEVNULL, env=environment(state))
    with up:
        while len(Registry(state).all()) < 40:
            assert up.poll() is None, "it ended before it was half-way"
            time.sleep(0.05)
        children = psutil.Process(up.pid).children(recursive=True)
        up.kill()
    servers = [server_of(state, folder.name) for folder in state.postgres.iterdir()]
    assert servers and all(server.data.is_dir() for server in servers)

    first, second = teardown(), teardown()
    assert first["deleted"] >= 30
    assert (first["left"], first["unproved"]) == ([], [])
    assert (second["deleted"], second["left"], second["unproved"]) == (0, [], [])
    assert not state.root.exists()
    assert not any(server.home.exists() or server.socket_dir.exists() for server in servers)
    assert [child for child in children if child.is_running()] == []
    root = str(state.root)
    assert [
        p.pid for p in psutil.process_iter(["cmdline"]) if any(root in a for a in p.info["cmdline"] or [])
    ] == []
