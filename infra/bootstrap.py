"""What has to be there before the first `pulumi up`: the store of Pulumi's state, and who may deploy what.

State can't be kept in what it describes, so this is no Pulumi program. It is a list of Azure resources with
fixed names, each put as a whole: to put it again changes nothing, from whichever machine and after whatever
interruption. Nothing in it is a secret: GitHub's runs sign in as these identities by federation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from infra.bootstrap_access import ALL_BUT_THOSE, STORES, Identity, Put, assign, identities
from infra.names import Names
from infra.stack import StackName

_ISSUER = "https://token.actions.githubusercontent.com"


@dataclass(frozen=True)
class Estate:
    """Where things are.

    Attributes:
        organisation: as in the stacks' settings.
        location: the region of the state.
        repository: `owner/name` on GitHub.
        subscriptions: subscription ids of dev, staging, prod and ephemeral (the sandbox).
        state: id of the subscription that holds the state.
        operators: object id of the group whose members may deploy by hand.
        tenant: id of the Entra tenant.
    """

    organisation: str
    location: str
    repository: str
    subscriptions: Mapping[str, str]
    state: str
    operators: str
    tenant: str
    tags: Mapping[str, str] = field(default_factory=dict)


class Bootstrap:
    """The resources of one estate."""

    def __init__(self, estate: Estate):
        self.estate = estate
        names = Names(estate.organisation, StackName("state", "state"))
        self.group = names.of("resource_group")
        self.account = names.of("storage_account")
        self.vault = f"kv-hw-state-{self.account[-5:]}"  # the digits that keep organisations apart
        self.group_id = f"/subscriptions/{estate.state}/resourceGroups/{self.group}"

    def _in(self, space: str, path: str) -> str:
        return f"{self.group_id}/providers/Microsoft.{space}/{path}"

    def container(self, store: str) -> str:
        """ARM id of the container that holds the state of an environment."""
        return self._in(
            "Storage", f"storageAccounts/{self.account}/blobServices/default/containers/state-{store}"
        )

    def key(self, store: str) -> str:
        """ARM id of the key that encrypts secrets in that state."""
        return self._in("KeyVault", f"vaults/{self.vault}/keys/state-{store}")

    def identity(self, name: str) -> str:
        """ARM id of an identity."""
        return self._in("ManagedIdentity", f"userAssignedIdentities/id-hw-{name}")

    def foundation(self) -> list[Put]:
        """The store, its keys and the identities, each after what it is in."""
        where = {"location": self.estate.location, "tags": dict(self.estate.tags)}
        return [Put(self.group_id, "2024-03-01", where), *self._store(where), *self._identities(where)]

    def _store(self, where: Mapping[str, Any]) -> list[Put]:
        account = self._in("Storage", f"storageAccounts/{self.account}")
        storage = {
            "allowBlobPublicAccess": False,
            "allowSharedKeyAccess": False,
            "defaultToOAuthAuthentication": True,
            "minimumTlsVersion": "TLS1_2",
            "supportsHttpsTrafficOnly": True,
        }
        kept = {"enabled": True, "days": 30}
        history = {
            "isVersioningEnabled": True,
            "deleteRetentionPolicy": kept,
            "containerDeleteRetentionPolicy": kept,
        }
        vault = {
            "tenantId": self.estate.tenant,
            "sku": {"family": "A", "name": "standard"},
            "enableRbacAuthorization": True,
            "enablePurgeProtection": True,
            "softDeleteRetentionInDays": 90,
        }
        key = {"kty": "RSA", "keySize": 3072, "keyOps": ["encrypt", "decrypt"]}
        return [
            Put(
                account,
                "2024-01-01",
                {**where, "kind": "StorageV2", "sku": {"name": "Standard_ZRS"}, "properties": storage},
            ),
            Put(f"{account}/blobServices/default", "2024-01-01", {"properties": history}),
            *(Put(self.container(s), "2024-01-01", {"properties": {"publicAccess": "None"}}) for s in STORES),
            Put(
                self._in("KeyVault", f"vaults/{self.vault}"),
                "2024-11-01",
                {**where, "properties": vault},
            ),
            *(Put(self.key(s), "2024-11-01", {"properties": key}) for s in STORES),
        ]

    def _identities(self, where: Mapping[str, Any]) -> list[Put]:
        made = []
        for one in identities(self.estate.repository):
            id_ = self.identity(one.name)
            trust = {
                "issuer": _ISSUER,
                "subject": one.subject,
                "audiences": ["api://AzureADTokenExchange"],
            }
            made += [
                Put(id_, "2023-01-31", where),
                Put(f"{id_}/federatedIdentityCredentials/github", "2023-01-31", {"properties": trust}),
            ]
        return made

    def access(self, principals: Mapping[str, str]) -> list[Put]:
        """Every role assignment, once the identities have their principal ids.

        Args:
            principals: principal id of each identity, by its name.
        """
        found = []
        for one in identities(self.estate.repository):
            found += self._rights(one, principals[one.name])
        for store in STORES:
            found += self._deploys(store, self.estate.operators, "Group")
        return found

    def _rights(self, one: Identity, principal: str) -> Sequence[Put]:
        if one.deploys is not None:
            return self._deploys(one.deploys, principal)
        looks = []
        for store in one.looks_at:
            looks += [
                assign(f"/subscriptions/{self.estate.subscriptions[store]}", "Reader", principal),
                assign(self.container(store), "Storage Blob Data Reader", principal),
                assign(self.key(store), "Key Vault Crypto User", principal),
            ]
        return looks

    def _deploys(
        self, store: str, principal: str, kind: Literal["ServicePrincipal", "Group"] = "ServicePrincipal"
    ) -> list[Put]:
        """All of one subscription but the power over itself, and its state."""
        whole = f"/subscriptions/{self.estate.subscriptions[store]}"
        administers = "Role Based Access Control Administrator"
        return [
            assign(whole, "Contributor", principal, kind),
            assign(whole, administers, principal, kind, ALL_BUT_THOSE),
            assign(self.container(store), "Storage Blob Data Contributor", principal, kind),
            assign(self.key(store), "Key Vault Crypto User", principal, kind),
        ]
