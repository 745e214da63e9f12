"""A service's management interface by REST: the few calls that no resource's create, update or delete makes.

Used from hooks and from the command line, for Azure Resource Manager and for Databricks alike.
"""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import tenacity

from infra import github_oidc
from infra.errors import InfraError

MANAGEMENT = "https://management.azure.com"
DATABRICKS_APPLICATION = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"  # the same in every tenant
_BUSY = (408, 429, 500, 502, 503, 504)

Token = Callable[[], str]


class RestError(InfraError):
    """A service refused a call, or could not be reached.

    Attributes:
        status: the HTTP status; 0 when there was no answer.
        code: the service's own code, as `TriggerEnabledCannotUpdate`; empty when it gave none.
        message: the service's own words.
    """

    def __init__(self, method: str, url: str, status: int, code: str, message: str):
        self.status, self.code, self.message = status, code, message
        path = urllib.parse.urlsplit(url).path
        super().__init__(
            f"{method} {path} failed with status {status}" if status else f"{method} {path} got no answer",
            ": ".join(part for part in (code, message) if part),
            "Sign in with an identity that may do this (az login, or a workload identity)."
            if status in (401, 403)
            else "",
        )


def entra(scope: str) -> Token:
    """Tokens of whoever is signed in: a job of GitHub Actions, a workload or managed identity, or `az login`.

    Raises, when called:
        InfraError: nobody is signed in, or azure-identity is not installed.
    """

    def token() -> str:
        what = f"No token can be had for {scope}."
        try:
            from azure.core.exceptions import ClientAuthenticationError
            from azure.identity import DefaultAzureCredential
        except ImportError:
            raise InfraError(what, "The package azure-identity is not installed.", "Run `uv sync`.") from None
        try:
            return (github_oidc.credential() or DefaultAzureCredential()).get_token(scope).token
        except ClientAuthenticationError as error:  # it lists every way that was tried
            why = str(error).strip().splitlines()[0]
            raise InfraError(what, why, "Sign in: az login, or a workload identity.") from None

    return token


class Rest:
    """One service: `call` for one answer, `all` for a list in pages."""

    def __init__(self, endpoint: str, token: Token, patience: float = 60.0):
        """
        Args:
            endpoint: scheme and host, without a trailing slash.
            token: gives a bearer token; asked at the first call, and again when that one has run out.
            patience: seconds for which a busy service is asked again.
        """
        self._endpoint, self._ask, self._token = endpoint, token, ""
        self._retry = tenacity.Retrying(
            retry=tenacity.retry_if_exception(
                lambda error: isinstance(error, RestError) and error.status in (0, *_BUSY)
            ),
            wait=tenacity.wait_exponential(multiplier=min(1.0, patience / 30), max=15),
            stop=tenacity.stop_after_delay(patience),
            reraise=True,
        )

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any] | None:
        """The answer as data, {} when it is empty; None when there is no such thing (status 404).

        Raises:
            RestError: any other status of 400 and above, or no answer.
        """
        known = bool(self._token)
        try:
            return self._retry(self._once, method, self._endpoint + path, body)
        except RestError as error:
            if error.status == 404:
                return None
            if error.status == 401 and known:
                self._token = ""
                return self.call(method, path, body)
            raise

    def all(self, path: str) -> Iterator[dict[str, Any]]:
        """Every item of a list in Azure Resource Manager's pages; none when there is no such list."""
        page = self.call("GET", path)
        while page is not None:
            yield from page.get("value", [])
            following = page.get("nextLink")
            if not following:
                return
            parts = urllib.parse.urlsplit(following)
            page = self.call("GET", f"{parts.path}?{parts.query}")

    def _once(self, method: str, url: str, body: Any) -> dict[str, Any]:
        self._token = self._token or self._ask()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        # Azure wants a length also where there is nothing to send.
        data = json.dumps(body).encode() if body is not None else b"" if method == "POST" else None
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.loads(response.read() or b"{}")
        except urllib.error.HTTPError as error:
            code, message = _reason(error.read())
            raise RestError(method, url, error.code, code, message or str(error.reason)) from None
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            raise RestError(method, url, 0, "", str(getattr(error, "reason", error))) from None


def _reason(body: bytes) -> tuple[str, str]:
    """Code and message of an error: Azure nests them in `error`, Databricks has `error_code` beside."""
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return "", body.decode(errors="replace").strip()[:500]
    inner = found.get("error") if isinstance(found.get("error"), dict) else found
    return str(inner.get("code") or inner.get("error_code") or ""), str(inner.get("message") or "")


def management() -> Rest:
    """Azure Resource Manager, as whoever is signed in."""
    return Rest(MANAGEMENT, entra(f"{MANAGEMENT}/.default"))


def databricks(host: str) -> Rest:
    """A Databricks workspace, as whoever is signed in. `host` has no scheme."""
    return Rest(f"https://{host}", entra(f"{DATABRICKS_APPLICATION}/.default"))
