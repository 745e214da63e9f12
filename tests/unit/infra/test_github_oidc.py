"""The login of a job of GitHub Actions against an OpenID Connect endpoint that answers as GitHub's does."""

import json
import threading
import time
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from azure.core.credentials import AccessTokenInfo
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import DefaultAzureCredential
from azure.identity._internal.aad_client import AadClient

from infra.errors import InfraError
from infra.rest import entra

NAMES = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "ARM_TENANT_ID", "ARM_CLIENT_ID")


class GitHub:
    """The endpoint: each assertion is another one. `status` is what it answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict]] = []
        self.status = 200


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    found = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))
            found.asked.append((self.headers["Authorization"], query))
            self.send_response(found.status)
            self.end_headers()
            self.wfile.write(json.dumps({"value": f"assertion-{len(found.asked)}"}).encode())

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/idtoken?api-version=2.0"
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", address)
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "of-the-job")
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def entra_s_endpoint(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Entra takes an assertion once: a second use is one that has ended."""
    seen: list[str] = []

    def exchange(client: AadClient, scopes: tuple, assertion: str, **_: object) -> AccessTokenInfo:
        if assertion in seen:
            raise ClientAuthenticationError(
                "AADSTS700024: Client assertion is not within its valid time range"
            )
        seen.append(assertion)
        token = f"{client._tenant_id}/{client._client_id}: {scopes[0]} by {assertion}"
        return AccessTokenInfo(token, int(time.time()) + 3600)

    monkeypatch.setattr(AadClient, "obtain_token_by_jwt_assertion", exchange)
    return seen


@pytest.mark.parametrize("prefix", ["ARM", "AZURE"])
def test_each_token_of_a_job_comes_by_an_assertion_of_its_own(
    github: GitHub, monkeypatch: pytest.MonkeyPatch, prefix: str
):
    monkeypatch.setenv(f"{prefix}_TENANT_ID", "tenant")
    monkeypatch.setenv(f"{prefix}_CLIENT_ID", "client")
    management, vault = entra("management/.default"), entra("vault/.default")
    assert [management(), vault(), management()] == [
        "tenant/client: management/.default by assertion-1",
        "tenant/client: vault/.default by assertion-2",
        "tenant/client: management/.default by assertion-3",
    ]
    query = {"api-version": "2.0", "audience": "api://AzureADTokenExchange"}
    assert github.asked == [("Bearer of-the-job", query)] * 3


def test_a_job_that_does_not_say_who_it_is_is_told_what_is_missing(
    github: GitHub, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ARM_CLIENT_ID", "client")
    with pytest.raises(InfraError) as refused:
        entra("management/.default")()
    assert "Neither AZURE_TENANT_ID nor ARM_TENANT_ID is set." in str(refused.value)
    assert github.asked == []


def test_a_refusal_of_github_is_told_without_the_job_s_token(github: GitHub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ARM_TENANT_ID", "tenant")
    monkeypatch.setenv("ARM_CLIENT_ID", "client")
    github.status = 403
    with pytest.raises(InfraError) as refused:
        entra("management/.default")()
    assert "GitHub gave no assertion of this job's identity." in str(refused.value)
    assert "127.0.0.1: HTTPError: HTTP Error 403" in str(refused.value)
    assert "id-token: write" in str(refused.value) and "of-the-job" not in str(refused.value)


def test_outside_of_a_job_whoever_is_signed_in_is_asked(github: GitHub, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("ACTIONS_ID_TOKEN_REQUEST_URL")
    later = int(time.time()) + 3600
    given = AccessTokenInfo("of az login", later)
    monkeypatch.setattr(DefaultAzureCredential, "get_token", lambda *_: given)
    assert entra("management/.default")() == "of az login"
    assert github.asked == []
