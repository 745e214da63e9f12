"""The logins of PostgreSQL and Synapse: who administers each, and whom each connection logs in as."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.sections import Administrator
from infra.settings import NAMESPACE, plain, stack_file
from infra.stack import StackName
from local.check.estate import Estate
from local.check.finding import Finding
from local.check.needs import identity_of, principal_of, service_of
from local.declare import Resource

RULE = "login"
_SCRIPT = "pulumi-python:dynamic/highwater:SqlScript"
# How a role of PostgreSQL is bound to an identity of Entra: its name, then the identity's object id.
_BOUND = re.compile(r"pgaadauth_create_principal_with_oid\(\s*'([^']+)',\s*'([^']+)'")


@dataclass(frozen=True)
class _Server:
    """A declared server of databases.

    Attributes:
        host: where it is connected to.
        service: the type of linked service that does.
        id_kind: which id of an identity it knows: PostgreSQL the object's, Synapse the application's.
        administrators: name, id and URN of each.
    """

    host: str
    service: str
    id_kind: str
    administrators: list[tuple[str, str, str]]


def _servers(estate: Estate) -> Iterator[_Server]:
    for server in estate.of("dbforpostgresql:Server"):
        made = estate.outputs(server)
        found = [
            (a["inputs"]["principalName"], a["inputs"]["objectId"], a["urn"])
            for a in estate.of("dbforpostgresql:AdministratorsMicrosoftEntra")
            if a["inputs"]["serverName"] == made["name"]
        ]
        yield _Server(made["fullyQualifiedDomainName"], "AzurePostgreSql", "principalId", found)
    for workspace in estate.of("synapse:Workspace"):
        made = estate.outputs(workspace)
        found = [
            (a["inputs"]["login"], a["inputs"]["sid"], a["urn"])
            for a in estate.of("synapse:WorkspaceSqlAadAdmin")
            if a["inputs"]["workspaceName"] == made["name"]
        ]
        yield _Server(made["connectivityEndpoints"]["sqlOnDemand"], "AzureSqlDW", "clientId", found)


def _scripts(estate: Estate, server: _Server) -> list[Resource]:
    return [s for s in estate.of(_SCRIPT) if s["inputs"]["server"] == server.host]


def _configured(estate: Estate) -> Mapping[str, str]:
    """The administrator that the stack's settings name, by the kinds of id that servers know."""
    stack = StackName.parse(estate.resources[0]["urn"].split("::")[0].removeprefix("urn:pulumi:"))
    config = {**stack_file(stack.environment), **estate.config}
    given = Administrator.model_validate(plain(config[f"{NAMESPACE}:administrator"]))
    return {"principalId": given.object_id, "clientId": given.application_id or given.object_id}


def _administrators(estate: Estate, server: _Server) -> Iterator[Finding]:
    """Whoever is configured, whoever runs the scripts, and nobody else; the scripts run as one of them."""
    users = {s["inputs"]["user"]: s["urn"] for s in reversed(_scripts(estate, server))}
    identities = map(estate.outputs, estate.of("managedidentity:UserAssignedIdentity"))
    configured = _configured(estate)[server.id_kind]
    acting = {(made["name"], made[server.id_kind]) for made in identities if made["name"] in users}
    for name, own, urn in server.administrators:
        if own != configured and (name, own) not in acting:
            message = f"{name!r} with the id {own} administers {server.host}, and is neither"
            yield Finding(RULE, urn, f"{message} the configured administrator nor whoever runs its scripts")
    for user in sorted(users.keys() - {name for name, _, _ in server.administrators}):
        yield Finding(RULE, users[user], f"it runs as {user!r}, who does not administer {server.host}")


def _connection(estate: Estate, server: _Server, service: Mapping[str, Any]) -> str | None:
    """What keeps a linked service from logging in; None when nothing does."""
    identity = identity_of(estate, service.get("credential"))
    made = estate.outputs(identity) if identity else {}
    own = principal_of(estate, identity) if server.id_kind == "principalId" else made.get("clientId")
    if own is None:
        return "it logs in as nobody: its credential has no identity"
    user = service.get("username")
    # A connection to Synapse names no login: it is whichever has the identity's id.
    known = {id_: name for name, id_, _ in server.administrators if user in (None, name)}
    if user is None or known:
        shown = ", ".join(sorted(known)) or "nobody"
        return (
            None
            if own in known
            else f"its identity has the id {own}; {server.host} is administered by {shown}"
        )
    texts = [s["inputs"]["script"] for s in _scripts(estate, server)]
    if not any(user in text for text in texts):
        return f"no script makes the role {user!r} on {server.host}"
    bound = {id_ for text in texts for name, id_ in _BOUND.findall(text) if name == user}
    if bound - {own}:
        return f"the role {user!r} is made for {', '.join(sorted(bound))}, and its identity has the id {own}"
    return None


def check(estate: Estate) -> Iterator[Finding]:
    """Administrators and connections of every server."""
    for workspace in estate.of("synapse:Workspace"):
        first = workspace["inputs"]["cspWorkspaceAdminProperties"]["initialWorkspaceAdminObjectId"]
        if first != _configured(estate)["principalId"]:
            yield Finding(
                RULE, workspace["urn"], f"{first} administers it, and is not the configured administrator"
            )
    for server in _servers(estate):
        yield from _administrators(estate, server)
        for (kind, name), resource in sorted(estate.in_factory.items()):
            service = service_of(estate, {"referenceName": name}) if kind == "linkedservices" else {}
            if (service.get("type"), service.get("server")) == (server.service, server.host):
                why = _connection(estate, server, service)
                if why:
                    yield Finding(RULE, resource["urn"], why)
