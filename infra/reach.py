"""Who reaches which store, and by which declared path: one table for both network modes.

The private endpoints that a stack declares are read off this table, so that a consumer without a path shows
here before it shows at run time.
"""

from dataclasses import dataclass
from enum import StrEnum

from infra.settings import Settings


class Path(StrEnum):
    """How a consumer's packets reach a store."""

    OPEN = "its public endpoint, which Entra guards"
    FIREWALL = "its public endpoint, by a firewall rule"
    TRUSTED = "its public endpoint, as one of Azure's trusted services"
    ENDPOINT = "a private endpoint in the stack's virtual network"
    MANAGED = "a managed private endpoint of the factory"
    SERVERLESS = "a private endpoint rule of the Databricks account"
    RULE = "a resource access rule of the store, for this very resource"
    OWN = "an address outside of the stack, whose owner lets it in"


@dataclass(frozen=True)
class Way:
    """One consumer's way to one store.

    Attributes:
        consumer: who.
        store: lake, postgres, source, vault, synapse, databricks or monitor.
        parts: the store's sub-resources as Private Link names them; none where nothing private is declared.
        path: how, in this stack.
        why: what it does there.
    """

    consumer: str
    store: str
    parts: tuple[str, ...]
    path: Path
    why: str


# An operation on the dfs endpoint may be redirected to the blob endpoint: Azure's storage documentation asks
# for private endpoints of both.
_LAKE = ("dfs", "blob")
_POSTGRES = ("postgresqlServer",)
_VAULT = ("vault",)
_SERVERLESS_SQL = ("SqlOnDemand",)

_PUBLIC = (
    Way("factory", "lake", _LAKE, Path.OPEN, "lands windows, writes plans, reads receipts"),
    Way("factory", "postgres", _POSTGRES, Path.FIREWALL, "the ledger, and the sample source"),
    Way("factory", "databricks", (), Path.OPEN, "starts the job"),
    Way("databricks", "lake", _LAKE, Path.OPEN, "merges landing into bronze, silver and gold"),
    Way("synapse", "lake", _LAKE, Path.OPEN, "serves the views"),
    Way("administrator", "databricks", (), Path.OPEN, "declares the job and uploads its wheel"),
    Way("administrator", "postgres", _POSTGRES, Path.FIREWALL, "applies scripts, looks into the ledger"),
    Way("administrator", "synapse", _SERVERLESS_SQL, Path.FIREWALL, "applies the views"),
    Way("reports", "synapse", _SERVERLESS_SQL, Path.FIREWALL, "Power BI queries the views"),
)
_PRIVATE = (
    Way("factory", "lake", _LAKE, Path.MANAGED, "lands windows, writes plans, reads receipts"),
    Way("factory", "postgres", _POSTGRES, Path.MANAGED, "the ledger, and the sample source"),
    Way("factory", "databricks", (), Path.OPEN, "starts the job"),
    Way("databricks", "lake", ("dfs",), Path.RULE, "Unity Catalog checks its external locations"),
    Way("synapse", "lake", ("dfs",), Path.RULE, "serves the views"),
    Way("administrator", "databricks", (), Path.OPEN, "declares the job and uploads its wheel"),
    Way("administrator", "lake", _LAKE, Path.ENDPOINT, "looks into the lake from the runner's subnet"),
    Way("administrator", "postgres", _POSTGRES, Path.ENDPOINT, "applies scripts from the runner's subnet"),
    Way(
        "administrator",
        "synapse",
        ("SqlOnDemand", "Sql", "Dev"),
        Path.ENDPOINT,
        "applies the views from the runner's subnet; Synapse Studio opens all three",
    ),
    Way("reports", "synapse", _SERVERLESS_SQL, Path.ENDPOINT, "Power BI, by a gateway in the gateway subnet"),
)
_JOB_CLUSTER = Way("databricks", "lake", _LAKE, Path.ENDPOINT, "the job's clusters are in the network")
_SERVERLESS_JOB = Way("databricks", "lake", _LAKE, Path.SERVERLESS, "the job runs on serverless compute")


def ways(settings: Settings) -> tuple[Way, ...]:
    """Every way of a stack, by its network mode, its compute, its vault and its source."""
    private = settings.network.private
    found = list(_PRIVATE if private else _PUBLIC)
    if settings.sql_apply == "factory":
        path = Path.MANAGED if private else Path.FIREWALL
        found.append(Way("deployer", "postgres", _POSTGRES, path, "applies scripts from the factory"))
        found.append(Way("deployer", "synapse", _SERVERLESS_SQL, path, "applies the views from the factory"))
    if settings.monitoring.enabled:
        found.append(Way("factory", "monitor", (), Path.OPEN, "sends the facts of its runs"))
    if private:
        found.append(_SERVERLESS_JOB if settings.compute == "serverless" else _JOB_CLUSTER)
    # Secrets are put into a vault through the management interface, which needs no way to the vault itself.
    if settings.has_vault and private:
        found.append(
            Way("administrator", "vault", _VAULT, Path.ENDPOINT, "looks after secrets from the runner")
        )
    own = settings.source.external
    if own is not None:
        managed = private and own.resource_id
        parts, path = (_POSTGRES, Path.MANAGED) if managed else ((), Path.OWN)
        found.append(Way("factory", "source", parts, path, "reads the tables"))
        if own.secret is not None:
            path = Path.MANAGED if private else Path.TRUSTED
            found.append(Way("factory", "vault", _VAULT, path, "reads the source's password"))
    return tuple(found)


def links(settings: Settings, path: Path) -> tuple[tuple[str, str], ...]:
    """Each store and sub-resource that a stack reaches by that path, once and in order."""
    return tuple(sorted({(w.store, part) for w in ways(settings) if w.path == path for part in w.parts}))
