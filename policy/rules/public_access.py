"""In a private environment nothing that holds or moves data can be reached from the internet."""

from collections.abc import Iterator

from .rule import Resource, Rule, at, kind, stack_of

# The environments whose settings say `network: private`; a test holds the two together.
PRIVATE = frozenset({"staging", "prod"})

# Per type: where its switch lies. Any other value than Disabled leaves it open.
_SWITCHES = {
    "datafactory:Factory": ("publicNetworkAccess",),
    "dbforpostgresql:Server": ("network", "publicNetworkAccess"),
    "synapse:Workspace": ("publicNetworkAccess",),
}
# Where a firewall may do the same: nobody gets in but whom a rule names, and no rule names an address.
_FIREWALLS = {
    "keyvault:Vault": (("properties", "publicNetworkAccess"), ("properties", "networkAcls")),
    "storage:StorageAccount": (("publicNetworkAccess",), ("networkRuleSet",)),
}
_OPENINGS = ("dbforpostgresql:FirewallRule", "synapse:IpFirewallRule")


def _disabled(value: object) -> bool:
    return str(value).lower() in ("disabled", "securedbyperimeter")


def _check(resource: Resource) -> Iterator[str]:
    if stack_of(resource) not in PRIVATE:
        return
    token, inputs = kind(resource), resource["inputs"]
    if token in _OPENINGS:
        yield "a firewall rule lets addresses of the internet in"
    if token in _SWITCHES:
        found = at(inputs, *_SWITCHES[token])
        if not _disabled(found):
            yield f"{'.'.join(_SWITCHES[token])} must be Disabled, found {found}"
    if token in _FIREWALLS:
        switch, firewall = _FIREWALLS[token]
        rules = at(inputs, *firewall)
        shut = at(rules, "defaultAction") == "Deny" and not at(rules, "ipRules")
        if not _disabled(at(inputs, *switch)) and not shut:
            yield f"{'.'.join(switch)} must be Disabled, or the firewall deny everyone and name no address"
    if token == "databricks:Workspace" and at(inputs, "parameters", "enableNoPublicIp", "value") is not True:
        yield "parameters.enableNoPublicIp must be true: its clusters would have public addresses"


RULE = Rule("no-public-access", "A private environment can't be reached from the internet.", _check)
