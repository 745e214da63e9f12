"""The PostgreSQL flexible server that holds the control database and, where asked, the sample source."""

import pulumi
from pulumi_azure_native import dbforpostgresql

from infra.identity import FactoryIdentity
from infra.place import Place
from infra.sql_script import SqlScript, SqlTarget
from sql import ledger

_MAINTENANCE = "postgres"


class PostgresServer(pulumi.ComponentResource):
    """A server that only Entra principals may log in to.

    Its one administrator is whoever deploys. The factory's identity has a login that administers nothing.

    Attributes:
        host: what a client connects to.
        resource: the server itself, with which its scripts go.
    """

    host: pulumi.Output[str]
    resource: dbforpostgresql.Server

    def __init__(self, place: Place, factory: FactoryIdentity, opts: pulumi.ResourceOptions | None = None):
        super().__init__("highwater:infra:PostgresServer", "postgres", None, opts)
        settings, wanted = place.settings, place.settings.postgres
        self._place = place
        self.resource = dbforpostgresql.Server(
            "postgres",
            server_name=place.names.of("postgres_server"),
            resource_group_name=place.group,
            location=settings.location,
            create_mode=dbforpostgresql.CreateMode.DEFAULT,
            version=wanted.version,
            sku=dbforpostgresql.SkuArgs(name=wanted.sku, tier=wanted.tier),
            storage=dbforpostgresql.StorageArgs(
                storage_size_gb=wanted.storage_gb, auto_grow=dbforpostgresql.StorageAutoGrow.ENABLED
            ),
            backup=dbforpostgresql.BackupArgs(
                backup_retention_days=wanted.backup_days,
                geo_redundant_backup="Enabled" if wanted.geo_backup else "Disabled",
            ),
            high_availability=dbforpostgresql.HighAvailabilityArgs(mode=wanted.high_availability),
            auth_config=dbforpostgresql.AuthConfigArgs(
                active_directory_auth="Enabled", password_auth="Disabled", tenant_id=factory.tenant
            ),
            tags=settings.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=settings.protect or None),
        )
        administrator = settings.administrator
        self._administrator = dbforpostgresql.AdministratorsMicrosoftEntra(
            "postgres-administrator",
            server_name=self.resource.name,
            resource_group_name=place.group,
            object_id=administrator.object_id,
            principal_name=administrator.name,
            principal_type=administrator.kind,
            tenant_id=factory.tenant,
            opts=pulumi.ResourceOptions(parent=self, deleted_with=self.resource),
        )
        self.host = self.resource.fully_qualified_domain_name
        object_id = factory.principal if wanted.entra else None
        self._factory_role = SqlScript(
            "factory-role",
            self._target(_MAINTENANCE),
            pulumi.Output.from_input(object_id).apply(ledger.factory_role),
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[self._administrator], deleted_with=self.resource
            ),
        )
        self.register_outputs({"host": self.host})

    def _target(self, database: pulumi.Input[str]) -> SqlTarget:
        settings = self._place.settings
        return SqlTarget(settings.postgres.driver, self.host, database, settings.administrator.name)

    def database(self, name: str, parent: pulumi.Resource) -> SqlTarget:
        """Declare a database for the component `parent`; its scripts run as the administrator."""
        database = dbforpostgresql.Database(
            name,
            database_name=name,
            server_name=self.resource.name,
            resource_group_name=self._place.group,
            charset="UTF8",
            collation="en_US.utf8",
            opts=pulumi.ResourceOptions(
                parent=parent,
                depends_on=[self._factory_role],
                protect=self._place.settings.protect or None,
            ),
        )
        return self._target(database.name)
