"""The local stack as it stands: its databases, lake and serving layer, found in what was declared."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlparse

import psycopg
from psycopg.rows import dict_row

from local.azure.registry import Record, Registry
from local.errors import HighwaterError
from local.postgres import PostgresServer
from local.state import State

SERVER = "azure-native:dbforpostgresql:Server"
DATABASE = "azure-native:dbforpostgresql:Database"
STORAGE = "azure-native:storage:StorageAccount"
SYNAPSE = "azure-native:synapse:Workspace"
FACTORY_ROLE = "highwater_factory"


@dataclass(frozen=True)
class LocalStack:
    """What `highwater up` made, opened for the other commands."""

    state: State
    registry: Registry

    @classmethod
    def open(cls, state: State | None = None) -> "LocalStack":
        """Open the stack of a state folder and start its database server if it is down.

        Raises:
            HighwaterError: there is no stack, or it is only half there.
        """
        state = state or State.default()
        stack = cls(state, Registry(state))
        stack.server().ensure_running()
        return stack

    def _one(self, token: str) -> Record:
        found = self.registry.all(token)
        if len(found) != 1:
            raise HighwaterError(
                "The local stack is not up" if not found else "The local stack is ambiguous",
                f"{len(found)} resources of type {token} in {self.state.root}",
                "Run `highwater up`.",
            )
        return found[0]

    def server(self) -> PostgresServer:
        return PostgresServer(self.state.postgres / self._one(SERVER).name)

    def conninfo(self, database: str, user: str = "postgres") -> str:
        """The libpq connection string of a declared database.

        Raises:
            HighwaterError: the stack declares no such database.
        """
        names = [record.name for record in self.registry.all(DATABASE)]
        if database not in names:
            raise HighwaterError(
                f"The stack has no database {database}",
                f"declared: {', '.join(names) or 'none'}",
                "Run `highwater up`.",
            )
        return self.server().conninfo(database, user)

    @property
    def control(self) -> str:
        """Connection string of the control database, with the rights that the factory has."""
        return self.conninfo("control", FACTORY_ROLE)

    def ask(self, query: str, *values: object) -> list[dict]:
        """The rows of a query to the control database, with the factory's rights."""
        with psycopg.connect(self.control, row_factory=dict_row) as connection:
            return connection.execute(query, values or None).fetchall()

    @property
    def source(self) -> str:
        """Connection string of the sample source, as its owner."""
        return self.conninfo("source")

    @property
    def lake_endpoint(self) -> str:
        """The storage account's dfs endpoint, with a trailing slash."""
        return self._one(STORAGE).outputs["primaryEndpoints"]["dfs"]

    def container(self, name: str) -> Path:
        """The folder of one container of the lake."""
        return Path(unquote(urlparse(self.lake_endpoint).path)) / name

    @property
    def serving(self) -> Path:
        """Folder of the Synapse workspace's serverless endpoint."""
        return Path(self._one(SYNAPSE).outputs["connectivityEndpoints"]["sqlOnDemand"])
