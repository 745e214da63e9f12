"""The teardown of a stack on Azure by plain Pulumi, half-way through a deployment and twice, and its proof."""

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from recorded_app import App

from infra.rest import Rest
from local.teardown_azure import AzureTeardown, declared

# A private stack has close to two hundred resources, and the machine other work.
pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(900)]

SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
PREFIX = f"/subscriptions/{SUBSCRIPTION}"


class Azure:
    """What is there, by path without its version; `calls` are all but reads."""

    def __init__(self) -> None:
        self.there: dict[str, dict] = {}
        self.calls: list[str] = []

    def answer(self, method: str, path: str) -> tuple[int, dict]:
        if method == "POST":
            self.calls.append(path)
            owner, _, verb = path.rpartition("/")
            if verb == "stop":
                self.there[owner]["properties"]["runtimeState"] = "Stopped"
            if verb == "purge":
                self.there.pop(f"{PREFIX}/providers/Microsoft.KeyVault/deletedVaults")
            return 200, {}
        found = self.there.get(path)
        return (200, found) if found is not None else (404, {"error": {"code": "NotFound", "message": "no"}})


@pytest.fixture
def azure() -> Iterator[Azure]:
    found = Azure()

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            status, body = found.answer(self.command, self.path.partition("?")[0])
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        do_GET = do_POST = _reply

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.rest = Rest(f"http://127.0.0.1:{server.server_port}", lambda: "token", patience=2)
    yield found
    server.shutdown()
    server.server_close()


def test_half_a_deployment_is_torn_down_and_what_is_left_is_named(
    tmp_path, azure: Azure, monkeypatch: pytest.MonkeyPatch
):
    app = App.make(tmp_path)
    done = app.up("pr-7", refuse="azure-native:synapse:Workspace")
    assert done.returncode != 0 and "is refused, as asked" in done.stdout + done.stderr
    made = app.made("pr-7")
    environment = app.environment("pr-7")
    for key in set(os.environ) - set(environment):
        monkeypatch.delenv(key)
    for key, value in environment.items():
        monkeypatch.setenv(key, value)

    group = f"{PREFIX}/resourceGroups/rg-hw-pr-7"
    roles = f"{PREFIX}/providers/Microsoft.Authorization/roleAssignments"
    vaults = f"{PREFIX}/providers/Microsoft.KeyVault/deletedVaults"
    inside = f"{group}/providers/Microsoft.Storage/storageAccounts/x"
    # A trigger of an earlier, whole deployment: it runs, and is stopped before anything is deleted.
    (trigger,) = (t for t in declared("pr-7", SUBSCRIPTION).triggers if t.endswith("/every_few_minutes"))
    azure.there = {
        trigger: {"name": "every_few_minutes", "properties": {"runtimeState": "Started"}},
        group: {"id": group},
        "/api/2.1/unity-catalog/bindings/catalog/hw_pr_7": {"bindings": []},
        roles: {
            "value": [
                {"id": f"{inside}/providers/a/roleAssignments/1", "properties": {"scope": inside}},
                {"id": f"{PREFIX}/a/roleAssignments/2", "properties": {"scope": PREFIX}},
            ]
        },
        vaults: {
            "value": [
                {"name": "kv-a", "properties": {"vaultId": f"{group}/v/kv-a", "location": "westeurope"}},
                {"name": "kv-b", "properties": {"vaultId": "/elsewhere/kv-b", "location": "westeurope"}},
            ]
        },
    }
    first = AzureTeardown("pr-7", SUBSCRIPTION, azure.rest, azure.rest, app.folder).run()
    assert first.deleted >= len(made)
    assert first.left == (
        f"resource group {group}",
        f"role assignment {inside}/providers/a/roleAssignments/1",
        "Unity Catalog catalog hw_pr_7",
    )
    assert azure.calls == [
        f"{trigger}/stop",
        f"{PREFIX}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv-a/purge",
    ]
    assert not list((tmp_path / "backend").rglob("stacks/**/pr-7.json"))

    azure.there = {}
    second = AzureTeardown("pr-7", SUBSCRIPTION, azure.rest, azure.rest, app.folder).run()
    assert (second.deleted, second.left, second.unproved) == (0, (), ())
