"""The Key Vault, and the external source's password that it holds."""

import json
import re

import pytest
from network_stacks import declared, inputs_of

from infra.network import firewall
from infra.sections import Network

SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"


def vault(variant: str) -> dict:
    (found,) = inputs_of(variant, "keyvault:Vault").values()
    return found


@pytest.mark.parametrize("stack", ["staging", "prod", "own source", "own private source"])
def test_only_roles_open_it(stack: str):
    properties = vault(stack)["properties"]
    assert properties["enableRbacAuthorization"] is True
    assert properties["enableSoftDelete"] is True
    assert not properties.get("accessPolicies")
    assert properties["networkAcls"]["defaultAction"] == "Deny"


def test_only_a_protected_stack_s_vault_is_kept_from_purging():
    kept = {s: vault(s)["properties"].get("enablePurgeProtection") for s in ("staging", "prod")}
    assert kept == {"staging": None, "prod": True}  # Azure refuses false
    days = {s: vault(s)["properties"]["softDeleteRetentionInDays"] for s in ("staging", "prod")}
    assert days == {"staging": 7, "prod": 90}
    protected = {
        s: [o["options"].get("protect") for o in declared(s) if o["type"].endswith("keyvault:Vault")]
        for s in ("staging", "prod")
    }
    assert protected == {"staging": [None], "prod": [True]}


@pytest.mark.parametrize("stack", ["staging", "prod", "own source"])
def test_a_vault_that_is_made_again_gets_another_name(stack: str):
    """Azure keeps the name of a deleted one: so the engine makes up the name, from the logical one."""
    (logical,) = inputs_of(stack, "keyvault:Vault")
    assert "vaultName" not in vault(stack)
    made_up = logical + "0a1b2c3d"
    assert re.fullmatch(r"[a-z](?:-?[a-z0-9])+", made_up) and 3 <= len(made_up) <= 24


def test_a_public_stack_has_a_vault_only_for_a_secret():
    assert not inputs_of("dev", "keyvault:Vault")
    properties = vault("own source")["properties"]
    assert (properties["publicNetworkAccess"], properties["networkAcls"]["bypass"]) == (
        "Enabled",
        "AzureServices",
    )


@pytest.mark.parametrize("stack", ["own source", "own private source"])
def test_the_source_s_password_is_named_and_never_given(stack: str):
    service = inputs_of(stack, "resources:Resource")["source-service"]["properties"]
    assert service["type"] == "AzurePostgreSql"
    assert service["typeProperties"] == {
        "server": "db.acme.example",
        "port": 5432,
        "database": "shop",
        "username": "reader",
        "sslMode": 5,
        "password": {
            "type": "AzureKeyVaultSecret",
            "store": {"type": "LinkedServiceReference", "referenceName": "vault"},
            "secretName": "shop-password",
        },
    }
    store = inputs_of(stack, "datafactory:LinkedService")["vault-service"]
    assert (store["linkedServiceName"], store["properties"]["type"]) == ("vault", "AzureKeyVault")
    assert re.fullmatch(r"https://kv-hw-\w+\.vault\.azure\.net/", store["properties"]["baseUrl"])
    assert store["properties"]["credential"]["referenceName"] == "factory_identity"
    # Nothing puts a secret into it: no value could be in the state.
    assert not [one for one in declared(stack) if one["type"].endswith("keyvault:Secret")]


@pytest.mark.parametrize(
    ("stack", "readers"),
    [("own source", 1), ("own private source", 1), ("staging", 0), ("dev", 0)],
)
def test_the_factory_reads_secrets_only_where_it_needs_one(stack: str, readers: int):
    found = [
        r for r in inputs_of(stack, "authorization:RoleAssignment").values()
        if r["roleDefinitionId"].endswith(SECRETS_USER)
    ]  # fmt: skip
    assert len(found) == readers
    if found:
        assert re.search(r"/Microsoft\.KeyVault/vaults/kv-hw-\w+$", found[0]["scope"])
    assert ("vault-service" in inputs_of(stack, "datafactory:LinkedService")) == bool(readers)


def test_the_source_service_waits_for_the_vault_s():
    (source,) = [o for o in declared("own source") if o["urn"].endswith("::source-service")]
    assert "vault-service" in json.dumps(source["options"]["dependsOn"])


def test_a_vault_takes_the_stack_s_ranges_as_prefixes():
    given = Network(allowed={"office": "203.0.113.4-203.0.113.7", "home": "198.51.100.9"})
    open_ = firewall.vault(given)
    assert [rule.value for rule in open_["network_acls"].ip_rules] == ["203.0.113.4/30", "198.51.100.9/32"]
    shut = firewall.vault(Network(mode="private"))
    assert (shut["public_network_access"], shut["network_acls"].ip_rules) == ("Disabled", [])
