"""Who administers the stack's databases, and thereby runs their scripts."""

from dataclasses import dataclass

import pulumi

from infra.identity import FactoryIdentity
from infra.place import Place


@dataclass(frozen=True)
class SqlAdministrator:
    """An Entra principal that administers PostgreSQL and the serving database.

    Attributes:
        role: what it is called in the program.
        name: its name in Entra, which PostgreSQL knows it by.
        object_id: its object id in Entra.
        sid: the id that Synapse knows it by: a service principal's application id, else the object id.
        kind: User, Group or ServicePrincipal.
    """

    role: str
    name: pulumi.Input[str]
    object_id: pulumi.Input[str]
    sid: pulumi.Input[str]
    kind: str


@dataclass(frozen=True)
class SqlAdministrators:
    """Whoever deploys; and where scripts go through the factory, its identity for that.

    Attributes:
        all: every administrator, whoever runs the scripts last.
        deployer: the factory's identity for scripts; None where they go straight.
    """

    all: tuple[SqlAdministrator, ...]
    deployer: FactoryIdentity | None

    @classmethod
    def of(cls, place: Place) -> "SqlAdministrators":
        given = place.settings.administrator
        people = SqlAdministrator(
            "administrator", given.name, given.object_id, given.application_id or given.object_id, given.kind
        )
        if place.settings.sql_apply == "direct":
            return cls((people,), None)
        own = FactoryIdentity(place, "deployer")
        machine = SqlAdministrator("deployer", own.name, own.principal, own.client, "ServicePrincipal")
        return cls((people, machine), own)

    @property
    def acting(self) -> SqlAdministrator:
        """The one that runs the scripts."""
        return self.all[-1]
