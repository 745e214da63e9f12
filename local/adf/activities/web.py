"""WebActivity: a request to a REST endpoint.

https://learn.microsoft.com/azure/data-factory/control-flow-web-activity
"""

import base64
import time
from collections.abc import Mapping
from urllib.parse import urljoin

from local.adf.activities.lookups import MAX_BYTES
from local.adf.connectors.web import Answer, as_object, send
from local.adf.durations import seconds_of
from local.adf.errors import ActivityError
from local.adf.expressions.values import to_json, to_text
from local.adf.runtime.handlers import handles
from local.adf.runtime.task import Task

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# The factory's own identity, and one that it was given; the declared credential says which.
IDENTITIES = ("MSI", "UserAssignedManagedIdentity")
AUTHENTICATIONS = ("Basic", *IDENTITIES)
REQUEST_TIMEOUT, MAX_REQUEST_TIMEOUT, POLL_SECONDS = 60.0, 600.0, 60
HEADERS = "ADFWebActivityResponseHeaders"


@handles("WebActivity", policy=True, required=("url", "method"))
def web_activity(task: Task) -> dict:
    """Send the request; 202 with a Location is followed until it is done, unless turnOffAsync says not to."""
    started = time.monotonic()
    method = to_text(task.value("method")).upper()
    url = to_text(task.value("url"))
    body = _body(task, method)
    access = task.frame.run.settings.web
    headers = {key: to_text(value) for key, value in (task.value("headers", None) or {}).items()}
    host = access.check(url)
    shown = dict(headers)
    headers |= _authorization(task, access, host)
    task.input["headers"] = shown  # never with the credentials
    answer = _send(task, method, url, headers, body)
    while answer.status == 202 and "Location" in answer.headers and not task.value("turnOffAsync", False):
        after = answer.headers.get("Retry-After", "")
        task.frame.run.settings.sleep(int(after) if after.isdigit() else POLL_SECONDS, task.stop)
        if task.stop.reason is not None:
            raise ActivityError("The request was ended.")
        answer = _send(task, "GET", urljoin(answer.url, answer.headers["Location"]), headers, None)
    if not 200 <= answer.status < 300:
        text = answer.body.decode("utf-8", "replace")[:4_000]
        raise ActivityError(
            f"Error calling the endpoint '{url}'. Response status code: '{answer.status}'. More details: {text}",
            "2108",
        )
    return _output(task, answer, int(time.monotonic() - started))


def _output(task: Task, answer: Answer, seconds: int) -> dict:
    found = as_object(answer.body)
    if found is None:
        if answer.body:
            task.warn("The response is no JSON object, the only thing that the service promises to take.")
        found = {"Response": answer.body.decode("utf-8", "replace")}
    return {**found, HEADERS: dict(answer.headers), "executionDuration": seconds}


def _send(task: Task, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
    limit = task.value("httpRequestTimeout", None)
    seconds = min(seconds_of(limit, REQUEST_TIMEOUT), MAX_REQUEST_TIMEOUT)
    return send(
        task.frame.run.settings.web, method, url, headers, body, seconds, task.stop,
        verify=not task.value("disableCertValidation", False), most_bytes=MAX_BYTES,
    )  # fmt: skip


def _body(task: Task, method: str) -> bytes | None:
    body = task.value("body", None)
    if method not in METHODS:
        raise ActivityError(f"The method '{method}' is not one of {', '.join(METHODS)}.")
    if body is None and method in ("POST", "PUT", "PATCH"):
        raise ActivityError(f"A WebActivity with the method {method} needs a body.")
    if body is None:
        return None
    return (to_json(body) if isinstance(body, dict | list) else to_text(body)).encode()


def _authorization(task: Task, access, host: str) -> dict[str, str]:
    """The header that the authentication gives. What it is made of is in no record."""
    declared = task.activity.properties.get("authentication")
    if not declared:
        return {}
    found = task.value("authentication")
    task.input["authentication"] = {"type": found.get("type")}
    if found.get("type") in IDENTITIES:
        return {"Authorization": f"Bearer {access.token(host, to_text(found.get('resource')))}"}
    password = found.get("password")
    password = password.get("value") if isinstance(password, Mapping) else password
    pair = f"{to_text(found.get('username'))}:{to_text(password)}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
