"""The declared end of a run, against an endpoint on this machine: what is posted, and that it never decides."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from local.adf import Runtime
from local.adf.connectors.web import WebAccess
from local.declare import resources, stack_config

pytestmark = pytest.mark.postgres

ZONE = "insert into mobility.zone (zone_id, borough, zone_name, service_zone) values (1, 'a', 'b', 'c')"


class Endpoint:
    """Takes rows as the Logs Ingestion API does: 204 and no body, or the status that it is told to answer."""

    def __init__(self):
        self.status, self.requests = 204, []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append((self.path, dict(self.headers), json.loads(body)))
                self.send_response(outer.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture(scope="module")
def endpoint():
    made = Endpoint()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture(scope="module")
def definitions(endpoint) -> list[dict]:
    """The local stack with monitoring on; the one change is that the declared endpoint's host is this machine."""
    config = stack_config("local") | {"highwater:monitoring": json.dumps({"enabled": True})}
    found = resources("local", config)
    for resource in found:
        for activity in resource["inputs"].get("activities", []):
            if activity["type"] == "WebActivity":
                declared = urlsplit(activity["url"])
                assert declared.hostname.endswith(".ingest.monitor.azure.com")
                activity["url"] = f"{endpoint.url}{declared.path}?{declared.query}"
    return found


@pytest.fixture
def run(bench, endpoint, tmp_path):
    """Run a declared pipeline with an identity that gets a token for whatever it asks."""
    endpoint.status = 204
    endpoint.requests.clear()
    web = WebAccess({"127.0.0.1": lambda audience: f"token for {audience}"})
    runtime = Runtime(
        bench.runtime._settings.factory, tmp_path / "told", jobs=bench.job, web=web, sleep=lambda *_: None
    )
    return runtime.run


def statuses(result) -> dict[str, str]:
    return {activity.name: activity.status for activity in result.activities}


def test_a_run_posts_the_ledger_s_own_rows(bench, run, endpoint):
    bench.tell(ZONE)
    result = run("ingest")
    assert result.status == "Succeeded"
    ((path, headers, rows),) = endpoint.requests
    assert path.startswith("/dataCollectionRules/dcr-")
    assert path.endswith("/streams/Custom-HighwaterRun?api-version=2023-01-01")
    assert headers["Authorization"] == "Bearer token for https://monitor.azure.com"
    assert headers["Content-Type"].startswith("application/json")
    assert {row["TableName"]: row["RowsRead"] for row in rows} == {
        "driver": 0, "trip": 0, "trip_event": 0, "zone": 1,
    }  # fmt: skip
    assert {row["RunId"] for row in rows} == {result.run_id}
    asked = bench.ask(f"select control.run_facts('{result.run_id}')")[0][0]
    assert rows == json.loads(asked)


def test_a_failed_run_tells_its_facts_and_still_fails(bench, run, endpoint):
    bench.tell(ZONE)
    bench.job.failing = ("zone",)
    result = run("ingest", {"tables": "zone"})
    assert result.status == "Failed"
    assert "zone's merge failed" in result.message
    ((_, _, (row,)),) = endpoint.requests
    assert (row["Status"], row["Error"], row["UnmergedWindows"]) == ("failed", "zone's merge failed", 1)


@pytest.mark.parametrize("failing", [False, True])
def test_a_post_that_fails_does_not_decide_how_the_run_ends(bench, run, endpoint, failing):
    bench.tell(ZONE)
    bench.job.failing = ("zone",) if failing else ()
    endpoint.status = 500
    result = run("ingest", {"tables": "zone"})
    assert statuses(result)["Send facts"] == "Failed"
    assert len(endpoint.requests) == 2  # once more, as its policy says
    assert result.status == ("Failed" if failing else "Succeeded")
    assert bench.ask("select status from control.run") == [("failed" if failing else "succeeded",)]


def test_facts_that_cannot_be_asked_for_do_not_decide_either(bench, run, endpoint):
    bench.tell("drop function control.run_facts(text)", "control")
    result = run("ingest", {"tables": "zone"})
    found = statuses(result)
    assert (found["Run facts"], found["Send facts"]) == ("Failed", "Skipped")
    assert (result.status, endpoint.requests) == ("Succeeded", [])


def test_a_run_that_could_not_begin_has_nothing_to_tell(bench, run, endpoint):
    bench.tell("drop schema control cascade", "control")
    result = run("ingest")
    assert (result.status, endpoint.requests) == ("Failed", [])
