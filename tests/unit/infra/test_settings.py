"""Settings: what is accepted, and how a refusal names the key, the rule and the value."""

import json

import pytest

from infra.errors import InfraError
from infra.settings import from_config, stack_file
from infra.stack import StackName

GUID = "11111111-1111-1111-1111-111111111111"
LEAST = {
    "highwater:organisation": "acme",
    "highwater:owner": "data",
    "highwater:cost_center": "42",
    "highwater:administrator": json.dumps({"name": "deployers", "object_id": GUID}),
}


def refused(stack: str = "dev", **changed: object) -> str:
    config = LEAST | {f"highwater:{key}": value for key, value in changed.items()}
    with pytest.raises(InfraError) as caught:
        from_config(stack, config)
    return str(caught.value)


def test_what_is_not_said_has_a_default():
    settings = from_config("dev", LEAST)
    assert settings.location == "westeurope"
    assert settings.lake.redundancy == "Standard_LRS"
    assert settings.postgres.ssl_mode == 5
    assert settings.factory.every_minutes == 5
    assert settings.source.sample is True
    assert settings.protect is False


@pytest.mark.parametrize(
    ("stack", "environment", "ephemeral"),
    [("local", "local", False), ("prod", "prod", False), ("pr-7", "dev", True), ("pr-999999", "dev", True)],
)
def test_a_stack_name_is_read_once(stack: str, environment: str, ephemeral: bool):
    assert StackName.parse(stack) == StackName(stack, environment, ephemeral)


@pytest.mark.parametrize("stack", ["", "Dev", "pr-", "pr-0", "pr-07", "pr-1000000", "pr-7x", "production"])
def test_any_other_stack_name_is_refused(stack: str):
    with pytest.raises(InfraError, match="There is no stack called"):
        StackName.parse(stack)


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("organisation", "Acme Inc", "highwater:organisation: String should match pattern '^[a-z][a-z0-9]{1,7}$' (found: 'Acme Inc')"),  # noqa: E501 - one message
        ("lake", '{"redundancy": "LRS"}', "highwater:lake.redundancy: Input should be 'Standard_LRS', 'Standard_ZRS', 'Standard_GRS' or 'Standard_GZRS' (found: 'LRS')"),  # noqa: E501 - one message
        ("postgres", '{"backup_days": 3}', "highwater:postgres.backup_days: Input should be greater than or equal to 7 (found: 3)"),  # noqa: E501 - one message
        ("postgres", '{"ssl_mode": 2}', "highwater:postgres.ssl_mode: Input should be 0, 3 or 5 (found: 2)"),
        ("factory", '{"merge_timeout_minutes": 5}', "highwater:factory.merge_timeout_minutes: Input should be greater than or equal to 10 (found: 5)"),  # noqa: E501 - one message
        ("administrator", '{"name": "x", "object_id": "me"}', "highwater:administrator.object_id: String"),
        ("colour", "red", "highwater:colour: Extra inputs are not permitted (found: 'red')"),
    ],
)  # fmt: skip
def test_a_wrong_value_names_key_rule_and_value(key: str, value: str, told: str):
    message = refused(**{key: value})
    assert message.startswith("The settings of stack dev are refused.")
    assert told in message
    assert message.endswith("Correct them in Pulumi.dev.yaml.")


def test_every_wrong_value_is_named_at_once():
    message = refused(owner="", location="West Europe")
    assert "highwater:owner:" in message
    assert "highwater:location:" in message


OWN = {"server": "db.acme.example", "database": "shop", "username": "reader"}


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("postgres", {"high_availability": "ZoneRedundant"}, "highwater:postgres.high_availability must be Disabled where highwater:postgres.tier is Burstable, which has none (found: 'ZoneRedundant')"),  # noqa: E501 - one message
        ("postgres", {"ssl_mode": 0}, "highwater:postgres.ssl_mode must be 3 or 5, and highwater:postgres.entra true, anywhere but on the laptop's Unix socket (found: 0, True)"),  # noqa: E501 - one message
        ("postgres", {"entra": False}, "highwater:postgres.ssl_mode must be 3 or 5, and highwater:postgres.entra true, anywhere but on the laptop's Unix socket (found: 5, False)"),  # noqa: E501 - one message
        ("databricks", {"unity_catalog": False}, "highwater:databricks.unity_catalog must be true anywhere but on the laptop (found: False): without it no job reaches the lake"),  # noqa: E501 - one message
        ("source", {"sample": False}, "highwater:source.external must name a server where highwater:source.sample is false, and be left out where it is true (found: left out, False)"),  # noqa: E501 - one message
        ("source", {"external": OWN}, "highwater:source.external must name a server where highwater:source.sample is false, and be left out where it is true (found: given, True)"),  # noqa: E501 - one message
    ],
)  # fmt: skip
def test_a_rule_across_settings_names_its_keys_and_what_was_found(key: str, value: dict, told: str):
    assert refused(**{key: json.dumps(value)}).splitlines() == [
        "The settings of stack dev are refused.",
        told,
        "Correct them in Pulumi.dev.yaml.",
    ]


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("server", "db.acme.example;Password=canary", ""),
        ("server", "https://db.acme.example", " (found: 'https://db.acme.example')"),
        ("server", "db..example", " (found: 'db..example')"),
        ("database", "shop;Pwd=canary", ""),
        ("database", "shop'", ' (found: "shop\'")'),
        ("username", "reader;Host=elsewhere", " (found: 'reader;Host=elsewhere')"),
        ("username", "reader;Password=canary", ""),
        ("username", "", " (found: '')"),
    ],
)
def test_no_part_of_a_connection_brings_in_another_part(key: str, value: str, found: str):
    message = refused(source=json.dumps({"sample": False, "external": OWN | {key: value}}))
    assert f"highwater:source.external.{key}: String should match pattern '^[" in message
    assert message.splitlines()[1].endswith(f"$'{found}")
    assert "canary" not in message


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("server", "10.1.2.3"),
        ("server", "psql-1.postgres.database.azure.com"),
        ("username", "reader@psql-1"),
        ("username", "a_b.org#EXT#@acme.example"),
        ("database", "shop-2_a$"),
    ],
)
def test_names_that_servers_really_have_are_accepted(key: str, value: str):
    source = {"sample": False, "external": OWN | {key: value}}
    found = from_config("dev", LEAST | {"highwater:source": json.dumps(source)})
    assert getattr(found.source.external, key) == value


def test_an_own_source_takes_the_place_of_the_sample():
    source = {"sample": False, "external": OWN}
    settings = from_config("dev", LEAST | {"highwater:source": json.dumps(source)})
    assert settings.source.external.server == "db.acme.example"
    assert settings.source.external.ssl_mode == 5


def test_a_pull_request_uses_the_settings_of_dev_and_is_never_protected():
    dev = stack_file("dev")
    settings = from_config("pr-7", {"highwater:protect": "true", "highwater:owner": "me"})
    assert settings.organisation == dev["highwater:organisation"]
    assert settings.administrator.object_id == dev["highwater:administrator"]["object_id"]
    assert settings.owner == "me"
    assert settings.protect is False
    assert settings.tags["environment"] == "pr-7"


@pytest.mark.parametrize("environment", ["local", "dev", "staging", "prod"])
def test_the_stack_files_are_accepted_and_hold_no_secret(environment: str):
    config = stack_file(environment)
    assert from_config(environment, config).stack.environment == environment
    assert "secure:" not in json.dumps(config)


def test_only_prod_is_protected_and_highly_available():
    found = {e: from_config(e, stack_file(e)) for e in ("local", "dev", "staging", "prod")}
    assert {e: s.protect for e, s in found.items()} == {
        "local": False, "dev": False, "staging": False, "prod": True,
    }  # fmt: skip
    assert {e: s.postgres.high_availability for e, s in found.items()} == {
        "local": "Disabled", "dev": "Disabled", "staging": "Disabled", "prod": "ZoneRedundant",
    }  # fmt: skip
