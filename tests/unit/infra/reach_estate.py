"""A declaration, asked who reaches what: read off it alone, apart from the program that made it."""

import functools
from collections.abc import Iterable
from urllib.parse import urlsplit

from local.azure.outputs import answer

STORES = {
    "storage:StorageAccount": "lake",
    "dbforpostgresql:Server": "postgres",
    "synapse:Workspace": "synapse",
    "keyvault:Vault": "vault",
    "databricks:Workspace": "databricks",
}
CREDENTIALS = {"factory_identity": "factory", "sql_identity": "deployer"}


class Estate:
    """A declaration, asked by type and by id."""

    def __init__(self, resources: Iterable[dict]):
        self.resources = list(resources)
        self.of = functools.cache(self._of)

    def _of(self, token: str) -> dict[str, dict]:
        """Inputs of every resource of a type, by its id."""
        found = {}
        for one in self.resources:
            if one["type"].endswith(token):
                logical = one["urn"].rpartition("::")[2]
                found[answer(one["type"], logical, one["inputs"]).id] = one["inputs"]
        return found

    @functools.cached_property
    def stores(self) -> dict[str, str]:
        """The id of each store, by what the reach table calls it."""
        return {name: id_ for token, name in STORES.items() for id_ in self.of(token)}

    @functools.cached_property
    def principals(self) -> dict[str, str]:
        """Who each principal id is."""
        who = {}
        for one in self.resources:
            outputs = answer(one["type"], "x", one["inputs"]).outputs
            if one["type"].endswith("managedidentity:UserAssignedIdentity"):
                role = one["urn"].rpartition("::")[2]
                who[outputs["principalId"]] = role
            elif one["type"].endswith(("databricks:AccessConnector", "synapse:Workspace")):
                who[outputs["identity"]["principalId"]] = one["type"].split(":")[1]
        return who

    def services(self) -> list[dict]:
        """The properties of every linked service, typed or not, with typeProperties laid flat."""
        typed = [s["properties"] for s in self.of("datafactory:LinkedService").values()]
        generic = [
            s["properties"] | s["properties"]["typeProperties"]
            for s in self.of("resources:Resource").values()
            if s["resourceType"] == "linkedservices"
        ]
        return typed + generic

    def store_at(self, address: str) -> str:
        """The store with that host, by the host's own name; `source` for a host that is none of ours."""
        host = urlsplit(address).hostname or address
        if host.endswith(".azuredatabricks.net"):
            return "databricks"
        label = host.partition(".")[0].removesuffix("-ondemand")
        for name, id_ in self.stores.items():
            if id_.rpartition("/")[2] == label:
                return name
        return "source"


def address(service: dict) -> str:
    return next(service[key] for key in ("server", "url", "domain", "baseUrl") if key in service)


def _kind_of_scope(scope: str) -> str:
    for kind, store in (
        ("Microsoft.Storage/", "lake"),
        ("Microsoft.KeyVault/", "vault"),
        ("Microsoft.Insights/dataCollectionRules", "monitor"),
        ("Microsoft.Databricks/workspaces", "databricks"),
    ):
        if kind.lower() in scope.lower():
            return store
    return scope


def seen(estate: Estate) -> set[tuple[str, str]]:
    """Every consumer and store of which a role, a linked service or a script tells."""
    found = {
        (estate.principals.get(r["principalId"], r["principalId"]), _kind_of_scope(r["scope"]))
        for r in estate.of("authorization:RoleAssignment").values()
    }
    for service in estate.services():
        credential = service.get("credential", {}).get("referenceName", "factory_identity")
        found.add((CREDENTIALS[credential], estate.store_at(address(service))))
    for script in estate.of("SqlScript").values():
        store = "postgres" if script["driver"] == "postgresql" else "synapse"
        found.add(("deployer" if script.get("via") else "administrator", store))
    return found
