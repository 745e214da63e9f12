"""HTTP requests of a WebActivity: to this machine, and to the hosts that the caller of the runtime names."""

import http.client
import ipaddress
import json
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from local.adf.errors import ActivityError
from local.adf.runtime.stop import Stop

MAX_REDIRECTS = 10
TokenOf = Callable[[str], str]  # resource -> access token of the factory's managed identity


@dataclass(frozen=True)
class WebAccess:
    """Where a WebActivity may go beyond loopback.

    Attributes:
        hosts: host name -> what gives a token for it, or None where it takes no managed identity.
    """

    hosts: Mapping[str, TokenOf | None] = field(default_factory=dict)

    def check(self, url: str) -> str:
        """The host of a URL. ActivityError unless it may be reached."""
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        if parts.scheme not in ("http", "https") or not host:
            raise ActivityError(f"'{url}' is not an http or https URL.", "2108")
        if host not in self.hosts and not is_loopback(host):
            raise ActivityError(
                f"The host '{host}' is not on this machine, and the runtime was not told that it may call it.",
                "2108",
            )
        return host

    def token(self, host: str, resource: str) -> str:
        """A token of the managed identity. ActivityError where the host has none."""
        give = self.hosts.get(host)
        if give is None:
            raise ActivityError(f"The runtime was given no managed identity for the host '{host}'.", "2108")
        return give(resource)


def is_loopback(host: str) -> bool:
    """Whether a host name can only be this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Answer:
    """A response; `url` is where it came from in the end."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


def send(
    access: WebAccess,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    timeout: float,
    stop: Stop,
    *,
    verify: bool = True,
    most_bytes: int,
) -> Answer:
    """One request, with the redirects that it is sent on to.

    Raises:
        ActivityError: the host may not be reached, does not answer in time, or answers more than `most_bytes`.
    """
    for _ in range(MAX_REDIRECTS):
        answer = _once(access, method, url, headers, body, timeout, stop, verify, most_bytes)
        if answer.status not in (301, 302, 303, 307, 308) or "Location" not in answer.headers:
            return answer
        url = urljoin(url, answer.headers["Location"])
        if (
            urlsplit(url).netloc != urlsplit(answer.url).netloc
        ):  # what is meant for one host is not for another
            headers = {key: value for key, value in headers.items() if key.lower() != "authorization"}
        if answer.status in (301, 302, 303) and method != "GET":
            method, body = "GET", None
    raise ActivityError(f"{url} redirects more than {MAX_REDIRECTS} times.", "2108")


def _once(access, method, url, headers, body, timeout, stop, verify, most_bytes) -> Answer:
    access.check(url)
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with _connected(parts, timeout, stop, verify) as opened:
            opened.request(method, path, body, dict(headers))
            response = opened.getresponse()
            data = response.read(most_bytes + 1)
            found = dict(response.getheaders())
            status = response.status
    except (OSError, http.client.HTTPException) as error:
        if stop.reason is not None:
            raise ActivityError(f"The request to {url} was ended.") from None
        why = f"no answer within {timeout:g} s" if isinstance(error, TimeoutError) else error
        raise ActivityError(f"Error calling the endpoint '{url}': {why}.", "2108") from None
    if len(data) > most_bytes:
        raise ActivityError(f"The response of {url} is larger than {most_bytes:,} bytes.", "2001")
    return Answer(url, status, found, data)


@contextmanager
def _connected(parts, timeout: float, stop: Stop, verify: bool) -> Iterator[http.client.HTTPConnection]:
    if parts.scheme == "https":
        context = ssl.create_default_context() if verify else ssl._create_unverified_context()
        opened = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=timeout, context=context)
    else:
        opened = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)

    def end() -> None:
        if opened.sock is not None:
            with suppress(OSError):
                opened.sock.shutdown(socket.SHUT_RDWR)

    try:
        with stop.on_stop(end):
            yield opened
    finally:
        opened.close()


def as_object(body: bytes) -> dict | None:
    """The JSON object in a body, None when it is anything else."""
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
