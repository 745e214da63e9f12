"""Who deploys and who looks, and what each may do: GitHub's runs by federation, people by their group."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ENVIRONMENTS = ("dev", "staging", "prod")
STORES = (*ENVIRONMENTS, "ephemeral")

ROLES = {
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Key Vault Crypto User": "12338af0-0e69-4776-bea7-57ae8d297424",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "Role Based Access Control Administrator": "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Storage Blob Data Reader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
}
# Roles by which one could give oneself every other: Owner, User Access Administrator, and the one above.
_REFUSED = (
    "8e3af657-a8ff-443c-a75c-2fe8c4bcb635, 18d7d88d-d35e-4fb5-a5c3-7773c20a72d9, "
    + ROLES["Role Based Access Control Administrator"]
)
# learn.microsoft.com/azure/role-based-access-control/delegate-role-assignments-examples
ALL_BUT_THOSE = " AND ".join(
    f"((!(ActionMatches{{'Microsoft.Authorization/roleAssignments/{action}'}})) OR "
    f"(@{side}[Microsoft.Authorization/roleAssignments:RoleDefinitionId] "
    f"ForAnyOfAllValues:GuidNotEquals {{{_REFUSED}}}))"
    for action, side in (("write", "Request"), ("delete", "Resource"))
)


@dataclass(frozen=True)
class Put:
    """One resource as Azure Resource Manager takes it: PUT `id` with `body`, in this API version."""

    id: str
    api: str
    body: Mapping[str, Any]

    @property
    def type(self) -> str:
        """Its type, as Microsoft.Storage/storageAccounts/blobServices."""
        if "/providers/" not in self.id:
            return "Microsoft.Resources/resourceGroups"
        space, *rest = self.id.rpartition("/providers/")[2].split("/")
        return "/".join([space, *rest[::2]])


@dataclass(frozen=True)
class Identity:
    """Somebody who deploys or looks.

    Attributes:
        name: of the user-assigned identity, and of the GitHub environment unless it is `preview`.
        subject: what GitHub's token must say.
        looks_at: the environments whose resources it reads.
        deploys: the environment that it deploys, None for one that only looks.
    """

    name: str
    subject: str
    looks_at: tuple[str, ...] = ()
    deploys: str | None = None


def identities(repository: str) -> list[Identity]:
    """Who there is. One for each environment that is deployed: with one for all, the job of dev, which nobody
    approves, could sign in as the one that deploys prod.
    """
    own = f"repo:{repository}"
    return [
        # A pull request's own code runs as this one.
        Identity("preview", f"{own}:pull_request", looks_at=("dev",)),
        Identity("drift", f"{own}:environment:drift", looks_at=ENVIRONMENTS),
        *(Identity(name, f"{own}:environment:{name}", deploys=name) for name in STORES),
    ]


def assign(
    scope: str, role: str, principal: str, kind: str = "ServicePrincipal", condition: str | None = None
) -> Put:
    """A role assignment, named by what it says: put again it is the same one."""
    name = uuid.uuid5(uuid.NAMESPACE_URL, "|".join((scope.lower(), ROLES[role], principal)))
    subscription = "/".join(scope.split("/")[:3])
    properties = {
        "principalId": principal,
        "principalType": kind,
        "roleDefinitionId": f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{ROLES[role]}",
    }
    if condition is not None:
        properties |= {"condition": condition, "conditionVersion": "2.0"}
    return Put(
        f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "2022-04-01",
        {"properties": properties},
    )
