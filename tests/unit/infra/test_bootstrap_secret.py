"""The password of an external source: put where the settings name it, once, and shown nowhere."""

import inspect
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from typer.testing import CliRunner

from infra import rest
from infra.names import Names
from infra.rest import Rest
from infra.settings import Settings, from_config
from local import declare
from local.bootstrap_secret import Outcome, put
from local.cli import app
from local.cli.secret import bootstrap_secret
from local.errors import HighwaterError

SUBSCRIPTION = "12345678-0000-0000-0000-000000000000"
CANARY = "canary-5f1d0c-of-the-source"
EXTERNAL = {"server": "db.acme.example", "database": "shop", "username": "reader", "secret": "shop-password"}
CONFIG = declare.stack_config("dev") | {
    "highwater:source": json.dumps({"sample": False, "external": EXTERNAL})
}


@dataclass
class Azure:
    """A resource group with vaults, and the calls that came.

    Attributes:
        refuse: the message of a refusal of every PUT; the body that was sent takes the place of {}.
    """

    address: str = ""
    vaults: list[str] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    refuse: str = ""

    def answer(self, method: str, path: str, body: str) -> tuple[int, dict]:
        self.calls.append((method, path))
        if path.endswith("/vaults"):
            return 200, {"value": [{"id": f"{path}/{name}", "name": name} for name in self.vaults]}
        if method == "PUT" and self.refuse:
            return 403, {"error": {"code": "Forbidden", "message": self.refuse.replace("{}", body)}}
        if method == "PUT":
            self.secrets[path] = json.loads(body)["properties"]["value"]
        # Azure never gives a value back.
        return (200, {"id": path, "properties": {}}) if path in self.secrets else (404, {})


@pytest.fixture
def azure() -> Iterator[Azure]:
    made = Azure(vaults=[Names("contoso", settings().stack).of("key_vault") + "0a1b2c3d", "kv-of-others"])

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            status, found = made.answer(self.command, self.path.partition("?")[0], body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        do_GET = do_PUT = _any

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.address = f"http://127.0.0.1:{server.server_port}"
    yield made
    server.shutdown()
    server.server_close()


def settings(config: dict[str, str] = CONFIG) -> Settings:
    return from_config("dev", config)


def run(azure: Azure, value: str = CANARY, replace: bool = False) -> Outcome:
    return put(settings(), SUBSCRIPTION, Rest(azure.address, lambda: "token"), lambda: value, replace)


def test_it_is_put_into_the_stack_s_own_vault_under_the_name_of_the_settings(azure):
    outcome = run(azure)
    assert (outcome.vault, outcome.name, outcome.put) == (azure.vaults[0], "shop-password", True)
    ((path, value),) = azure.secrets.items()
    assert path == (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-hw-dev/providers/Microsoft.KeyVault/vaults/"
        f"{azure.vaults[0]}/secrets/shop-password"
    )
    assert value == CANARY


def test_a_second_time_asks_for_nothing_and_changes_nothing_unless_told_to_replace(azure):
    run(azure)
    again = put(
        settings(), SUBSCRIPTION, Rest(azure.address, lambda: "token"), lambda: pytest.fail("asked"), False
    )
    assert (again.put, list(azure.secrets.values())) == (False, [CANARY])
    assert run(azure, "another", replace=True).put
    assert list(azure.secrets.values()) == ["another"]


@pytest.mark.parametrize(
    ("vaults", "said"),
    [([], "Stack dev has no vault to put a secret into"), (["a", "b"], "Stack dev has more than one vault")],
)
def test_a_stack_without_one_vault_of_its_own_is_told_so(azure, vaults, said):
    azure.vaults = [azure.vaults[0] + end for end in vaults] + ["kv-of-others"]
    with pytest.raises(HighwaterError, match=said):
        run(azure)
    assert not azure.secrets


def test_a_stack_that_names_no_secret_and_an_empty_value_are_refused(azure):
    own = from_config("dev", declare.stack_config("dev"))
    with pytest.raises(HighwaterError, match=r"source\.external\.secret is not set"):
        put(own, SUBSCRIPTION, Rest(azure.address, lambda: "token"), lambda: CANARY, False)
    assert not azure.calls
    with pytest.raises(HighwaterError, match="No value for the secret shop-password was given"):
        run(azure, " \n")
    assert not azure.secrets


def test_a_refusal_that_repeats_the_value_does_not_show_it(azure):
    azure.refuse = "not allowed: {}"
    with pytest.raises(HighwaterError) as caught:
        run(azure)
    assert "not allowed" in str(caught.value) and "(hidden)" in str(caught.value)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize("way", ["environment", "input"])
def test_the_command_takes_it_from_the_environment_or_the_input_and_says_nothing_of_it(
    azure, way, monkeypatch, caplog
):
    caplog.set_level(0)
    monkeypatch.setattr(rest, "management", lambda: Rest(azure.address, lambda: "token"))
    monkeypatch.setattr(declare, "stack_config", lambda _stack: CONFIG)
    given = {"env": {"HIGHWATER_SECRET": CANARY}} if way == "environment" else {"input": f"{CANARY}\n"}
    command = ["bootstrap-secret", "--stack", "dev", "--subscription", SUBSCRIPTION, "--json"]
    done = CliRunner().invoke(app, command, **given)
    assert json.loads(done.output) == {"vault": azure.vaults[0], "secret": "shop-password", "put": True}
    assert list(azure.secrets.values()) == [CANARY]
    assert CANARY not in done.output + caplog.text + json.dumps(azure.calls)


def test_no_option_takes_a_value():
    """What stands on a command line is in the shell's history, and in every list of processes."""
    assert set(inspect.signature(bootstrap_secret).parameters) == {
        "stack", "subscription", "replace", "as_json",
    }  # fmt: skip
