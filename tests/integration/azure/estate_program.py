"""A small estate for the engine's tests: a program of its own, changed by the fields of `Estate`."""

from dataclasses import dataclass, field
from pathlib import Path

import pulumi
import pulumi_databricks as databricks
from pulumi_azure_native import databricks as azure_databricks
from pulumi_azure_native import datafactory, dbforpostgresql, resources, storage, synapse

from infra.sql_script import SqlScript, SqlTarget

PASSWORD = "correct-horse-battery"


@dataclass
class Estate:
    """What the program declares; a test changes a field between two operations."""

    wheel: Path
    database: str = "control"
    query: str = "select 1"
    script: str = "create table if not exists t (n int)"
    containers: tuple[str, ...] = ("landing", "bronze")
    twice: bool = False
    seen: list = field(default_factory=list)
    probe: object = None

    def program(self) -> None:
        """Declare it; `probe`, when given, is called first, in the program's own process."""
        if self.probe is not None:
            self.seen.append(self.probe())
        group = resources.ResourceGroup("rg", resource_group_name="rg-test").name
        host, account = self._stores(group)
        self._factory(group, account.primary_endpoints.dfs)
        self._databricks(group)
        serving = synapse.Workspace(
            "serving", resource_group_name=group, workspace_name="serve",
            default_data_lake_storage={"account_url": account.primary_endpoints.dfs, "filesystem": "gold"},
            identity={"type": "SystemAssigned"},
        )  # fmt: skip
        pulumi.export("lake", account.primary_endpoints.dfs)
        pulumi.export("postgres", host)
        pulumi.export("serving", serving.connectivity_endpoints["sqlOnDemand"])
        pulumi.export("password", pulumi.Output.secret(PASSWORD))

    def _stores(self, group):
        account = storage.StorageAccount(
            "lake", resource_group_name=group, account_name="testlake", kind="StorageV2",
            sku={"name": "Standard_LRS"}, is_hns_enabled=True,
        )  # fmt: skip
        for name in self.containers:
            storage.BlobContainer(
                name, resource_group_name=group, account_name=account.name, container_name=name
            )
        if self.twice:
            storage.BlobContainer(
                "again", resource_group_name=group, account_name=account.name,
                container_name=self.containers[0],
                opts=pulumi.ResourceOptions(depends_on=[account]),
            )  # fmt: skip
        server = dbforpostgresql.Server(
            "server", resource_group_name=group, server_name="pg", administrator_login="postgres",
            administrator_login_password=pulumi.Output.secret(PASSWORD),
        )  # fmt: skip
        database = dbforpostgresql.Database(
            "database", resource_group_name=group, server_name=server.name, database_name=self.database
        )
        host = server.fully_qualified_domain_name
        SqlScript("table", SqlTarget("postgresql", host, database.name, "postgres"), self.script)
        return host, account

    def _factory(self, group, url) -> None:
        factory = datafactory.Factory("factory", resource_group_name=group, factory_name="adf")
        datafactory.LinkedService(
            "lake", resource_group_name=group, factory_name=factory.name, linked_service_name="lake",
            properties=datafactory.AzureBlobFSLinkedServiceArgs(type="AzureBlobFS", url=url),
        )  # fmt: skip
        datafactory.Pipeline(
            "ingest", resource_group_name=group, factory_name=factory.name, pipeline_name="ingest",
            concurrency=1,
            activities=[
                datafactory.SetVariableActivityArgs(
                    name="Set", type="SetVariable", variable_name="query", value=self.query
                )
            ],
        )  # fmt: skip

    def _databricks(self, group) -> None:
        workspace = azure_databricks.Workspace(
            "databricks", resource_group_name=group, workspace_name="dbx", compute_mode="Hybrid"
        )
        provider = databricks.Provider("workspace", azure_workspace_resource_id=workspace.id)
        options = pulumi.ResourceOptions(provider=provider)
        wheel = databricks.WorkspaceFile(
            "wheel", path="/Shared/wheels/x.whl", source=str(self.wheel), opts=options
        )
        databricks.Job(
            "merge", name="merge", max_concurrent_runs=1, opts=options,
            environments=[{"environment_key": "main",
                           "spec": {"environment_version": "5", "dependencies": [wheel.workspace_path]}}],
        )  # fmt: skip
