"""The bootstrap: who may do what, and that putting it twice is putting it once."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from infra.bootstrap import Bootstrap, Estate
from infra.bootstrap_access import ROLES, STORES, identities
from infra.rest import Rest
from local.bootstrap import Builder, lines

SUBSCRIPTIONS = {name: f"{number:08}-0000-0000-0000-000000000000" for number, name in enumerate(STORES, 1)}
OPERATORS = "99999999-0000-0000-0000-000000000000"
TENANT = "88888888-0000-0000-0000-000000000000"
ESTATE = Estate(
    "acme", "westeurope", "acme/platform", SUBSCRIPTIONS, SUBSCRIPTIONS["prod"], OPERATORS, TENANT, {"a": "b"}
)
PLAN = Bootstrap(ESTATE)
PRINCIPALS = {one.name: f"principal-{one.name}" for one in identities(ESTATE.repository)}
ROLE_NAMES = {id_: name for name, id_ in ROLES.items()}


def rights(principal: str) -> set[tuple[str, str]]:
    """Pairs of role and scope; a scope by its last word, a subscription by its environment."""
    found = set()
    by_subscription = {f"/subscriptions/{id_}": name for name, id_ in SUBSCRIPTIONS.items()}
    for put in PLAN.access(PRINCIPALS):
        properties = put.body["properties"]
        if properties["principalId"] == principal:
            scope = put.id.partition("/providers/Microsoft.Authorization")[0]
            role = ROLE_NAMES[properties["roleDefinitionId"].rpartition("/")[2]]
            found.add((role, by_subscription.get(scope) or "/".join(scope.split("/")[-2:])))
    return found


def test_the_preview_reads_dev_and_its_state_and_can_do_nothing_else():
    assert rights("principal-preview") == {
        ("Reader", "dev"),
        ("Storage Blob Data Reader", "containers/state-dev"),
        ("Key Vault Crypto User", "keys/state-dev"),
    }


def test_who_looks_for_drift_changes_nothing():
    roles = {role for role, _ in rights("principal-drift")}
    assert roles == {"Reader", "Storage Blob Data Reader", "Key Vault Crypto User"}


@pytest.mark.parametrize("store", STORES)
def test_who_deploys_reaches_one_subscription_and_one_state(store: str):
    assert rights(f"principal-{store}") == {
        ("Contributor", store),
        ("Role Based Access Control Administrator", store),
        ("Storage Blob Data Contributor", f"containers/state-{store}"),
        ("Key Vault Crypto User", f"keys/state-{store}"),
    }


def test_nobody_can_make_himself_an_owner():
    giving = [
        p.body["properties"]
        for p in PLAN.access(PRINCIPALS)
        if ROLES["Role Based Access Control Administrator"] in p.body["properties"]["roleDefinitionId"]
    ]
    assert len(giving) == 2 * len(STORES)
    for properties in giving:
        assert properties["conditionVersion"] == "2.0"
        for power in (
            "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",  # Owner
            "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",  # User Access Administrator
            ROLES["Role Based Access Control Administrator"],
        ):
            assert properties["condition"].count(power) == 2  # neither given nor taken away


def test_each_identity_trusts_one_subject_of_this_repository():
    trusted = {
        put.id.split("/")[-3]: put.body["properties"]
        for put in PLAN.foundation()
        if put.type.endswith("federatedIdentityCredentials")
    }
    assert {name: found["subject"] for name, found in trusted.items()} == {
        "id-hw-preview": "repo:acme/platform:pull_request",
        "id-hw-drift": "repo:acme/platform:environment:drift",
        **{f"id-hw-{name}": f"repo:acme/platform:environment:{name}" for name in STORES},
    }
    assert {found["issuer"] for found in trusted.values()} == {"https://token.actions.githubusercontent.com"}


def test_the_store_is_closed_to_keys_and_keeps_what_was_deleted():
    by_type = {put.type: put.body for put in PLAN.foundation()}
    account = by_type["Microsoft.Storage/storageAccounts"]["properties"]
    assert (account["allowSharedKeyAccess"], account["allowBlobPublicAccess"]) == (False, False)
    assert account["minimumTlsVersion"] == "TLS1_2"
    history = by_type["Microsoft.Storage/storageAccounts/blobServices"]["properties"]
    assert history["isVersioningEnabled"] is True
    assert history["deleteRetentionPolicy"] == history["containerDeleteRetentionPolicy"]
    vault = by_type["Microsoft.KeyVault/vaults"]["properties"]
    assert vault["enableRbacAuthorization"] and vault["enablePurgeProtection"]
    assert vault["tenantId"] == TENANT
    assert 3 <= len(PLAN.account) <= 24 and 3 <= len(PLAN.vault) <= 24


def test_what_is_in_something_comes_after_it():
    seen: set[str] = set()
    for put in PLAN.foundation():
        for other in seen:
            assert not other.startswith(f"{put.id}/"), (put.id, other)
        seen.add(put.id)
    assert len(seen) == len(PLAN.foundation())


@pytest.fixture
def azure() -> Iterator[tuple[str, dict, list]]:
    """Address, what was put by id, and the paths of all puts. The first of each identity's grants is too early."""
    made: dict[str, dict] = {}
    puts: list[str] = []
    early: set[str] = set()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            path = self.path.partition("?")[0]
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            puts.append(path)
            principal = body.get("properties", {}).get("principalId", "")
            if principal.startswith("p-") and principal not in early:
                early.add(principal)
                return self._reply(400, {"error": {"code": "PrincipalNotFound", "message": "not yet"}})
            properties = dict(body.get("properties", {}))
            if "userAssignedIdentities" in path and "federated" not in path:
                own = path.rpartition("/")[2]
                properties |= {"principalId": f"p-{own}", "clientId": f"c-{own}"}
            made[path] = {**body, "id": path, "properties": properties}
            if path.endswith(PLAN.account):  # accepted, and ready later
                return self._reply(202, {})
            return self._reply(200, made[path])

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            found = made[path]
            state = {"provisioningState": "Creating" if "seen" not in found else "Succeeded"}
            found["seen"] = True
            self._reply(200, {**found, "properties": found["properties"] | state})

        def _reply(self, status: int, body: dict) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", made, puts
    server.shutdown()
    server.server_close()


def test_to_put_it_twice_is_to_put_it_once(azure):
    address, made, puts = azure
    told: list[str] = []
    builder = Builder(ESTATE, Rest(address, lambda: "token"), told.append, patience=5, pause=0.01)
    variables = builder.run()
    first, retried = dict(made), len(puts) - len(set(puts))
    assert retried == len(PRINCIPALS)  # each identity was unknown once
    assert len(first) == len(told) == len(PLAN.foundation()) + len(PLAN.access(PRINCIPALS))
    again = builder.run()
    assert again == variables
    assert made.keys() == first.keys()
    assert variables["PREVIEW_CLIENT_ID"] == "c-id-hw-preview"
    assert variables["prod/AZURE_CLIENT_ID"] == "c-id-hw-prod"
    assert variables["ephemeral/AZURE_SUBSCRIPTION_ID"] == SUBSCRIPTIONS["ephemeral"]
    assert json.loads(variables["drift/SUBSCRIPTION_IDS"])["staging"] == SUBSCRIPTIONS["staging"]


def test_what_would_be_put_can_be_read_offline():
    found = list(lines(ESTATE))
    assert len(found) == len(PLAN.foundation()) + len(PLAN.access(PRINCIPALS))
    key = next(f["inputs"] for f in found if f["urn"].endswith("/keys/state-prod"))
    assert (key["parentResourcePath"], key["resourceType"], key["resourceName"]) == (
        f"vaults/{PLAN.vault}",
        "keys",
        "state-prod",
    )
