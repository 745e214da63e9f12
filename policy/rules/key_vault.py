"""Key Vault: rights by role, and in production nothing is gone for good by one command."""

from collections.abc import Iterator

from .rule import Resource, Rule, at, kind, stack_of

_PURGE_PROTECTED = frozenset({"prod"})


def _check(resource: Resource) -> Iterator[str]:
    if kind(resource) != "keyvault:Vault":
        return
    wanted = resource["inputs"].get("properties")
    if at(wanted, "enableRbacAuthorization") is not True:
        yield "enableRbacAuthorization must be true"
    if at(wanted, "accessPolicies"):
        yield "accessPolicies give rights beside the roles"
    purge = at(wanted, "enablePurgeProtection")
    if purge is False:
        yield "enablePurgeProtection: Azure refuses false; leave it out"
    if stack_of(resource) in _PURGE_PROTECTED and purge is not True:
        yield "enablePurgeProtection must be true here"


RULE = Rule("key-vault", "Key Vault goes by roles; production's is protected against purge.", _check)
