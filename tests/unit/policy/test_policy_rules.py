"""Every rule of the policy pack: what is declared keeps to it, and one change of it does not."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from infra.settings import from_config, stack_file
from policy.rules import RULES, breaches
from policy.rules.diagnostics import DIAGNOSABLE, UNLOGGED
from policy.rules.public_access import PRIVATE

STACKS = ("local", "dev", "staging", "prod", "pr-7")
OWNER, CONTRIBUTOR, ACCESS_ADMINISTRATOR = (
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
)


@dataclass(frozen=True)
class Bad:
    """One change of one declared resource, and what the rule says of it."""

    rule: str
    type: str
    path: str
    value: object
    said: str
    stack: str = "prod"

    def __str__(self) -> str:
        return f"{self.rule}: {self.type} {self.path}={self.value!r}"


class _Absent:
    """The property is left out."""

    def __repr__(self) -> str:
        return "absent"


ABSENT = _Absent()
BAD = (  # one change a line reads best, however long
    Bad("no-shared-keys", "storage:StorageAccount", "allowSharedKeyAccess", True, "must be False, found True"),
    Bad("no-shared-keys", "storage:StorageAccount", "allowSharedKeyAccess", ABSENT, "found None", "dev"),
    Bad("no-shared-keys", "synapse:Workspace", "azureADOnlyAuthentication", False, "must be True, found False"),
    Bad("no-public-access", "storage:StorageAccount", "", {"publicNetworkAccess": "Enabled", "networkRuleSet": None}, "the firewall deny everyone"),  # noqa: E501 - one row
    Bad("no-public-access", "storage:StorageAccount", "", {"publicNetworkAccess": "Enabled", "networkRuleSet": {"defaultAction": "Deny", "ipRules": [{"iPAddressOrRange": "1.2.3.4"}]}}, "name no address", "staging"),  # noqa: E501 - one row
    Bad("no-public-access", "dbforpostgresql:Server", "network.publicNetworkAccess", "Enabled", "found Enabled"),
    Bad("no-public-access", "synapse:Workspace", "publicNetworkAccess", "Enabled", "found Enabled"),
    Bad("no-public-access", "datafactory:Factory", "publicNetworkAccess", ABSENT, "found None"),
    Bad("no-public-access", "keyvault:Vault", "properties", {"publicNetworkAccess": "Enabled", "networkAcls": None}, "the firewall deny everyone"),  # noqa: E501 - one row
    Bad("no-public-access", "databricks:Workspace", "parameters.enableNoPublicIp.value", False, "public addresses"),
    Bad("tls", "storage:StorageAccount", "minimumTlsVersion", "TLS1_0", "found TLS1_0", "dev"),
    Bad("tls", "storage:StorageAccount", "minimumTlsVersion", ABSENT, "is not set", "dev"),
    Bad("tls", "storage:StorageAccount", "enableHttpsTrafficOnly", False, "must be true", "dev"),
    Bad("diagnostics", "monitor:DiagnosticSetting", "resourceUri", "/elsewhere", "no diagnostic setting points at it", "dev"),  # noqa: E501 - one row
    Bad("tags", "storage:StorageAccount", "tags.owner", ABSENT, "missing: owner", "pr-7"),
    Bad("tags", "datafactory:Factory", "tags", ABSENT, "missing: application, environment, owner, cost-center", "dev"),
    Bad("tags", "synapse:Workspace", "tags.environment", "prod", "must be dev, found prod", "dev"),
    Bad("no-broad-roles", "authorization:RoleAssignment", "roleDefinitionId", f"/x/{OWNER}", "must not be Owner"),
    Bad("no-broad-roles", "authorization:RoleAssignment", "roleDefinitionId", f"/x/{CONTRIBUTOR}", "must not be Contributor", "dev"),  # noqa: E501 - one row
    Bad("no-broad-roles", "authorization:RoleAssignment", "roleDefinitionId", f"/x/{ACCESS_ADMINISTRATOR}", "User Access Administrator", "dev"),  # noqa: E501 - one row
    Bad("no-broad-roles", "authorization:RoleAssignment", "scope", "/subscriptions/00000000-0000-0000-0000-000000000000", "a whole subscription", "dev"),  # noqa: E501 - one row
    Bad("no-anonymous-reads", "storage:BlobContainer", "publicAccess", "Blob", "found Blob", "dev"),
    Bad("no-anonymous-reads", "storage:StorageAccount", "allowBlobPublicAccess", ABSENT, "found None", "dev"),
    Bad("ssl-mode", "resources:Resource", "properties.typeProperties.sslMode", 2, "found 2", "dev"),
    Bad("ssl-mode", "resources:Resource", "properties.typeProperties.sslMode", ABSENT, "found None"),
    Bad("ssl-mode", "resources:Resource", "properties.typeProperties.trustServerCertificate", True, "takes the check"),
    Bad("key-vault", "keyvault:Vault", "properties.enableRbacAuthorization", ABSENT, "must be true", "staging"),
    Bad("key-vault", "keyvault:Vault", "properties.accessPolicies", [{"objectId": "x"}], "beside the roles", "staging"),
    Bad("key-vault", "keyvault:Vault", "properties.enablePurgeProtection", ABSENT, "must be true here"),
    Bad("key-vault", "keyvault:Vault", "properties.enablePurgeProtection", False, "Azure refuses false", "staging"),
    Bad("postgres-login", "dbforpostgresql:Server", "authConfig.passwordAuth", "Enabled", "found Enabled", "dev"),
    Bad("postgres-login", "dbforpostgresql:Server", "administratorLoginPassword", "x", "a secret in the state", "dev"),
    Bad("no-secret-literals", "resources:Resource", "properties.typeProperties.password", "hunter2", "password is a secret", "dev"),  # noqa: E501 - one row
    Bad("no-secret-literals", "resources:Resource", "properties.typeProperties.password", {"type": "SecureString", "value": "hunter2"}, "password.value is a secret", "dev"),  # noqa: E501 - one row
    Bad("no-secret-literals", "datafactory:LinkedService", "properties.accountKey", "abc", "accountKey is a secret", "dev"),  # noqa: E501 - one row
    Bad("no-secret-literals", "datafactory:LinkedService", "properties.connectionString", "Host=x;Password=abc", "a secret inside", "dev"),  # noqa: E501 - one row
)  # fmt: skip


def put(inputs: dict, path: str, value: object) -> None:
    """Set what lies at a path; an empty path takes an object of several."""
    if not path:
        inputs.update(value)
        return
    *parents, last = path.split(".")
    for name in parents:
        inputs = inputs.setdefault(name, {})
    if value is ABSENT:
        inputs.pop(last, None)
    elif isinstance(value, dict) and isinstance(inputs.get(last), dict):
        inputs[last].update(value)
    else:
        inputs[last] = value


def found(rule: str, estate: list[dict]) -> list[tuple[str, str]]:
    return [(b.urn, b.message) for b in breaches([r for r in RULES if r.name == rule], estate)]


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_what_is_declared_keeps_to_it(rule, stack: str, estate: Callable):
    assert found(rule.name, estate(stack)) == []


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_one_change_is_refused(bad: Bad, estate: Callable):
    resources = estate(bad.stack)
    victim = next(
        r for r in resources
        if r["type"] == f"azure-native:{bad.type}"
        and (bad.type != "resources:Resource" or r["inputs"]["resourceType"] == "linkedservices")
    )  # fmt: skip
    put(victim["inputs"], bad.path, bad.value)
    if bad.rule == "diagnostics":  # what it was made from goes with the property
        (blamed,) = victim["options"]["propertyDependencies"].pop("resourceUri")
    else:
        blamed = victim["urn"]
    urns, messages = zip(*found(bad.rule, resources), strict=True)
    assert set(urns) == {blamed}
    assert any(bad.said in message for message in messages), messages


def test_a_trigger_outside_the_component_is_refused(estate: Callable):
    resources = estate("dev")
    trigger = next(r for r in resources if r["type"] == "azure-native:datafactory:Trigger")
    trigger["urn"] = "urn:pulumi:dev::highwater::azure-native:datafactory:Trigger::stray"
    ((urn, message),) = found("triggers-by-component", resources)
    assert urn == trigger["urn"]
    assert message.startswith("it must be a child of highwater:infra:")


def test_a_firewall_rule_is_refused_where_the_network_is_private(estate: Callable):
    rule = {
        "urn": "urn:pulumi:prod::highwater::azure-native:synapse:IpFirewallRule::all",
        "type": "azure-native:synapse:IpFirewallRule", "inputs": {}, "options": {},
    }  # fmt: skip
    assert found("no-public-access", [rule]) == [
        (rule["urn"], "a firewall rule lets addresses of the internet in")
    ]
    assert found("no-public-access", [rule | {"urn": rule["urn"].replace("prod", "dev")}]) == []


def test_old_tls_of_a_database_is_refused():
    setting = {
        "urn": "urn:pulumi:dev::highwater::azure-native:dbforpostgresql:Configuration::tls",
        "type": "azure-native:dbforpostgresql:Configuration", "options": {},
        "inputs": {"configurationName": "ssl_min_protocol_version", "value": "TLSv1.1"},
    }  # fmt: skip
    assert found("tls", [setting]) == [
        (setting["urn"], "ssl_min_protocol_version must be TLSv1.2 or later, found tlsv1.1")
    ]
    setting["inputs"]["value"] = "TLSv1.2"
    assert found("tls", [setting]) == []


def test_a_secret_by_name_of_its_vault_entry_passes(estate: Callable):
    resources = estate("dev")
    service = next(r for r in resources if r["inputs"].get("resourceType") == "linkedservices")
    service["inputs"]["properties"]["typeProperties"]["password"] = {
        "type": "AzureKeyVaultSecret", "secretName": "source-password",
        "store": {"type": "LinkedServiceReference", "referenceName": "vault"},
    }  # fmt: skip
    assert found("no-secret-literals", resources) == []


def test_every_declared_type_has_logs_or_a_reason_for_none(estate: Callable):
    kinds = {r["type"].removeprefix("azure-native:") for stack in STACKS for r in estate(stack)}
    azure = {kind for kind in kinds if kind.count(":") == 1 and not kind.startswith("databricks:index")}
    declared = azure - {kind for kind in azure if kind.startswith(("pulumi", "highwater"))}
    assert declared == DIAGNOSABLE | UNLOGGED.keys()
    assert not DIAGNOSABLE & UNLOGGED.keys()


def test_every_rule_is_refused_something_here():
    by_hand = {"triggers-by-component"}
    assert {bad.rule for bad in BAD} | by_hand == {rule.name for rule in RULES}


def test_the_private_environments_are_those_whose_settings_say_so():
    stacks = ("local", "dev", "staging", "prod")
    assert {s for s in stacks if from_config(s, stack_file(s)).network.private} == PRIVATE
