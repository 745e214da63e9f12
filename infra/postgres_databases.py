"""The databases on the PostgreSQL server, and the factory's login there."""

import pulumi
from pulumi_azure_native import dbforpostgresql

from infra.identity import FactoryIdentity
from infra.postgres import PostgresServer
from infra.sql_route import SqlRoute
from infra.sql_script import SqlScript, SqlTarget
from sql import ledger

_MAINTENANCE = "postgres"


class PostgresDatabases(pulumi.ComponentResource):
    """The factory's login, which administers nothing, and the databases that come after it.

    Args:
        route: how scripts get to the server.
        factory: the identity that logs in as `sql.ddl.ROLE`.

    Attributes:
        resource: the server, with which its scripts go.
    """

    def __init__(
        self,
        server: PostgresServer,
        route: SqlRoute,
        factory: FactoryIdentity,
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("highwater:infra:PostgresDatabases", "databases", None, opts)
        self._server, self._route = server, route
        self.resource = server.resource
        object_id = factory.principal if server.place.settings.postgres.entra else None
        self._factory_role = SqlScript(
            "factory-role",
            self._target(_MAINTENANCE),
            pulumi.Output.from_input(object_id).apply(ledger.factory_role),
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[*server.administrators, *route.ready], deleted_with=self.resource
            ),
        )
        self.register_outputs({})

    def _target(self, database: pulumi.Input[str]) -> SqlTarget:
        return self._route.target(self._server.place.settings.postgres.driver, self._server.host, database)

    def database(self, name: str, parent: pulumi.Resource) -> SqlTarget:
        """Declare a database for the component `parent`; its scripts run as an administrator."""
        place = self._server.place
        database = dbforpostgresql.Database(
            name,
            database_name=name,
            server_name=self.resource.name,
            resource_group_name=place.group,
            charset="UTF8",
            collation="en_US.utf8",
            opts=pulumi.ResourceOptions(
                parent=parent,
                depends_on=[self._factory_role],
                protect=place.settings.protect or None,
            ),
        )
        return self._target(database.name)
