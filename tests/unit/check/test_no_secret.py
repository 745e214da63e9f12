"""No secret is written anywhere: not in the stack files, not by `declare`, not in a refusal, not in a record."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from infra.errors import InfraError
from infra.settings import from_config, stack_file
from local.adf import Factory, Runtime
from local.declare import resources, stack_config

PROJECT = Path(__file__).resolve().parents[3]
STACK_FILES = sorted(PROJECT.glob("Pulumi*.yaml"))
CANARY = "canary-5f1d0c"

# Variables that hold a secret in somebody's shell, or of a runner.
VARIABLES = (
    "PGPASSWORD", "ARM_CLIENT_SECRET", "ARM_ACCESS_KEY", "AZURE_CLIENT_SECRET", "AZURE_STORAGE_KEY",
    "AZURE_STORAGE_CONNECTION_STRING", "DATABRICKS_TOKEN", "PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITHUB_TOKEN",
    "HIGHWATER_SECRET",
)  # fmt: skip
MARKED = {name: f"{CANARY}-{name.lower()}" for name in VARIABLES}

# What a key, a token or a connection string looks like.
_LOOKS = re.compile(
    r"-----BEGIN|\beyJ[\w-]{10,}\.|\bdapi[0-9a-f]{32}|\bgh[pousr]_\w{20,}|\bAKIA\w{16}|"
    r"(?i:(password|pwd|accountkey|sharedaccesskey|sig|secret)\s*=\s*\S)|"
    r"://[^/\s:@]+:[^/\s@]+@|"
    r"(?<![\w/+.-])(?=[\w/+]*[a-z])(?=[\w/+]*[A-Z])(?=[\w/+]*\d)[\w/+]{32,}={0,2}(?![\w/+-])"
)


def texts(value: object) -> list[str]:
    """Every text in a value."""
    if isinstance(value, dict):
        return [found for item in value.values() for found in texts(item)]
    if isinstance(value, list):
        return [found for item in value for found in texts(item)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize(
    "secret",
    [
        "Tq3nV8xYb1LmZ0cRk7UeWs5HdJf2Pa9gQo4iNtXvC6yBuKlMrSwEzD1hG8jF5kA3pT7qI0oVxYbNcU2mWeRdLg==",
        "dapi0123456789abcdef0123456789abcdef",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=abc",
        "postgresql://reader:hunter2@db.example/shop",
        "https://x.blob.core.windows.net/c?sv=2024&sig=abc",
        "-----BEGIN PRIVATE KEY-----",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.x",
    ],
)
def test_a_secret_is_told_by_its_looks(secret: str):
    assert _LOOKS.search(secret)


@pytest.mark.parametrize("path", STACK_FILES, ids=lambda path: path.name)
def test_a_stack_file_holds_no_secret(path: Path):
    content = yaml.safe_load(path.read_text())
    content.pop("encryptedkey", None)  # the state's own key, wrapped by one that never leaves its vault
    assert not re.search(r"\bsecure:", path.read_text())
    assert [text for text in texts(content) if _LOOKS.search(text)] == []


def test_there_are_stack_files_to_look_at():
    assert {path.name for path in STACK_FILES} >= {
        "Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.local.yaml", "Pulumi.prod.yaml", "Pulumi.staging.yaml",
    }  # fmt: skip


def test_nothing_that_is_declared_looks_like_a_secret(estate):
    for resource in estate("prod"):
        shown = {
            key: value for key, value in resource["inputs"].items() if key not in ("contentBase64", "script")
        }
        assert [text for text in texts(shown) if _LOOKS.search(text)] == [], resource["urn"]


def test_declare_writes_no_variable_of_the_environment(tmp_path: Path):
    command = [
        sys.executable, "-c", "from local.cli import main; main()",
        "declare", "--stack", "dev", "--out", str(tmp_path / "dev.jsonl"), "--check", "--policy", "--json",
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=PROJECT, env=os.environ | MARKED, timeout=300
    )
    assert json.loads(done.stdout)["resources"] > 50, done.stderr
    written = done.stdout + done.stderr + (tmp_path / "dev.jsonl").read_text()
    assert CANARY not in written


def test_an_external_source_declares_the_name_of_its_secret_and_nothing_more():
    own = {"server": "db.acme.example", "database": "shop", "username": "reader", "secret": "source-password"}
    config = stack_config("dev") | {"highwater:source": json.dumps({"sample": False, "external": own})}
    found = [r for r in resources("dev", config) if "source-password" in json.dumps(r["inputs"])]
    assert found
    service = next(r for r in found if r["inputs"].get("resourceName") == "source")
    assert service["inputs"]["properties"]["typeProperties"]["password"] == {
        "type": "AzureKeyVaultSecret",
        "secretName": "source-password",
        "store": {"type": "LinkedServiceReference", "referenceName": "vault"},
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("highwater:password", CANARY),
        ("highwater:databricks_token", CANARY),
        ("highwater:source", {"sample": False, "external": {"server": "s", "database": "d", "username": "u", "password": CANARY}}),  # noqa: E501 - one row
        ("highwater:source", {"sample": False, "external": {"server": "s", "database": "d", "username": "u", "secret": f"{CANARY}!"}}),  # noqa: E501 - one row
        ("highwater:postgres", f'{{"password": "{CANARY}"'),
        ("highwater:postgres", {"secure": CANARY}),
    ],
)  # fmt: skip
def test_a_secret_in_the_wrong_place_is_refused_by_its_key_and_not_shown(key: str, value: object):
    with pytest.raises(InfraError) as caught:
        from_config("dev", stack_file("dev") | {key: value})
    assert key in str(caught.value)
    assert CANARY not in str(caught.value)


def test_the_record_of_a_run_has_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, value in MARKED.items():
        monkeypatch.setenv(name, value)
    secure = {"secureInput": True, "secureOutput": True}
    activities = [
        {
            "name": "Keep", "type": "SetVariable", "policy": secure,
            "variableName": "kept", "value": "@pipeline().parameters.password",
        },
        {
            "name": "Fail", "type": "Fail", "message": "no luck", "errorCode": "9",
            "dependsOn": [{"activity": "Keep", "dependencyConditions": ["Succeeded"]}],
        },
    ]  # fmt: skip
    main = {
        "activities": activities,
        "parameters": {"password": {"type": "SecureString"}},
        "variables": {"kept": {"type": "String"}},
    }
    result = Runtime(Factory({"main": main}), tmp_path).run("main", {"password": f"{CANARY}-given"})
    assert result.status == "Failed"
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert [path.name for path in kept if CANARY in path.read_text(errors="replace")] == []
