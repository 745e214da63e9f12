"""Approving private endpoints, against a management interface of our own on loopback."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from infra import approvals
from infra.errors import InfraError
from infra.rest import Rest

GROUP = "/subscriptions/s/resourceGroups/rg/providers"
LAKE = f"{GROUP}/Microsoft.Storage/storageAccounts/lake"
WANTED = {"factory lake dfs": "adf.lake-dfs", "factory lake blob": "adf.lake-blob"}


class Management:
    """Private endpoint connections of one target, and every call that was made."""

    def __init__(self):
        self.connections: dict[str, dict] = {}
        self.calls: list[str] = []
        self.looks_until_seen: dict[str, int] = {}
        self.approving: list[int] = []  # statuses to answer approvals with, before they take effect
        self.looks_until_done = 0

    def add(self, endpoint: str, status: str = "Pending", seen_after: int = 0) -> None:
        name = f"{endpoint}-0a1b"
        self.looks_until_seen[name] = seen_after
        self.connections[name] = {
            "id": f"{LAKE}/privateEndpointConnections/{name}",
            "name": name,
            "properties": {
                "privateEndpoint": {
                    "id": f"/subscriptions/t/resourceGroups/m/providers/Microsoft.Network/privateEndpoints/{endpoint}"
                },
                "privateLinkServiceConnectionState": {"status": status, "description": ""},
                "provisioningState": "Succeeded",
            },
        }

    def status(self, endpoint: str) -> str:
        found = self.connections[f"{endpoint}-0a1b"]["properties"]
        return found["privateLinkServiceConnectionState"]["status"]

    def listed(self) -> dict:
        for name, one in self.connections.items():
            self.looks_until_seen[name] -= 1
            if one["properties"]["provisioningState"] == "Updating":
                self.looks_until_done -= 1
                if self.looks_until_done <= 0:
                    one["properties"]["provisioningState"] = "Succeeded"
        seen = [one for name, one in self.connections.items() if self.looks_until_seen[name] < 0]
        return {"value": seen}

    def approve(self, name: str, body: dict) -> tuple[int, dict]:
        status = self.approving.pop(0) if self.approving else 202
        if status >= 400:
            return status, {"error": {"code": "Refused", "message": f"not {name}"}}
        properties = self.connections[name]["properties"]
        properties["privateLinkServiceConnectionState"] = body["properties"][
            "privateLinkServiceConnectionState"
        ]
        if self.looks_until_done:
            properties["provisioningState"] = "Updating"
        return status, {}


@pytest.fixture
def azure() -> Iterator[tuple[Management, Rest]]:
    """A management interface with no connection yet, and a client of it that never waits long."""
    state = Management()

    class Handler(BaseHTTPRequestHandler):
        def answer(self, status: int, body: dict) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def note(self, method: str) -> str:
            assert self.headers["Authorization"] == "Bearer token"
            state.calls.append(f"{method} {self.path}")
            return urlsplit(self.path).path

        def do_GET(self):
            path = self.note("GET")
            assert path == f"{LAKE}/privateEndpointConnections", path
            self.answer(200, state.listed())

        def do_PUT(self):
            path = self.note("PUT")
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.answer(*state.approve(path.rpartition("/")[2], body))

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state, Rest(f"http://127.0.0.1:{server.server_port}", lambda: "token", patience=0.2)
    server.shutdown()
    thread.join()
    server.server_close()


def settle(rest: Rest, patience: float = 5.0) -> dict[str, str]:
    return approvals.settle(rest, LAKE, WANTED, patience, pause=0.01)


def puts(state: Management) -> list[str]:
    return [call.split("/")[-1].split("?")[0] for call in state.calls if call.startswith("PUT")]


def test_pending_endpoints_of_ours_are_approved_and_no_other_is_touched(azure):
    state, rest = azure
    state.add("adf.lake-dfs")
    state.add("adf.lake-blob", "Approved")
    state.add("stranger.lake-dfs")
    state.add("adf.lake-dfs2")
    assert settle(rest) == dict.fromkeys(WANTED, "Approved")
    assert puts(state) == ["adf.lake-dfs-0a1b"]
    assert (state.status("stranger.lake-dfs"), state.status("adf.lake-dfs2")) == ("Pending", "Pending")
    assert {call.rpartition("?")[2] for call in state.calls} == {"api-version=2023-05-01"}


def test_azure_s_spelling_of_an_endpoint_does_not_matter(azure):
    state, rest = azure
    state.add("ADF.Lake-DFS")
    state.add("adf.lake-blob", "Approved")
    assert settle(rest) == dict.fromkeys(WANTED, "Approved")


def test_an_endpoint_that_shows_late_and_finishes_late_is_waited_for(azure):
    state, rest = azure
    state.add("adf.lake-dfs", seen_after=3)
    state.add("adf.lake-blob", "Approved")
    state.looks_until_done = 3
    assert settle(rest) == dict.fromkeys(WANTED, "Approved")
    assert len(state.calls) - len(puts(state)) >= 3 + 3


def test_an_approval_that_meets_another_change_is_tried_again(azure):
    state, rest = azure
    state.add("adf.lake-dfs")
    state.add("adf.lake-blob", "Approved")
    state.approving = [409, 409]
    assert settle(rest) == dict.fromkeys(WANTED, "Approved")
    assert len(puts(state)) == 3


def test_what_stays_missing_or_pending_fails_by_name(azure):
    state, rest = azure
    state.add("adf.lake-blob")
    state.approving = [409] * 100
    with pytest.raises(InfraError) as caught:
        settle(rest, patience=0.2)
    assert caught.value.what == (
        f"Private endpoints of {LAKE} are not connected: "
        "factory lake blob (Pending), factory lake dfs (Missing)."
    )
    assert "waited for" in caught.value.why


def test_whoever_may_not_approve_is_told_which_one_and_why(azure):
    state, rest = azure
    state.add("adf.lake-dfs")
    state.add("adf.lake-blob", "Approved")
    state.approving = [403]
    with pytest.raises(InfraError) as caught:
        settle(rest)
    assert "factory lake dfs (Pending)" in caught.value.what
    assert "status 403" in caught.value.why and "not adf.lake-dfs-0a1b" in caught.value.why
    assert "right to approve" in caught.value.next_step


@pytest.mark.parametrize("ended", ["Rejected", "Disconnected"])
def test_what_was_refused_fails_at_once_by_name(azure, ended: str):
    state, rest = azure
    state.add("adf.lake-dfs", ended)
    state.add("adf.lake-blob")
    with pytest.raises(InfraError, match=rf"factory lake dfs \({ended}\)"):
        settle(rest)
    assert puts(state) == []


def test_a_target_of_an_unknown_kind_is_refused_without_a_call(azure):
    state, rest = azure
    with pytest.raises(InfraError, match="Nothing is known of private endpoints"):
        approvals.settle(rest, f"{GROUP}/Microsoft.Web/sites/x", WANTED)
    assert state.calls == []


def test_the_resource_approves_when_made_and_again_when_one_was_lost(azure, monkeypatch):
    state, rest = azure
    monkeypatch.setattr(approvals, "management", lambda: rest)
    monkeypatch.setattr(approvals, "PAUSE", 0.01)
    state.add("adf.lake-dfs")
    state.add("adf.lake-blob")
    provider = approvals._Provider()
    props = {"name": "factory-lake-endpoints", "target": LAKE, "wanted": WANTED}
    monkeypatch.setattr(approvals.settle, "__defaults__", (5.0, 0.01))
    made = provider.create(props)
    assert made.outs["states"] == dict.fromkeys(WANTED, "Approved")
    assert provider.diff(made.id, made.outs, props).changes is False

    state.add("adf.lake-dfs", "Rejected")
    seen = provider.read(made.id, made.outs)
    assert seen.outs["states"] == {"factory lake dfs": "Rejected", "factory lake blob": "Approved"}
    assert provider.diff(made.id, seen.outs, props).changes is True
    with pytest.raises(InfraError, match="factory lake dfs"):
        provider.update(made.id, seen.outs, props)


def test_another_target_is_another_resource_and_another_endpoint_an_update():
    provider = approvals._Provider()
    old = {"name": "x", "target": LAKE, "wanted": WANTED, "states": dict.fromkeys(WANTED, "Approved")}
    moved = provider.diff("id", old, old | {"target": f"{LAKE}2"})
    assert (moved.changes, moved.replaces) == (True, ["target"])
    more = provider.diff("id", old, old | {"wanted": {"factory lake dfs": "adf.lake-dfs"}})
    assert (more.changes, more.replaces) == (True, [])


def test_the_engine_gets_the_same_provider_each_time():
    first, again = (serialize_provider(approvals._Provider()) for _ in range(2))
    assert first == again
