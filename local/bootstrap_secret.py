"""Puts the password of an external source into the stack's Key Vault, under the name that the settings give it.

By Azure Resource Manager, which reaches a vault without public access too and needs no right on its contents; it
tells no value that is there (learn.microsoft.com/rest/api/keyvault/secrets/create-or-update).
"""

import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass

from infra.names import Names
from infra.rest import Rest, RestError
from infra.settings import NAMESPACE, Settings
from local.errors import HighwaterError

_API = "api-version=2024-11-01"


@dataclass(frozen=True)
class Outcome:
    """Where a secret is, and whether it was put now; False: it was there and stayed."""

    vault: str
    name: str
    put: bool


def put(settings: Settings, subscription: str, arm: Rest, ask: Callable[[], str], replace: bool) -> Outcome:
    """Put the secret that the settings of a stack name, unless it is there.

    Args:
        subscription: the id of the stack's subscription.
        arm: Azure Resource Manager.
        ask: gives the value; called only when one is needed.
        replace: whether another value takes the place of one that is there.

    Raises:
        HighwaterError: the stack names no secret, has no vault yet, or Azure refused. No error shows the value.
    """
    external = settings.source.external
    if external is None or external.secret is None:
        raise HighwaterError(
            f"Stack {settings.stack.name} names no secret",
            f"{NAMESPACE}:source.external.secret is not set: the factory logs in as its own identity",
            "There is nothing to put. To log in by a password, set it to the name of an entry.",
        )
    vault = _vault(settings, subscription, arm)
    path = f"{vault}/secrets/{external.secret}?{_API}"
    found = Outcome(vault.rpartition("/")[2], external.secret, put=False)
    if not replace and arm.call("GET", path) is not None:
        return found
    value = ask()
    if not value.strip():
        raise HighwaterError(
            f"No value for the secret {external.secret} was given", "it is empty", "Nothing was put."
        )
    try:
        answer = arm.call("PUT", path, {"properties": {"value": value}})
    except RestError as error:
        why = str(error.why).replace(value, "(hidden)")
        raise HighwaterError(error.what, why, error.next_step) from None
    if answer is None:
        raise HighwaterError(
            f"The secret {external.secret} can't be put", f"there is no vault {found.vault} any more", ""
        )
    return Outcome(found.vault, found.name, put=True)


def _vault(settings: Settings, subscription: str, arm: Rest) -> str:
    """The ARM id of the stack's vault. Its name has eight characters that nobody knows before, so it is looked for."""
    group = Names(settings.organisation, settings.stack).of("resource_group")
    prefix = Names(settings.organisation, settings.stack).of("key_vault")
    within = f"/subscriptions/{subscription}/resourceGroups/{urllib.parse.quote(group)}"
    listed = arm.all(f"{within}/providers/Microsoft.KeyVault/vaults?{_API}")
    found = [one["id"] for one in listed if one["name"].startswith(prefix)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(sorted(id_.rpartition("/")[2] for id_ in found))
    raise HighwaterError(
        f"Stack {settings.stack.name} has no vault to put a secret into"
        if not found
        else f"Stack {settings.stack.name} has more than one vault",
        f"{group} in subscription {subscription} holds {f'{names}' if found else f'none called {prefix}...'}",
        "Remove the one that the stack does not own."
        if found
        else "Deploy the stack first: `pulumi up` makes it.",
    )
