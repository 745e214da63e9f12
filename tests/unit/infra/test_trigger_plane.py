"""The trigger plane of Azure against a management interface that answers as the service does."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from infra import trigger_plane
from infra.errors import InfraError
from infra.rest import Rest, RestError, management
from infra.trigger_plane import STARTED, STOPPED, AzureTriggers, bring

TRIGGER = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DataFactory/factories/f/triggers/t"
PROVISIONING = {"error": {"code": "BadRequest", "message": "Resource cannot be updated during provisioning"}}


class Service:
    """One trigger, its state, and answers to give before the right one; `calls` are those that came."""

    def __init__(self) -> None:
        self.state: str | None = STOPPED
        self.first: list[tuple[int, dict]] = []
        self.slow = 0
        self.tokens = ["token"]
        self.calls: list[str] = []

    def answer(self, method: str, path: str) -> tuple[int, dict]:
        self.calls.append(f"{method} {path.rpartition('/')[2]}")
        if method == "POST" and self.first:
            return self.first.pop(0)
        if self.state is None:
            return 404, {"error": {"code": "EntityNotFound", "message": "no such trigger"}}
        if method == "POST":
            self._wanted = STARTED if "/start?" in path else STOPPED
            if self.slow:
                return 202, {}
            self.state = self._wanted
            return 200, {}
        if self.slow:
            self.slow -= 1
            self.state = self.state if self.slow else self._wanted
        return 200, {"name": "t", "properties": {"type": "ScheduleTrigger", "runtimeState": self.state}}


@pytest.fixture
def service() -> Iterator[Service]:
    found = Service()

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            if self.headers["Authorization"] not in (f"Bearer {word}" for word in found.tokens):
                self.send_response(401)
                self.end_headers()
                return
            assert self.path.startswith(TRIGGER) and self.path.endswith("?api-version=2018-06-01")
            status, body = found.answer(self.command, self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        do_GET = do_POST = _reply

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.endpoint = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def plane(service: Service) -> AzureTriggers:
    return AzureTriggers(Rest(service.endpoint, lambda: "token", patience=2), patience=2, pause=0.01)


def test_a_stopped_trigger_is_started_and_a_started_one_left_alone(service: Service, plane: AzureTriggers):
    assert bring(plane, TRIGGER, STARTED) is True
    assert service.state == STARTED
    posted = [call for call in service.calls if call.startswith("POST")]
    assert bring(plane, TRIGGER, STARTED) is False
    assert posted == ["POST start?api-version=2018-06-01"]
    assert bring(plane, TRIGGER, STOPPED) is True
    assert service.state == STOPPED


def test_a_start_right_after_the_put_is_tried_again_while_it_is_provisioned(
    service: Service, plane: AzureTriggers
):
    service.first = [(400, PROVISIONING)] * 3
    assert bring(plane, TRIGGER, STARTED) is True
    assert (service.state, service.calls.count("POST start?api-version=2018-06-01")) == (STARTED, 4)


def test_a_busy_service_is_asked_again(service: Service, plane: AzureTriggers):
    service.first = [(429, {}), (503, {})]
    plane.start(TRIGGER)
    assert service.state == STARTED


def test_an_accepted_start_is_waited_for(service: Service, plane: AzureTriggers):
    service.slow = 3
    plane.start(TRIGGER)
    assert (service.state, service.calls.count("GET t?api-version=2018-06-01")) == (STARTED, 3)


def test_a_refusal_is_told_in_the_service_s_words(service: Service, plane: AzureTriggers):
    message = "Missing or invalid pipeline references for trigger t"
    service.first = [(400, {"error": {"code": "BadRequest", "message": message}})]
    with pytest.raises(RestError, match=message) as caught:
        plane.start(TRIGGER)
    assert (caught.value.status, caught.value.code, service.state) == (400, "BadRequest", STOPPED)
    assert "token" not in str(caught.value)


def test_a_trigger_that_never_starts_is_given_up_by_name(service: Service):
    plane = AzureTriggers(Rest(service.endpoint, lambda: "token"), patience=0.05, pause=0.01)
    service.slow = 1000
    with pytest.raises(InfraError, match="Trigger t is Stopped and not Started"):
        plane.start(TRIGGER)


def test_a_trigger_that_is_not_there_is_named(service: Service, plane: AzureTriggers):
    service.state = None
    assert plane.state(TRIGGER) is None
    with pytest.raises(InfraError, match="Trigger t is declared and not deployed"):
        bring(plane, TRIGGER, STARTED)


@pytest.mark.parametrize("reference", ["infra.nowhere:azure", "infra.trigger_plane:nothing"])
def test_a_plane_that_does_not_exist_names_the_setting(reference: str):
    with pytest.raises(InfraError, match=r"highwater:factory\.trigger_plane"):
        trigger_plane.find(reference)


def test_a_token_that_has_run_out_is_asked_for_anew_and_a_wrong_one_once(service: Service):
    given = iter(["token", "second", "wrong", "wrong"])
    rest = Rest(service.endpoint, lambda: next(given), patience=1)
    plane = AzureTriggers(rest, patience=1, pause=0.01)
    assert plane.state(TRIGGER) == STOPPED
    service.tokens = ["second"]
    assert plane.state(TRIGGER) == STOPPED
    service.tokens = ["third"]
    with pytest.raises(RestError, match="az login") as caught:
        plane.state(TRIGGER)
    assert caught.value.status == 401 and next(given) == "wrong"


def test_pages_of_a_list_are_followed():
    pages = {
        "/a?api-version=1": {"value": [{"n": 1}], "nextLink": "http://x/b?page=2"},
        "/b?page=2": {"value": [{"n": 2}]},
    }
    rest = Rest("http://x", lambda: "token")
    rest.call: Callable = lambda method, path, body=None: pages[path]
    assert list(rest.all("/a?api-version=1")) == [{"n": 1}, {"n": 2}]


def test_nobody_signed_in_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch):
    exceptions = pytest.importorskip("azure.core.exceptions")
    identity = pytest.importorskip("azure.identity")

    class Nobody:
        def get_token(self, scope: str):
            raise exceptions.ClientAuthenticationError(
                f"no way to {scope} worked\nAttempted credentials: ..."
            )

    monkeypatch.setattr(identity, "DefaultAzureCredential", Nobody)
    with pytest.raises(InfraError) as caught:
        management().call("GET", "/")
    assert caught.value.why == "no way to https://management.azure.com/.default worked"
    assert "az login" in caught.value.next_step
