"""Publishing goes through fabric-cicd as it is installed; only what it sends over HTTP is caught."""

import base64
import inspect
import json
import time

import fabric_cicd
import pytest
import requests
from azure.core.credentials import AccessToken

from powerbi import publish
from powerbi.errors import DefinitionError

WORKSPACE, CONNECTION = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
GIVEN = {
    "FABRIC_WORKSPACE_ID": WORKSPACE,
    "FABRIC_CONNECTION_ID": CONNECTION,
    "SERVING_ENDPOINT": "acme-staging-ondemand.sql.azuresynapse.net",
}


class Credential:
    """A token that says it is a service's, and never leaves the process."""

    def get_token(self, *scopes: str, **kwargs: object) -> AccessToken:
        claims = json.dumps({"exp": time.time() + 3600, "appid": "app", "idtyp": "app"}).encode()
        body = base64.urlsafe_b64encode(claims).decode().rstrip("=")
        return AccessToken(f"head.{body}.sign", int(time.time()) + 3600)


class Fabric:
    """Answers as the service does to what publishing asks, and keeps what was sent."""

    def __init__(self, broken: str = ""):
        self.sent: list[tuple[str, str, dict]] = []
        self._broken, self._bound = broken, 200

    def __call__(self, method: str, url: str, **given: object) -> requests.Response:
        path, body = url.split("/v1/", 1)[1], given.get("json") or {}
        body = json.loads(body) if isinstance(body, str) else body
        if method == "POST":
            self.sent.append((method, path, body))
        response = requests.Response()
        response.status_code = 200 if method == "GET" else 201
        answer: dict = {"value": []}
        if method == "POST" and path.endswith("/items"):
            answer = {"id": f"id-of-{body['type']}"}
            if body["type"] == self._broken:
                response.status_code, answer = 400, {"errorCode": "InvalidDefinition", "message": "no"}
        if path.endswith("connections"):
            details = {"type": "SQL", "path": "acme;highwater"}
            answer = {
                "value": [
                    {"id": CONNECTION, "connectivityType": "ShareableCloud", "connectionDetails": details}
                ]
            }
        if path.endswith("bindConnection"):
            response.status_code, answer = self._bound, {}
        response._content = json.dumps(answer).encode()
        response.headers["Content-Type"] = "application/json"
        return response

    def definition(self, kind: str) -> dict[str, str]:
        """The files that were sent of an item, by path."""
        (body,) = [b for _, path, b in self.sent if path.endswith("/items") and b["type"] == kind]
        return {p["path"]: base64.b64decode(p["payload"]).decode() for p in body["definition"]["parts"]}


@pytest.fixture
def fabric(monkeypatch: pytest.MonkeyPatch) -> Fabric:
    found = Fabric()
    monkeypatch.setattr(requests, "request", found)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    for name in (*GIVEN, "SERVING_DATABASE"):
        monkeypatch.setenv(name, "")
    return found


def test_model_and_report_are_published_to_this_environment_and_bound(fabric: Fabric):
    publish.publish("staging", GIVEN, Credential())
    items = [b["type"] for _, path, b in fabric.sent if path == f"workspaces/{WORKSPACE}/items"]
    assert items == ["SemanticModel", "Report"]
    model = fabric.definition("SemanticModel")
    assert f'expression Server = "{GIVEN["SERVING_ENDPOINT"]}" meta' in model["definition/expressions.tmdl"]
    assert 'expression Database = "highwater" meta' in model["definition/expressions.tmdl"]
    assert not [path for path, text in model.items() if "azuresynapse.example" in text or "$ENV" in text]
    bound = json.loads(fabric.definition("Report")["definition.pbir"])["datasetReference"]["byConnection"]
    assert bound["pbiModelDatabaseName"] == "id-of-SemanticModel"
    ((_, path, binding),) = [s for s in fabric.sent if "bind" in s[1].lower()]
    assert path == f"workspaces/{WORKSPACE}/semanticModels/id-of-SemanticModel/bindConnection"
    assert binding["connectionBinding"]["id"] == CONNECTION


def test_another_database_is_named_in_the_model(fabric: Fabric):
    publish.publish("dev", {**GIVEN, "SERVING_DATABASE": "mobility"}, Credential())
    assert (
        'expression Database = "mobility" meta'
        in fabric.definition("SemanticModel")["definition/expressions.tmdl"]
    )


def test_a_refusal_of_the_service_fails_the_deployment(fabric: Fabric):
    fabric._broken = "SemanticModel"
    with pytest.raises(Exception, match=r"Mobility|InvalidDefinition"):
        publish.publish("dev", GIVEN, Credential())


def test_a_model_that_is_not_bound_fails_the_deployment(fabric: Fabric):
    """fabric-cicd only warns of it, and the report would show nothing."""
    with pytest.raises(DefinitionError, match="33333333"):
        publish.publish("dev", GIVEN | {"FABRIC_CONNECTION_ID": CONNECTION.replace("2", "3")}, Credential())
    fabric._bound = 202
    with pytest.raises(DefinitionError, match="Failed to bind"):
        publish.publish("dev", GIVEN, Credential())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"FABRIC_WORKSPACE_ID": ""}, "FABRIC_WORKSPACE_ID is not set"),
        ({"FABRIC_CONNECTION_ID": "mine"}, "FABRIC_CONNECTION_ID is no id: 'mine'"),
        ({"SERVING_ENDPOINT": 'a" & "b'}, "SERVING_ENDPOINT is no host"),
    ],
)
def test_a_setting_that_is_missing_or_wrong_is_named_before_anything_is_sent(
    fabric: Fabric, change: dict, said: str
):
    with pytest.raises(DefinitionError, match=said):
        publish.publish("dev", GIVEN | change, Credential())
    assert fabric.sent == []


def test_what_is_called_is_the_public_api():
    assert {"FabricWorkspace", "FeatureFlag", "append_feature_flag", "publish_all_items"} <= set(
        fabric_cicd.__all__
    )
    inspect.signature(fabric_cicd.FabricWorkspace).bind(
        workspace_id="",
        environment="",
        repository_directory="",
        item_type_in_scope=[],
        token_credential=Credential(),
    )
    inspect.signature(fabric_cicd.publish_all_items).bind(object())
