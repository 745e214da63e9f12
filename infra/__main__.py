"""Highwater's program: what a stack consists of, and how its parts meet. `pulumi up` runs it."""

import pulumi
from pulumi_azure_native import resources

import contracts
from infra import settings as stack_settings
from infra.access import Access
from infra.control import Control
from infra.databricks import DatabricksWorkspace, MergeJob
from infra.factory import Database, Factory, Reach
from infra.identity import FactoryIdentity
from infra.lake import Lake
from infra.names import Names
from infra.place import Place
from infra.postgres import PostgresServer
from infra.settings import Settings
from infra.source import SampleSource
from infra.synapse import SynapseWorkspace, Views
from sql import ddl


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


def _source(settings: Settings, server: PostgresServer, tables: list[contracts.Contract]) -> Database:
    """The sample source, made here, or the existing server that the settings name."""
    if settings.source.external is None:
        sample = SampleSource(server, tables)
        return Database.of(sample.target, ddl.ROLE, settings.postgres.ssl_mode)
    own = settings.source.external
    return Database(own.server, own.database, own.username, own.ssl_mode, own.port)


def program() -> None:
    """Declare a stack. Raises InfraError or ContractError before anything is declared."""
    settings, tables = stack_settings.load(), contracts.load_all()
    place = _place(settings)
    identity = FactoryIdentity(place)
    lake = Lake(place)
    server = PostgresServer(place, identity)
    control = Control(server, tables)
    source = _source(settings, server, tables)
    workspace = DatabricksWorkspace(place)
    merge = MergeJob(place, workspace, lake.endpoint)
    synapse = SynapseWorkspace(place, lake.endpoint)
    Views(place, synapse, lake.endpoint, tables)
    access = Access(
        place,
        principals={
            "factory": identity.principal,
            "databricks": workspace.connector_principal,
            "synapse": synapse.principal,
        },
        scopes={"lake": lake.account_id, **lake.container_ids},
    )
    factory = Factory(
        place,
        identity,
        Reach(
            control=Database.of(control.target, ddl.ROLE, settings.postgres.ssl_mode),
            source=source,
            lake_endpoint=lake.endpoint,
            databricks_url=workspace.url,
            databricks_id=workspace.workspace_id,
            merge_job=merge.job_id,
        ),
        ready=[*control.ready, access],
    )
    pulumi.export("resource_group", place.group)
    pulumi.export("factory", factory.name)
    pulumi.export("lake", lake.endpoint)
    pulumi.export("serving", synapse.endpoint)


if __name__ == "__main__":
    program()
