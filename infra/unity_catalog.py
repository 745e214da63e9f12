"""Unity Catalog: how the job gets at the lake's containers, and a catalog of its tables for people.

The job works on paths, which the external locations open to it. Gold and restricted tables are registered
in the catalog by the job, as external tables on those paths: managed tables may be committed through the
catalog, which a reader by path, as Synapse is one, does not ask. The metastore is shared by all workspaces
of a region, so everything here has the stack's name and is bound to the stack's workspace.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import pulumi

from infra.databricks import DatabricksWorkspace
from infra.databricks_sdk import Catalog, ExternalLocation, Grant, Schema, StorageCredential
from infra.lake import CONTAINERS
from infra.place import Place
from infra.settings import Settings

LANDING = "landing"
SCHEMAS = tuple(container for container in CONTAINERS if container != LANDING)
# Where the job registers tables on its paths.
REGISTERED = ("gold", "restricted")
# A catalog wants room for managed tables; none are made. No external table may overlap it.
_MANAGED = "_managed"

# A securable's kind and short name (a container, a schema, or the catalog itself): who may do what with it.
_LOCATION, _CATALOG, _SCHEMA = "externalLocation", "catalog", "schema"
Privileges = Iterator[tuple[str, str, str, tuple[str, ...]]]


def grants(settings: Settings) -> Privileges:
    """Every grant as (kind, short name, principal, privileges).

    Whoever deploys owns all of it. The job has rights of its own where it runs as somebody else.
    """
    wanted = settings.databricks
    if wanted.run_as is not None:
        for container in CONTAINERS:
            more = ("CREATE_EXTERNAL_TABLE",) if container in REGISTERED else ()
            yield _LOCATION, container, wanted.run_as, ("READ_FILES", "WRITE_FILES", *more)
        yield _CATALOG, "", wanted.run_as, ("USE_CATALOG",)
        for schema in REGISTERED:
            yield _SCHEMA, schema, wanted.run_as, ("USE_SCHEMA", "CREATE_TABLE")
    for principal in wanted.readers:
        yield _CATALOG, "", principal, ("USE_CATALOG",)
        yield _SCHEMA, "gold", principal, ("USE_SCHEMA", "SELECT")
    for principal in wanted.restricted_readers:
        yield _CATALOG, "", principal, ("USE_CATALOG",)
        yield _SCHEMA, "restricted", principal, ("USE_SCHEMA", "SELECT")


class UnityCatalog(pulumi.ComponentResource):
    """Storage credential, external locations, catalog, schemas and grants of one stack.

    Args:
        lake_endpoint: the lake's dfs endpoint.
        access: what gives the access connector its role on the lake.

    Attributes:
        catalog: the catalog's name, once it and its schemas are there.
        ready: what the job's first run waits for.
    """

    catalog: pulumi.Output[str]
    ready: list[pulumi.Resource]

    def __init__(
        self,
        place: Place,
        workspace: DatabricksWorkspace,
        lake_endpoint: pulumi.Output[str],
        access: pulumi.Resource,
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("highwater:infra:UnityCatalog", "unity-catalog", None, opts)
        self._place, self._host = place, lake_endpoint.apply(_host)
        self._child = pulumi.ResourceOptions(parent=self, provider=workspace.provider)
        self._gone = {"forceDestroy": place.settings.stack.ephemeral}
        credential = self._credential(workspace, access)
        self._locations = {name: self._location(name, credential) for name in CONTAINERS}
        self._catalog = Catalog(
            "catalog",
            {
                "name": place.names.of("unity_catalog"),
                "comment": f"Highwater, stack {place.settings.stack.name}.",
                "storageRoot": self._managed("gold"),
                "isolationMode": "ISOLATED",
                **self._gone,
            },
            self._after(*self._locations.values()),
        )
        self._schemas = {name: self._schema(name) for name in SCHEMAS}
        self.ready = [*self._locations.values(), *self._schemas.values(), *self._grants()]
        self.catalog = self._catalog.name
        self.register_outputs({"catalog": self.catalog})

    def _after(self, *resources: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=list(resources)))

    def _credential(self, workspace: DatabricksWorkspace, access: pulumi.Resource) -> StorageCredential:
        """The access connector, as Unity Catalog knows it."""
        return StorageCredential(
            "lake-credential",
            {
                "name": self._place.names.of("unity_catalog", "lake"),
                "comment": "The stack's access connector.",
                "azureManagedIdentity": {"accessConnectorId": workspace.connector_id},
                "isolationMode": "ISOLATION_MODE_ISOLATED",
                # A role assignment takes minutes to count: asked at once, the lake would still refuse.
                "skipValidation": True,
                **self._gone,
            },
            self._after(access),
        )

    def _location(self, container: str, credential: StorageCredential) -> ExternalLocation:
        return ExternalLocation(
            f"{container}-location",
            {
                "name": self._place.names.of("unity_catalog", container),
                "url": pulumi.Output.concat("abfss://", container, "@", self._host, "/"),
                "credentialName": credential.name,
                "comment": f"The lake's container {container}.",
                "isolationMode": "ISOLATION_MODE_ISOLATED",
                "fallback": False,
                "skipValidation": True,
                **self._gone,
            },
            self._child,
        )

    def _schema(self, name: str) -> Schema:
        return Schema(
            f"{name}-schema",
            {
                "name": name,
                "catalogName": self._catalog.name,
                "storageRoot": self._managed(name),
                "comment": f"Tables of the layer {name}.",
                **self._gone,
            },
            self._child,
        )

    def _managed(self, container: str) -> pulumi.Output[str]:
        return pulumi.Output.concat(self._locations[container].url, _MANAGED)

    def _grants(self) -> Sequence[pulumi.Resource]:
        """One grant a principal and securable, so that grants of others stay as they are."""
        merged: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        for kind, name, principal, privileges in grants(self._place.settings):
            merged[kind, name, principal].update(privileges)
        securables = {
            _LOCATION: {name: location.name for name, location in self._locations.items()},
            _CATALOG: {"": self._catalog.name},
            _SCHEMA: {name: schema.id for name, schema in self._schemas.items()},
        }
        return [
            Grant(
                "-".join(part for part in ("grant", kind, name, principal) if part),
                {kind: securables[kind][name], "principal": principal, "privileges": sorted(privileges)},
                self._child,
            )
            for (kind, name, principal), privileges in merged.items()
        ]


def _host(endpoint: str) -> str:
    return endpoint.removeprefix("https://").rstrip("/")
