"""No linked service holds a secret: it names an identity, or an entry of Key Vault."""

import re
from collections.abc import Iterator

from .linked_services import body, leaves
from .rule import Resource, Rule, at

# Properties that carry a secret in one connector or another.
_NAMES = re.compile(
    r"password|pwd|(client|shared|api)_?secret|(account|access|function|auth|api|service)key|"
    r"serviceprincipal(key|credential)$|sas(uri|token)|accesstoken|encryptedcredential",
    re.IGNORECASE,
)
_TEXTS = re.compile(r"(password|pwd|accountkey|sharedaccesskey|sig)\s*=", re.IGNORECASE)


def _check(resource: Resource) -> Iterator[str]:
    _, service = body(resource) or ("", {})
    for path, value in leaves(service):
        holder = at(service, *path[:-1])
        in_vault = any(
            at(service, *path[:end], "type") == "AzureKeyVaultSecret" for end in range(1, len(path))
        )
        written = at(holder, "type") == "SecureString" or any(_NAMES.search(key) for key in path)
        if written and not in_vault:
            yield f"{'.'.join(path)} is a secret written down; name an entry of Key Vault"
        elif isinstance(value, str) and _TEXTS.search(value):
            yield f"{'.'.join(path)} has a secret inside its text; name an entry of Key Vault"


RULE = Rule("no-secret-literals", "No linked service holds a secret.", _check)
