"""Which way scripts go, and who may administer databases, as the settings say."""

import json

import pytest

from infra.errors import InfraError
from infra.settings import from_config, stack_file
from infra.stack import ENVIRONMENTS

GUID = "11111111-1111-1111-1111-111111111111"


def applied(mode: str, apply: str | None = None) -> str:
    config = stack_file("dev") | {"highwater:network": json.dumps({"mode": mode})}
    if apply is not None:
        config["highwater:sql"] = json.dumps({"apply": apply})
    return from_config("dev", config).sql_apply


@pytest.mark.parametrize(
    ("mode", "apply", "expected"),
    [
        ("public", None, "direct"),
        ("public", "auto", "direct"),
        ("public", "factory", "factory"),
        ("private", None, "factory"),
        ("private", "auto", "factory"),
        ("private", "direct", "direct"),  # a runner in the virtual network
    ],
)
def test_the_network_decides_unless_it_is_told(mode: str, apply: str | None, expected: str):
    assert applied(mode, apply) == expected


def test_the_stacks_as_they_are():
    found = {e: from_config(e, stack_file(e)).sql_apply for e in ENVIRONMENTS}
    assert found == {"local": "direct", "dev": "direct", "staging": "factory", "prod": "factory"}
    assert from_config("pr-7", {}).sql_apply == "direct"


def test_a_service_principal_that_administers_is_known_by_both_its_ids():
    """PostgreSQL knows it by its object's id, Synapse by its application's."""
    one = {"name": "deployer", "object_id": GUID, "kind": "ServicePrincipal"}
    config = stack_file("dev") | {"highwater:administrator": json.dumps(one)}
    with pytest.raises(InfraError, match="a ServicePrincipal needs its application_id too"):
        from_config("dev", config)
    both = one | {"application_id": GUID.replace("1", "2")}
    given = from_config("dev", config | {"highwater:administrator": json.dumps(both)}).administrator
    assert given.application_id == "22222222-2222-2222-2222-222222222222"


@pytest.mark.parametrize("name", ["a]b", "o'hara", ""])
def test_a_reader_s_name_is_nothing_but_a_name(name: str):
    config = stack_file("dev") | {"highwater:serving": json.dumps({"readers": [name]})}
    with pytest.raises(InfraError, match=r"highwater:serving\.readers\.0"):
        from_config("dev", config)
