"""PostgreSQL knows Entra principals alone: there is no password to lose."""

from collections.abc import Iterator

from .rule import Resource, Rule, at, kind


def _check(resource: Resource) -> Iterator[str]:
    if kind(resource) != "dbforpostgresql:Server":
        return
    inputs = resource["inputs"]
    for key, wanted in (("passwordAuth", "Disabled"), ("activeDirectoryAuth", "Enabled")):
        found = at(inputs, "authConfig", key)
        if found != wanted:
            yield f"authConfig.{key} must be {wanted}, found {found}"
    if "administratorLoginPassword" in inputs:
        yield "administratorLoginPassword is a secret in the state"


RULE = Rule("postgres-login", "PostgreSQL takes no password.", _check)
