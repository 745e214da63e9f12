"""Who may do what on Azure: one table, and the role assignments that come of it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import authorization

from infra.place import Place

BLOB_CONTRIBUTOR = "Storage Blob Data Contributor"
BLOB_READER = "Storage Blob Data Reader"
METRICS_PUBLISHER = "Monitoring Metrics Publisher"
SECRETS_USER = "Key Vault Secrets User"

# Azure's built-in roles by the id that is the same everywhere.
ROLES = {
    BLOB_CONTRIBUTOR: "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    BLOB_READER: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    METRICS_PUBLISHER: "3913510d-42f4-4e42-8a64-420c390055eb",
    SECRETS_USER: "4633458b-17de-408a-b874-0445c86b69e6",
}


@dataclass(frozen=True)
class Grant:
    """One line of the table: an identity, a role, where, and what it needs that for.

    A stack's settings may leave out the scope of an `optional` one.
    """

    who: str
    role: str
    scope: str
    why: str
    optional: bool = False


GRANTS = (
    Grant("factory", BLOB_CONTRIBUTOR, "landing", "writes windows and plans, reads receipts"),
    Grant("factory", METRICS_PUBLISHER, "run_facts", "sends the facts of its runs", optional=True),
    Grant("factory", SECRETS_USER, "source_secret", "reads the source's password", optional=True),
    Grant("databricks", BLOB_CONTRIBUTOR, "lake", "reads landing, writes every later layer and the receipts"),
    Grant("synapse", BLOB_READER, "gold", "serves the views of schema mart"),
    Grant("synapse", BLOB_READER, "restricted", "serves the views of schema restricted"),
)


def assignment_name(scope: str, role: str, principal: str) -> str:
    """An assignment's own GUID: the same for the same three, another one when any of them changes.

    A name that stayed while the principal changed would be an update, which Azure refuses.
    """
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "|".join((scope.lower(), ROLES[role], principal))))


class Access(pulumi.ComponentResource):
    """The role assignments of `GRANTS`.

    Args:
        principals: principal id of each identity, by the table's `who`.
        scopes: ARM id of each scope, by the table's `scope`.
    """

    def __init__(
        self,
        place: Place,
        principals: Mapping[str, pulumi.Input[str]],
        scopes: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ):
        super().__init__("highwater:infra:Access", "access", None, opts)
        for grant in GRANTS:
            if grant.optional and grant.scope not in scopes:
                continue
            principal, scope = principals[grant.who], scopes[grant.scope]
            authorization.RoleAssignment(
                f"{grant.who}-{grant.scope}",
                role_assignment_name=pulumi.Output.all(scope, principal).apply(
                    lambda found, role=grant.role: assignment_name(found[0], role, found[1])
                ),
                scope=scope,
                principal_id=principal,
                # Told, so that Azure doesn't look up an identity that it made a moment ago and not find it.
                principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
                role_definition_id=pulumi.Output.concat(
                    place.subscription,
                    "/providers/Microsoft.Authorization/roleDefinitions/",
                    ROLES[grant.role],
                ),
                description=grant.why,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
