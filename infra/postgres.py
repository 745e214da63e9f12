"""The PostgreSQL flexible server that holds the control database and, where asked, the sample source."""

import pulumi
from pulumi_azure_native import dbforpostgresql

from infra.network import firewall
from infra.place import Place
from infra.sql_administrators import SqlAdministrators


class PostgresServer(pulumi.ComponentResource):
    """A server that only Entra principals may log in to.

    Args:
        administrators: who administers it; the factory's own identity is never among them.
        tenant: the tenant's id.

    Attributes:
        place: where it is.
        host: what a client connects to.
        resource: the server itself.
        administrators: what a script waits for, before which nobody can log in.
    """

    host: pulumi.Output[str]
    resource: dbforpostgresql.Server
    administrators: list[pulumi.Resource]

    def __init__(
        self,
        place: Place,
        administrators: SqlAdministrators,
        tenant: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("highwater:infra:PostgresServer", "postgres", None, opts)
        settings, wanted = place.settings, place.settings.postgres
        self.place = place
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
                active_directory_auth="Enabled", password_auth="Disabled", tenant_id=tenant
            ),
            # A server made inside a virtual network could have no private endpoint, and can't be moved out.
            network=dbforpostgresql.NetworkArgs(
                public_network_access=firewall.public_access(settings.network)
            ),
            tags=settings.tags,
            opts=pulumi.ResourceOptions(parent=self, protect=settings.protect or None),
        )
        self.administrators = []
        for administrator in administrators.all:
            # One after the other: the server takes one change at a time.
            made = dbforpostgresql.AdministratorsMicrosoftEntra(
                f"postgres-{administrator.role}",
                server_name=self.resource.name,
                resource_group_name=place.group,
                object_id=administrator.object_id,
                principal_name=administrator.name,
                principal_type=administrator.kind,
                tenant_id=tenant,
                opts=pulumi.ResourceOptions(
                    parent=self, depends_on=list(self.administrators), deleted_with=self.resource
                ),
            )
            self.administrators.append(made)
        self.administrators += firewall.postgres(place, self.resource, self.administrators[-1], self)
        self.host = self.resource.fully_qualified_domain_name
        self.register_outputs({"host": self.host})
