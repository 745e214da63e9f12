"""Names: one function, within Azure's limits."""

import re

import pytest

from infra.errors import InfraError
from infra.names import KINDS, Names
from infra.stack import StackName

STACKS = ("local", "dev", "staging", "prod", "pr-7", "pr-999999")

# Microsoft's naming rules, written down apart from the code: pattern and lengths of the whole name.
AZURE = {
    "resource_group": r"[-\w._()]{1,90}(?<!\.)",
    "storage_account": r"[a-z0-9]{3,24}",
    "postgres_server": r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
    "identity": r"[A-Za-z0-9][\w-]{2,127}",
    "factory": r"[A-Za-z0-9][A-Za-z0-9-]{1,61}[A-Za-z0-9]",
    "databricks_workspace": r"[\w-]{3,64}",
    "access_connector": r"[\w-]{3,64}",
    "unity_catalog": r"[a-z0-9_]{1,255}",
    "log_workspace": r"[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]",
    "collection_endpoint": r"[A-Za-z][A-Za-z0-9-]{1,42}[A-Za-z0-9]",
    "collection_rule": r"[A-Za-z][A-Za-z0-9-]{1,62}[A-Za-z0-9]",
    "action_group": r"[\w.()-]{1,259}[\w()-]",
    "alert": r"[\w.()-]{1,259}[\w()-]",
    "budget": r"[\w-]{1,63}",
    "virtual_network": r"[A-Za-z0-9][\w.-]{0,62}\w",
    "network_security_group": r"[A-Za-z0-9][\w.-]{0,78}\w",
    "nat_gateway": r"[A-Za-z0-9][\w.-]{0,78}\w",
    "public_ip": r"[A-Za-z0-9][\w.-]{0,78}\w",
    "private_endpoint": r"[A-Za-z0-9][\w.-]{0,62}\w",
    "network_connectivity": r"[\w-]{3,30}",
    # Pulumi adds eight characters, and a vault's name has 24 at most, never two hyphens in a row.
    "key_vault": r"[a-z](?:-?[a-z0-9]){2,15}",
    "synapse_workspace": r"[a-z0-9][a-z0-9-]{0,48}[a-z0-9]",
}


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("kind", KINDS)
def test_the_name_of_every_kind_suits_azure_in_every_stack(kind: str, stack: str):
    name = Names("contoso1", StackName.parse(stack)).of(kind)
    assert re.fullmatch(AZURE[kind], name), name


def test_names_are_these():
    names = Names("acme", StackName.parse("pr-7"))
    assert names.of("resource_group") == "rg-hw-pr-7"
    assert names.of("identity", "factory") == "id-hw-pr-7-factory"
    assert re.fullmatch(r"sthwpr7[0-9a-f]{5}", names.of("storage_account"))
    assert re.fullmatch(r"adf-hw-pr-7-[0-9a-f]{5}", names.of("factory"))


def test_two_stacks_or_organisations_never_share_a_name():
    made = [
        Names(organisation, StackName.parse(stack)).of(kind)
        for organisation in ("acme", "contoso")
        for stack in STACKS
        for kind in KINDS
        if KINDS[kind].worldwide
    ]
    assert len(set(made)) == len(made) == 2 * len(STACKS) * 5


@pytest.mark.parametrize(
    ("kind", "part", "rule"),
    [
        ("storage_account", "averylongpart", "3 to 24 characters, found 25"),
        ("storage_account", "Lake", r"the pattern \[a-z0-9\]\+"),
        ("synapse_workspace", "x-ondemand", "the pattern"),
        ("identity", "x" * 130, "3 to 128 characters, found 140"),
    ],
)
def test_a_name_that_azure_would_refuse_is_refused_here(kind: str, part: str, rule: str):
    with pytest.raises(InfraError, match=rule):
        Names("acme", StackName.parse("dev")).of(kind, part)
