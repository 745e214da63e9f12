"""What the data factory holds: how it reaches things, and the pipelines that it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_azure_native import datafactory, resources

from infra import maintenance, reconciliation
from infra.factory_host import FactoryHost
from infra.sql_script import SqlTarget
from infra.trigger import Trigger
from pipelines import datasets, ingest, linked_services, load_table, operate, release, requests, triggers

TRIGGER = "every_few_minutes"


@dataclass(frozen=True)
class Database:
    """A PostgreSQL database as the factory reaches it."""

    server: pulumi.Input[str]
    database: pulumi.Input[str]
    username: str
    ssl_mode: int
    port: int = 5432
    secret: str | None = None  # the vault's entry that holds its password; none: the factory's identity

    def service(self) -> dict[str, Any]:
        """The properties of its linked service."""
        reached = linked_services.postgresql(
            self.server, self.database, self.username, self.ssl_mode, self.port
        )
        return reached if self.secret is None else linked_services.by_password(reached, self.secret)

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
    run_facts: pulumi.Input[str] | None = None
    vault_uri: pulumi.Input[str] | None = None


class Factory(pulumi.ComponentResource):
    """Everything in the factory that moves rows. Nothing in it knows a table.

    Args:
        host: the factory itself.
        ready: what must be there before a pipeline may run by itself.

    Attributes:
        name: the factory's name.
    """

    name: pulumi.Output[str]

    def __init__(
        self,
        host: FactoryHost,
        reach: Reach,
        ready: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("highwater:infra:Factory", "pipelines", None, opts)
        self._host, self._place, self._inside = host, host.place, host.inside
        credential = host.credentials[linked_services.CREDENTIAL]
        services = self._linked_services(reach, credential)
        sets = self._datasets(services)
        pipelines = self._pipelines(reach, services, sets)
        self._trigger(pipelines, ready)
        stack = host.place.settings
        reconciliation.declare(
            stack.reconciliation,
            stack.factory,
            self._inside,
            self._options,
            pipelines[requests.RECONCILE],
            ready,
        )
        maintenance.declare(
            stack.maintenance,
            stack.factory,
            reach.merge_job,
            self._inside,
            self._options,
            [*services.values(), *sets],
            ready,
        )
        self.name = host.resource.name
        self.register_outputs({"name": self.name})

    def _options(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return self._host.options(*after, parent=self)

    def _linked_services(self, reach: Reach, credential: pulumi.Resource) -> dict[str, pulumi.Resource]:
        host = self._host
        made: dict[str, pulumi.Resource] = {}
        typed = {
            linked_services.LAKE: linked_services.lake(reach.lake_endpoint),
            linked_services.DATABRICKS: linked_services.databricks(reach.databricks_url, reach.databricks_id),
        }
        if reach.source.secret is not None:
            typed[linked_services.VAULT] = linked_services.vault(reach.vault_uri)
        for name, properties in typed.items():
            # A vault has no runtime: its secrets are read from the one of the service that names them.
            made[name] = datafactory.LinkedService(
                f"{name}-service",
                linked_service_name=name,
                properties=properties if name == linked_services.VAULT else host.reached(properties),
                **self._inside,
                opts=self._options(credential),
            )
        vault = [made[linked_services.VAULT]] if reach.source.secret is not None else []
        for name, database in (
            (linked_services.CONTROL, reach.control),
            (linked_services.SOURCE, reach.source),
        ):
            made[name] = resources.Resource(
                f"{name}-service",
                api_version=linked_services.API_VERSION,
                resource_provider_namespace="Microsoft.DataFactory",
                parent_resource_path=pulumi.Output.concat("factories/", self._host.resource.name),
                resource_type="linkedservices",
                resource_name_=name,
                resource_group_name=self._place.group,
                properties=host.reached(database.service()),
                opts=self._options(credential, *vault),
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
        run_by = (reach.merge_job, patience.merge_timeout_minutes, reach.run_facts)
        defined = {name: ingest.definition(kind, *run_by) for name, kind in ingest.KINDS.items()}
        defined |= requests.definitions(*run_by) | operate.definitions()
        defined[release.NAME] = release.definition(*run_by)
        return {
            name: datafactory.Pipeline(
                name,
                pipeline_name=name,
                **arguments,
                **self._inside,
                opts=self._options(load),
            )
            for name, arguments in defined.items()
        }

    def _trigger(self, pipelines: Mapping[str, pulumi.Resource], ready: Sequence[pulumi.Resource]) -> None:
        schedule = self._place.settings.factory
        Trigger(
            TRIGGER,
            triggers.every_minutes(
                schedule.every_minutes, schedule.schedule_start, "ingest", {"tables": ingest.EVERY_TABLE}
            ),
            self._inside,
            schedule,
            self._options(pipelines["ingest"], *ready),
        )
