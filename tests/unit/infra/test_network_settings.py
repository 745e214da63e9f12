"""The network's settings: which compute each mode has, and how a wrong value is refused."""

import json
from typing import Any

import pytest

from infra.errors import InfraError
from infra.network import addresses
from infra.settings import Settings, from_config, stack_file

ACCOUNT = "22222222-2222-2222-2222-222222222222"


def settings(stack: str = "staging", **sections: Any) -> Settings:
    """A stack's own settings with some sections laid over them."""
    config = stack_file("staging" if stack == "staging" else "dev") | {
        f"highwater:{key}": json.dumps(value) for key, value in sections.items()
    }
    return from_config(stack, config)


def refused(stack: str = "staging", **sections: Any) -> str:
    with pytest.raises(InfraError) as caught:
        settings(stack, **sections)
    return str(caught.value)


def test_staging_and_prod_are_private_and_the_others_are_not():
    modes = {e: from_config(e, stack_file(e)) for e in ("local", "dev", "staging", "prod")}
    assert {e: (s.network.mode, s.compute, s.has_vault) for e, s in modes.items()} == {
        "local": ("public", "serverless", False),
        "dev": ("public", "serverless", False),
        "staging": ("private", "job_cluster", True),
        "prod": ("private", "job_cluster", True),
    }
    assert from_config("pr-7", {}).network.mode == "public"
    spaces = [modes[e].network.address_space for e in ("staging", "prod")]
    assert not spaces[0].overlaps(spaces[1])


def test_the_compute_of_a_mode_can_be_another_one():
    private = {"mode": "private"}
    cluster = settings("dev", databricks={"compute": "job_cluster"})
    assert (cluster.network.mode, cluster.compute) == ("public", "job_cluster")
    serverless = {"compute": "serverless", "account_id": ACCOUNT}
    assert settings(network=private, databricks=serverless).compute == "serverless"


def test_serverless_in_a_private_stack_needs_the_account():
    message = refused(network={"mode": "private"}, databricks={"compute": "serverless"})
    assert "highwater:databricks.account_id must be a GUID where highwater:databricks.compute is" in message
    assert "(found: None)" in message
    wrong = refused(databricks={"compute": "serverless", "account_id": "acme"})
    assert "highwater:databricks.account_id: String should match pattern" in wrong
    assert "(found: 'acme')" in wrong


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"address_space": "10.20.0.0/28"}, "address_space must be private and from /16 to /24 (found: '10.20.0.0/28')"),  # noqa: E501 - one message
        ({"address_space": "20.20.0.0/20"}, "address_space must be private and from /16 to /24 (found: '20.20.0.0/20')"),  # noqa: E501 - one message
        ({"subnets": {"runner": "10.99.0.0/28"}}, "subnets.runner must lie inside address_space 10.20.0.0/20 (found: '10.99.0.0/28')"),  # noqa: E501 - one message
        ({"subnets": {"databricks_hosts": "10.20.2.0/27"}}, "subnets.databricks_hosts must be a /26 or larger (found: '10.20.2.0/27')"),  # noqa: E501 - one message
        ({"subnets": {"endpoints": "10.20.0.0/28"}}, "subnets.endpoints must be a /27 or larger (found: '10.20.0.0/28')"),  # noqa: E501 - one message
        ({"subnets": {"gateway": "10.20.0.64/28"}}, "subnets.gateway must not overlap subnets.runner, which is 10.20.0.64/28 (found: '10.20.0.64/28')"),  # noqa: E501 - one message
        ({"allowed": {"office": "203.0.113.7"}}, "allowed is for mode public"),
    ],
)  # fmt: skip
def test_an_address_space_that_would_not_do_is_refused_by_key_rule_and_value(given: dict, told: str):
    message = refused(network={"mode": "private"} | given)
    assert "highwater:network: Value error" in message
    assert told in message


def test_the_gateway_s_own_addresses_are_not_ours():
    subnets = {
        "endpoints": "10.0.0.0/26", "runner": "10.0.0.64/28", "gateway": "10.0.1.16/28",
        "databricks_hosts": "10.0.2.0/24", "databricks_containers": "10.0.3.0/24",
    }  # fmt: skip
    message = refused(network={"mode": "private", "address_space": "10.0.0.0/20", "subnets": subnets})
    assert "subnets.gateway must not overlap 10.0.1.0/24 (found: '10.0.1.16/28')" in message


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("mode", "hybrid", "highwater:network.mode: Input should be 'public' or 'private' (found: 'hybrid')"),
        ("address_space", "10.20.0.1/20", "highwater:network.address_space: Input is not a valid IPv4 network (found: '10.20.0.1/20')"),  # noqa: E501 - one message
        ("runtime", {"time_to_live_minutes": 1}, "highwater:network.runtime.time_to_live_minutes: Input should be greater than or equal to 5 (found: 1)"),  # noqa: E501 - one message
        ("runtime", {"copy_units": 6}, "highwater:network.runtime.copy_units: Input should be a multiple of 4 (found: 6)"),  # noqa: E501 - one message
        ("region", "northeurope", "highwater:network.region: Extra inputs are not permitted"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_where_it_is(key: str, value: object, told: str):
    assert told in refused(network={key: value})


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ("203.0.113.9-203.0.113.1", "from a lower to a higher address"),
        ("203.0.0.0-203.255.255.255", "at most 65536"),
        ("0.0.0.0", "use azure_services"),
        ("the office", "Expected 4 octets"),
    ],
)
def test_a_firewall_range_that_is_none_or_too_wide_is_refused(given: str, rule: str):
    message = refused("dev", network={"allowed": {"office": given}})
    assert "highwater:network.allowed.office" in message
    assert rule in message and given in message


def test_a_range_is_one_address_or_two():
    assert addresses.span("203.0.113.7") == ("203.0.113.7", "203.0.113.7")
    assert addresses.span("203.0.113.7-203.0.113.9") == ("203.0.113.7", "203.0.113.9")


def test_a_public_stack_lets_somebody_in():
    assert "in mode public (found: False, none): PostgreSQL and Synapse" in refused(
        "dev", network={"azure_services": False}
    )
    office = settings("dev", network={"azure_services": False, "allowed": {"office": "203.0.113.7"}})
    assert office.network.allowed == {"office": "203.0.113.7"}


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        # It may be the password itself, by mistake: it is not said again.
        ("secret", "hunter2!", False),
        ("resource_id", "/subscriptions/x/resourceGroups/rg/providers/y/z/s", True),
    ],
)
def test_a_source_s_secret_is_a_name_and_its_id_that_of_a_server(key: str, value: str, told: bool):
    own = {"server": "db.acme.example", "database": "shop", "username": "reader", key: value}
    message = refused("dev", source={"sample": False, "external": own})
    assert f"highwater:source.external.{key}: String should match pattern" in message
    assert (f"(found: '{value}')" in message) is told
    assert (value in message) is told
