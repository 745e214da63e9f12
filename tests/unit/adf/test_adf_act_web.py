"""WebActivity against a server of the test's own.

https://learn.microsoft.com/azure/data-factory/control-flow-web-activity
"""

import base64
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local.adf import ActivityRun, DefinitionError, Factory, Runtime, WebAccess


class Server(ThreadingHTTPServer):
    """Answers by path, and remembers what it was asked."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str, dict, bytes]] = []
        self.polls = 0

    def handle_error(self, request, client_address) -> None:
        """A client that hung up is part of the tests."""


class Handler(BaseHTTPRequestHandler):
    server: Server

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        status, headers, content = self.reply()
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def reply(self) -> tuple[int, dict, bytes]:
        if self.path == "/slow":
            time.sleep(2)
        if self.path == "/job":
            return 202, {"Location": "/status", "Retry-After": "7"}, b""
        if self.path == "/status":
            self.server.polls += 1
            return (
                (202, {"Location": "/status"}, b"") if self.server.polls < 3 else (200, {}, b'{"done": true}')
            )
        if self.path == "/away":
            return 302, {"Location": "http://example.invalid/"}, b""
        if self.path == "/moved":
            return 302, {"Location": "/here"}, b""
        bodies = {
            "/text": b"hello",
            "/array": b"[1]",
            "/big": b'{"a":"' + b"x" * 5_000_000 + b'"}',
            "/empty": b"",
        }
        status = 404 if self.path == "/missing" else 200
        return status, {"X-Answer": "42"}, bodies.get(self.path, json.dumps({"path": self.path}).encode())

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def call(server, tmp_path: Path):
    """Runs one WebActivity; `call.slept` are the waits of its run."""
    slept: list[float] = []

    def run(
        path: str, method: str = "GET", access: WebAccess | None = None, **properties: object
    ) -> ActivityRun:
        url = path if "://" in path else f"http://127.0.0.1:{server.server_port}{path}"
        policy = properties.pop("policy", {})
        activity = {
            "name": "W", "type": "WebActivity", "policy": policy,
            "typeProperties": {"url": url, "method": method, **properties},
        }  # fmt: skip
        factory = Factory({"main": {"activities": [activity]}})
        runtime = Runtime(
            factory, tmp_path / "runs", web=access, sleep=lambda seconds, stop: slept.append(seconds)
        )
        return runtime.run("main").activities[-1]

    run.slept = slept
    return run


def test_the_answer_s_fields_are_the_output_s(call):
    output = call("/here").output
    assert output["path"] == "/here"
    assert output["ADFWebActivityResponseHeaders"]["X-Answer"] == "42"
    assert output["executionDuration"] == 0


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_method_headers_and_body_are_sent(call, server, method):
    call("/here", method, headers={"Content-Type": "application/json"}, body={"run": "@pipeline().Pipeline"})
    asked, path, headers, body = server.asked[0]
    assert (asked, path, json.loads(body)) == (method, "/here", {"run": "main"})
    assert headers["Content-Type"] == "application/json"


def test_a_body_that_is_a_text_is_sent_as_it_is(call, server):
    call("/here", "POST", body="@concat('a', 1)")
    assert server.asked[0][3] == b"a1"


def test_post_needs_a_body(call, server):
    """https://learn.microsoft.com/azure/data-factory/control-flow-web-activity#type-properties"""
    assert "needs a body" in call("/here", "POST").error["message"] and server.asked == []


def test_a_status_of_failure_fails_with_the_answer(call):
    """https://learn.microsoft.com/azure/data-factory/data-factory-troubleshoot-guide#error-code-2108"""
    error = call("/missing").error
    assert error["errorCode"] == "2108"
    assert "Response status code: '404'" in error["message"] and '"path": "/missing"' in error["message"]


@pytest.mark.parametrize(("path", "text"), [("/text", "hello"), ("/array", "[1]")])
def test_what_is_no_object_is_warned_of(call, path, text):
    ended = call(path)
    assert ended.output["Response"] == text and "no JSON object" in ended.warnings[0]


def test_more_than_4_mb_fail(call):
    assert call("/big").error["errorCode"] == "2001"


def test_an_answer_that_takes_too_long_fails(call):
    """A minute by default, 10 at most: https://learn.microsoft.com/azure/data-factory/control-flow-web-activity"""
    started = time.monotonic()
    assert "no answer within 1 s" in call("/slow", httpRequestTimeout="00:00:01").error["message"]
    assert time.monotonic() - started < 1.9
    with pytest.raises(DefinitionError, match="longer than 10 minutes"):
        call("/here", httpRequestTimeout="00:10:01")


def test_the_time_limit_of_the_policy_ends_the_request(call):
    started = time.monotonic()
    ended = call("/slow", policy={"timeout": "0.00:00:01"})
    assert ended.error["errorCode"] == "Timeout" and time.monotonic() - started < 1.9


def test_202_is_followed_until_it_is_done(call):
    """https://learn.microsoft.com/azure/architecture/patterns/async-request-reply"""
    assert call("/job").output["done"] is True
    assert call.slept == [7, 60, 60]


def test_202_is_the_answer_when_async_is_off(call, server):
    assert call("/job", turnOffAsync=True).output["Response"] == "" and server.polls == 0


def test_nothing_leaves_the_machine(call):
    for url in (
        "http://example.invalid/",
        "https://10.0.0.1/",
        "ftp://127.0.0.1/",
        "http://localhost.example.invalid/",
    ):
        error = call(url).error
        assert error["errorCode"] == "2108", url
    assert "is not on this machine" in call("/away").error["message"]


def test_a_redirect_on_the_machine_is_followed(call):
    assert call("/moved").output["path"] == "/here"


def test_a_host_may_be_allowed_by_name(call):
    access = WebAccess({"example.invalid": None})
    assert "Error calling the endpoint" in call("http://example.invalid/", access=access).error["message"]


class TestAuthentication:
    __doc__ = "https://learn.microsoft.com/azure/data-factory/control-flow-web-activity#authentication"

    def test_basic(self, call, server):
        secret = {"type": "SecureString", "value": "hunter2"}
        ended = call("/here", authentication={"type": "Basic", "username": "me", "password": secret})
        assert server.asked[0][2]["Authorization"] == "Basic " + base64.b64encode(b"me:hunter2").decode()
        assert ended.input["authentication"] == {"type": "Basic"} and "hunter2" not in repr(ended)

    def test_managed_identity_where_the_host_has_one(self, call, server):
        access = WebAccess({"127.0.0.1": lambda resource: f"token for {resource}"})
        ended = call("/here", authentication={"type": "MSI", "resource": "https://x/"}, access=access)
        assert server.asked[0][2]["Authorization"] == "Bearer token for https://x/"
        assert "token for" not in repr(ended.input)

    def test_managed_identity_is_refused_elsewhere(self, call, server):
        error = call("/here", authentication={"type": "MSI", "resource": "https://x/"}).error
        assert "no managed identity for the host '127.0.0.1'" in error["message"] and server.asked == []

    def test_others_are_refused_by_name(self, call):
        with pytest.raises(DefinitionError, match="the authentication ClientCertificate is not supported"):
            call("/here", authentication={"type": "ClientCertificate", "pfx": "x"})
