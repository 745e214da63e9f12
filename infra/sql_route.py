"""How scripts get to a stack's databases: straight from where `pulumi up` runs, or through the factory."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from infra.deploy_sql import DeploySql
from infra.factory_host import FactoryHost
from infra.sql_administrators import SqlAdministrators
from infra.sql_script import SqlTarget


@dataclass(frozen=True)
class SqlRoute:
    """One way for all scripts of a stack.

    Attributes:
        user: the Entra principal, or the role, that runs them.
        via: ARM id of the pipeline that runs them from inside the network; None where they go straight.
        ready: what must be there before a script gets through.
    """

    user: pulumi.Input[str]
    via: pulumi.Output[str] | None = None
    ready: tuple[pulumi.Resource, ...] = ()

    @classmethod
    def declare(
        cls,
        administrators: SqlAdministrators,
        host: FactoryHost,
        postgresql: pulumi.Input[str],
        serving: pulumi.Input[str],
        ready: Sequence[pulumi.Resource] = (),
    ) -> "SqlRoute":
        """The way that the stack's settings ask for, with what it takes.

        Args:
            postgresql: host name of the PostgreSQL server.
            serving: endpoint of the serverless SQL pool.
            ready: what must be there before anything reaches the two.
        """
        user = administrators.acting.name
        if administrators.deployer is None:
            return cls(user, ready=tuple(ready))
        through = DeploySql(host, administrators.deployer, postgresql, serving, ready)
        return cls(user, through.via, tuple(ready))

    def target(self, driver: str, server: pulumi.Input[str], database: pulumi.Input[str]) -> SqlTarget:
        """A database of a server by this way."""
        return SqlTarget(driver, server, database, self.user, self.via)
