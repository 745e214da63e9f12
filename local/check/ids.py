"""Every ARM id, wherever it stands, is that of something declared or named by the stack's config."""

import re
from collections.abc import Iterator

from infra.access import ROLES
from local.check.estate import ARM_ID, GUID, Estate, leaves, plain
from local.check.finding import Finding

RULE = "arm-id"
_ROLE = re.compile(r"/subscriptions/[^/]+/providers/microsoft\.authorization/roledefinitions/([^/]+)")
_SUBSCRIPTION = re.compile(r"/subscriptions/[^/]+")


def _known(estate: Estate, id_: str) -> bool:
    role = _ROLE.fullmatch(id_)
    if role:
        return role[1] in ROLES.values()
    return id_ in estate.ids or _SUBSCRIPTION.fullmatch(id_) is not None


def check(estate: Estate) -> Iterator[Finding]:
    """Scopes, targets, resource ids, also the ones inside a longer text."""
    for resource in estate.resources:
        found = {plain(id_) for text in leaves(resource["inputs"]) for id_ in ARM_ID.findall(text)}
        for id_ in sorted(found):
            if not _known(estate, id_):
                yield Finding(RULE, resource["urn"], f"nothing declared or configured has the id {id_}")
    identities = set(estate.principals) | estate.configured(GUID)
    for assignment in estate.of("authorization:RoleAssignment"):
        principal = assignment["inputs"].get("principalId")
        if principal not in identities:
            message = f"no declared or configured identity has the principal id {principal}"
            yield Finding(RULE, assignment["urn"], message)
