"""The data factory: its identity, how it reaches things, and the pipelines that it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import datafactory, resources

from infra.identity import FactoryIdentity
from infra.place import Place
from infra.sql_script import SqlTarget
from pipelines import datasets, ingest, linked_services, load_table, triggers

TRIGGER = "every_few_minutes"


@dataclass(frozen=True)
class Database:
    """A PostgreSQL database as the factory reaches it."""

    server: pulumi.Input[str]
    database: pulumi.Input[str]
    username: str
    ssl_mode: int
    port: int = 5432

    @classmethod
    def of(cls, target: SqlTarget, username: str, ssl_mode: int) -> "Database":
        """A database of our own server."""
        return cls(target.server, target.database, username, ssl_mode)


@dataclass(frozen=True)
class Reach:
    """What the factory's linked services point at."""

    control: Database
    source: Database
    lake_endpoint: pulumi.Input[str]
    databricks_url: pulumi.Input[str]
    databricks_id: pulumi.Input[str]
    merge_job: pulumi.Input[str]


class Factory(pulumi.ComponentResource):
    """The factory with everything in it. Nothing in it knows a table.

    Args:
        ready: what must be there before a pipeline may run by itself.

    Attributes:
        name: the factory's name.
    """

    name: pulumi.Output[str]

    def __init__(
        self,
        place: Place,
        identity: FactoryIdentity,
        reach: Reach,
        ready: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("highwater:infra:Factory", "factory", None, opts)
        self._place = place
        self._factory = datafactory.Factory(
            "factory",
            factory_name=place.names.of("factory"),
            resource_group_name=place.group,
            location=place.settings.location,
            identity=datafactory.FactoryIdentityArgs(
                type=datafactory.FactoryIdentityType.USER_ASSIGNED,
                user_assigned_identities=identity.resource_id.apply(lambda found: {found: {}}),
            ),
            tags=place.settings.tags,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self._inside = {"factory_name": self._factory.name, "resource_group_name": place.group}
        credential = datafactory.CredentialOperation(
            linked_services.CREDENTIAL,
            credential_name=linked_services.CREDENTIAL,
            properties=datafactory.ManagedIdentityCredentialArgs(
                type="ManagedIdentity", resource_id=identity.resource_id
            ),
            **self._inside,
            opts=self._options(),
        )
        services = self._linked_services(reach, credential)
        sets = self._datasets(services)
        self._trigger(self._pipelines(reach, services, sets), ready)
        self.name = self._factory.name
        self.register_outputs({"name": self.name})

    def _options(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Everything inside goes with the factory. References are by name, so their order is told."""
        return pulumi.ResourceOptions(parent=self, depends_on=list(after), deleted_with=self._factory)

    def _linked_services(self, reach: Reach, credential: pulumi.Resource) -> dict[str, pulumi.Resource]:
        made: dict[str, pulumi.Resource] = {}
        for name, database in (
            (linked_services.CONTROL, reach.control),
            (linked_services.SOURCE, reach.source),
        ):
            made[name] = resources.Resource(
                f"{name}-service",
                api_version=linked_services.API_VERSION,
                resource_provider_namespace="Microsoft.DataFactory",
                parent_resource_path=pulumi.Output.concat("factories/", self._factory.name),
                resource_type="linkedservices",
                resource_name_=name,
                resource_group_name=self._place.group,
                properties=linked_services.postgresql(
                    database.server, database.database, database.username, database.ssl_mode, database.port
                ),
                opts=self._options(credential),
            )
        typed = {
            linked_services.LAKE: linked_services.lake(reach.lake_endpoint),
            linked_services.DATABRICKS: linked_services.databricks(reach.databricks_url, reach.databricks_id),
        }
        for name, properties in typed.items():
            made[name] = datafactory.LinkedService(
                f"{name}-service",
                linked_service_name=name,
                properties=properties,
                **self._inside,
                opts=self._options(credential),
            )
        return made

    def _datasets(self, services: Mapping[str, pulumi.Resource]) -> list[pulumi.Resource]:
        return [
            datafactory.Dataset(
                name,
                dataset_name=name,
                properties=properties,
                **self._inside,
                opts=self._options(*services.values()),
            )
            for name, properties in datasets.all_datasets().items()
        ]

    def _pipelines(
        self, reach: Reach, services: Mapping[str, pulumi.Resource], sets: list[pulumi.Resource]
    ) -> dict[str, pulumi.Resource]:
        patience = self._place.settings.factory
        load = datafactory.Pipeline(
            load_table.NAME,
            pipeline_name=load_table.NAME,
            **load_table.definition(patience.retries),
            **self._inside,
            opts=self._options(*services.values(), *sets),
        )
        return {
            name: datafactory.Pipeline(
                name,
                pipeline_name=name,
                **ingest.definition(kind, reach.merge_job, patience.merge_timeout_minutes),
                **self._inside,
                opts=self._options(load),
            )
            for name, kind in ingest.KINDS.items()
        }

    def _trigger(self, pipelines: Mapping[str, pulumi.Resource], ready: Sequence[pulumi.Resource]) -> None:
        schedule = self._place.settings.factory
        datafactory.Trigger(
            TRIGGER,
            trigger_name=TRIGGER,
            properties=triggers.every_minutes(
                schedule.every_minutes, schedule.schedule_start, "ingest", {"tables": ingest.EVERY_TABLE}
            ),
            **self._inside,
            opts=self._options(pipelines["ingest"], *ready),
        )
