"""Highwater's program: what a stack consists of, and how its parts meet. `pulumi up` runs it."""

from typing import TYPE_CHECKING

import pulumi
from pulumi_azure_native import resources

import contracts
from infra import freshness, reach
from infra import settings as stack_settings
from infra.access import Access
from infra.control import Control
from infra.databricks import DatabricksWorkspace
from infra.factory import Database, Factory, Reach
from infra.factory_host import FactoryHost
from infra.identity import FactoryIdentity
from infra.lake import Lake
from infra.merge_job import MergeJob
from infra.names import Names
from infra.network.connect import connect
from infra.network.serverless import ServerlessNetwork
from infra.place import Place
from infra.postgres import PostgresServer
from infra.postgres_databases import PostgresDatabases
from infra.settings import Settings
from infra.source import SampleSource
from infra.sql_administrators import SqlAdministrators
from infra.sql_route import SqlRoute
from infra.synapse import SynapseWorkspace
from infra.synapse_views import Views
from infra.unity_catalog import UnityCatalog
from infra.vault import Vault
from pipelines import deploy_sql, linked_services
from sql import ddl

if TYPE_CHECKING:
    from infra.monitoring import Watch
    from infra.network.space import PrivateNetwork


def _place(settings: Settings) -> Place:
    names = Names(settings.organisation, settings.stack)
    group = resources.ResourceGroup(
        "group",
        resource_group_name=names.of("resource_group"),
        location=settings.location,
        tags=settings.tags,
        opts=pulumi.ResourceOptions(protect=settings.protect or None),
    )
    return Place(settings, names, group.name, group.id)


# The SDK of a service takes a second or two to import: what a stack has not, it does not wait for.
def _watch(place: Place) -> "Watch":
    from infra.monitoring import Watch

    return Watch(place)


def _inside(place: Place) -> "PrivateNetwork":
    from infra.network.space import PrivateNetwork

    return PrivateNetwork(place)


def _host(place: Place, identity: FactoryIdentity, administrators: SqlAdministrators) -> FactoryHost:
    """The factory with its own identity, and with the one for scripts where they go through it."""
    identities = {linked_services.CREDENTIAL: identity}
    if administrators.deployer is not None:
        identities[deploy_sql.CREDENTIAL] = administrators.deployer
    return FactoryHost(place, identities)


def _source(settings: Settings, databases: PostgresDatabases, tables: list[contracts.Contract]) -> Database:
    """The sample source, made here, or the existing server that the settings name."""
    if settings.source.external is None:
        sample = SampleSource(databases, tables)
        return Database.of(sample.target, ddl.ROLE, settings.postgres.ssl_mode)
    own = settings.source.external
    return Database(own.server, own.database, own.username, own.ssl_mode, own.port, own.secret)


def _stores(
    settings: Settings, lake: Lake, server: PostgresServer, synapse: SynapseWorkspace, vault: Vault | None
) -> dict[str, pulumi.Input[str]]:
    """ARM id of each store by its name in `infra.reach`; not every stack has a vault, or a source on Azure."""
    own = settings.source.external
    return {
        "lake": lake.account_id,
        "postgres": server.resource.id,
        "synapse": synapse.resource.id,
        **({"source": own.resource_id} if own and own.resource_id else {}),
        **({"vault": vault.vault_id} if vault else {}),
    }


def _wheel_parameters(
    settings: Settings, lake: Lake, unity: UnityCatalog | None
) -> dict[str, pulumi.Output[str]]:
    """What the job is told each time: where the lake is, and the catalog that its tables are shown in."""
    shows = unity is not None and settings.databricks.register_tables
    return {"lake": lake.endpoint, **({"catalog": unity.catalog} if shows else {})}


def _export(**outputs: pulumi.Output[str]) -> None:
    for name, value in outputs.items():
        pulumi.export(name, value)


def program() -> None:
    """Declare a stack. Raises InfraError or ContractError before anything is declared."""
    settings, tables = stack_settings.load(), contracts.load_all()
    freshness.check(settings, tables)
    place = _place(settings)
    identity = FactoryIdentity(place)
    watch = _watch(place) if settings.monitoring.enabled else None
    inside = _inside(place) if settings.network.private else None
    lake = Lake(place, tables, identity.tenant)
    vault = Vault(place, identity.tenant) if settings.has_vault else None
    administrators = SqlAdministrators.of(place)
    server = PostgresServer(place, administrators, identity.tenant)
    synapse = SynapseWorkspace(place, lake.endpoint, administrators, identity.tenant)
    host = _host(place, identity, administrators)
    stores = _stores(settings, lake, server, synapse, vault)
    links = connect(host, inside, stores, [*server.administrators, *synapse.ready])
    route = SqlRoute.declare(administrators, host, server.host, synapse.endpoint, links)
    databases = PostgresDatabases(server, route, identity)
    control = Control(databases, tables)
    source = _source(settings, databases, tables)
    workspace = DatabricksWorkspace(place, inside)
    if reach.links(settings, reach.Path.SERVERLESS):
        links += ServerlessNetwork(place, stores, workspace.number).ready
    Views(place, synapse, route, lake.endpoint, tables)
    access = Access(
        place,
        principals={
            "factory": identity.principal,
            "databricks": workspace.connector_principal,
            "synapse": synapse.principal,
        },
        scopes={
            "lake": lake.account_id,
            **lake.container_ids,
            **({"run_facts": watch.facts.rule_id} if watch else {}),
            **({"source_secret": vault.vault_id} if vault and source.secret else {}),
        },
    )
    unity = (
        UnityCatalog(place, workspace, lake.endpoint, access) if settings.databricks.unity_catalog else None
    )
    merge = MergeJob(place, workspace, identity, _wheel_parameters(settings, lake, unity))
    factory = Factory(
        host,
        Reach(
            control=Database.of(control.target, ddl.ROLE, settings.postgres.ssl_mode),
            source=source,
            lake_endpoint=lake.endpoint,
            databricks_url=workspace.url,
            databricks_id=workspace.workspace_id,
            merge_job=merge.job_id,
            run_facts=watch.facts.url if watch else None,
            vault_uri=vault.uri if vault else None,
        ),
        ready=[*control.ready, access, *links, *merge.ready, *(unity.ready if unity else [])],
    )
    if watch:
        logged = {
            "lake": lake.blob_service_id,
            "postgres": server.resource.id,
            "databricks": workspace.workspace_id,
            "synapse": synapse.resource.id,
            **({"vault": vault.vault_id} if vault else {}),
        }
        watch.over(host.resource.id, logged, tables)
    _export(resource_group=place.group, factory=factory.name, lake=lake.endpoint, serving=synapse.endpoint)


if __name__ == "__main__":
    program()
