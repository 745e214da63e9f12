"""The sections of a stack's settings: what differs between environments, as typed data."""

from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from infra.network import addresses
from infra.section import Guid, Section

EntraName = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\[\]'\"\x00-\x1f]+$")]
_LABEL = r"[0-9A-Za-z]([0-9A-Za-z-]{0,61}[0-9A-Za-z])?"
HostName = Annotated[str, Field(max_length=253, pattern=rf"^{_LABEL}(\.{_LABEL})*$")]
Redundancy = Literal["Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_GZRS"]


class Administrator(Section):
    """Who deploys: the Entra principal that administers PostgreSQL and Synapse and applies the scripts."""

    name: str = Field(min_length=1)
    object_id: Guid
    kind: Literal["User", "Group", "ServicePrincipal"] = "Group"
    # Synapse knows a service principal by its application's id, PostgreSQL by its object's.
    application_id: Guid | None = None

    @model_validator(mode="after")
    def _both_ids(self) -> "Administrator":
        if self.kind == "ServicePrincipal" and self.application_id is None:
            raise ValueError("a ServicePrincipal needs its application_id too (found: None)")
        return self


class Lake(Section):
    """The storage account, and for how long it keeps what is no longer needed, in days."""

    redundancy: Redundancy = "Standard_LRS"
    # A window is merged minutes after it has landed. One that no run could merge for so long has raised the
    # freshness alarm for as long; two weeks is the least that leaves people time to act.
    landing_days: int = Field(30, ge=14, le=3650)
    # Cool storage bills thirty days at the least. None: bronze stays hot.
    bronze_cool_days: int | None = Field(30, ge=30, le=3650)
    # What was deleted, a blob or a container, can be had back for so long.
    soft_delete_days: int = Field(7, ge=1, le=365)


class Postgres(Section):
    """The flexible server of the control database and of the sample source."""

    driver: str = "postgresql"
    # The factory logs in as its Entra identity; the laptop's server has no such thing, only its own roles.
    entra: bool = True
    version: Literal["16", "17", "18"] = "17"
    tier: Literal["Burstable", "GeneralPurpose", "MemoryOptimized"] = "Burstable"
    sku: str = "Standard_B2s"
    storage_gb: Literal[32, 64, 128, 256, 512, 1024, 2048] = 32
    backup_days: int = Field(7, ge=7, le=35)
    geo_backup: bool = False
    high_availability: Literal["Disabled", "SameZone", "ZoneRedundant"] = "Disabled"
    # The connector's own default, 2, prefers encryption and does without: only these two are let through.
    ssl_mode: Literal[0, 3, 5] = 5

    @model_validator(mode="after")
    def _burstable_stands_alone(self) -> "Postgres":
        if self.tier == "Burstable" and self.high_availability != "Disabled":
            raise ValueError(
                "highwater:postgres.high_availability must be Disabled where highwater:postgres.tier is Burstable, "
                f"which has none (found: {self.high_availability!r})"
            )
        return self


class ExternalSource(Section):
    """A source of one's own: an existing PostgreSQL server that the factory may read.

    It logs in as its Entra identity; or, with `secret`, by the password that this entry of the stack's Key
    Vault holds. `resource_id` is for an Azure flexible server that a private stack reaches privately.
    """

    server: HostName
    # They become parts of a connection's text: nothing in them may end a part and begin another.
    database: str = Field(pattern=r"^[0-9A-Za-z_][0-9A-Za-z_.$-]{0,62}$")
    username: str = Field(pattern=r"^[0-9A-Za-z_][0-9A-Za-z_.$#@+-]{0,62}$")
    port: int = Field(5432, ge=1, le=65535)
    ssl_mode: Literal[3, 5] = 5
    secret: str | None = Field(None, pattern=r"^[0-9a-zA-Z-]{1,127}$")
    resource_id: str | None = Field(
        None,
        pattern=r"^/subscriptions/[0-9a-f-]{36}/resourceGroups/[^/]+/providers"
        r"/Microsoft\.DBforPostgreSQL/flexibleServers/[^/]+$",
    )


class Source(Section):
    """Where rows come from: the sample source on our own server, or an existing server."""

    sample: bool = True
    external: ExternalSource | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "Source":
        if self.sample == (self.external is not None):
            external = "left out" if self.external is None else "given"
            raise ValueError(
                "highwater:source.external must name a server where highwater:source.sample is false, and be left "
                f"out where it is true (found: {external}, {self.sample})"
            )
        return self


class Factory(Section):
    """The data factory's schedule and patience."""

    every_minutes: int = Field(5, ge=1, le=1440)
    schedule_start: str = Field("2024-01-01T00:00:00Z", pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    # Only steps that may safely run twice are retried: reads at the source, and copies.
    retries: int = Field(1, ge=0, le=10)
    merge_timeout_minutes: int = Field(120, ge=10, le=10080)
    # Triggers are made stopped. Started ones are stopped and started around every change of theirs.
    triggers: Literal["started", "stopped"] = "started"
    trigger_plane: str = Field("infra.trigger_plane:azure", pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")


class Serving(Section):
    """The Synapse workspace; `driver` names what applies its T-SQL.

    Readers are Entra groups, users or service principals by their names; the restricted schema has its own.
    """

    driver: str = "mssql"
    readers: tuple[EntraName, ...] = ()
    restricted_readers: tuple[EntraName, ...] = ()
    # At the limit queries fail until the next day: a guard against a runaway, not a budget. None: no limit.
    daily_terabytes: int | None = Field(None, ge=1, le=1000)


class Sql(Section):
    """How scripts get to the databases.

    `direct`: from where `pulumi up` runs. `factory`: by the factory's pipeline `deploy_sql`, from inside the
    network. `auto`: by the factory in a private stack, straight in any other.
    """

    apply: Literal["auto", "direct", "factory"] = "auto"


class Budget(Section):
    """A month's budget of a stack, in the subscription's own currency.

    `start` is the first day of the month in which the stack is first deployed: Azure takes no earlier one.
    """

    amount: int = Field(ge=1)
    start: str = Field(pattern=r"^20\d\d-(0[1-9]|1[0-2])-01$")


class Monitoring(Section):
    """What is kept of a stack's logs, and when somebody is told."""

    enabled: bool = True
    retention_days: int = Field(30, ge=30, le=730)
    # Beyond the cap nothing more is taken in that day, facts included: an alarm of its own, not a saving.
    daily_cap_gb: float = Field(1, ge=0.1, le=1000)
    alert_emails: tuple[Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")], ...] = ()
    evaluate_minutes: Literal[5, 10, 15] = 15
    held_back_minutes: int = Field(15, ge=1)
    quarantine_rate: float = Field(0.01, gt=0, lt=1)
    budget: Budget | None = None


class Vault(Section):
    """The stack's Key Vault. A source that names a `secret` has one, whatever this says."""

    enabled: bool = False


class Subnets(Section):
    """The subnets of a private stack's virtual network."""

    endpoints: IPv4Network = IPv4Network("10.20.0.0/26")
    runner: IPv4Network = IPv4Network("10.20.0.64/28")
    gateway: IPv4Network = IPv4Network("10.20.0.80/28")
    databricks_hosts: IPv4Network = IPv4Network("10.20.2.0/24")
    databricks_containers: IPv4Network = IPv4Network("10.20.3.0/24")


class Runtime(Section):
    """The factory's compute in its managed network: how much of it, and how long it is kept warm.

    Cold compute costs each activity a minute or two; warm compute is paid for while it waits.
    """

    time_to_live_minutes: int = Field(10, ge=5, le=240)
    copy_units: int = Field(4, ge=4, le=256, multiple_of=4)
    pipeline_nodes: int = Field(1, ge=1, le=10)
    external_nodes: int = Field(1, ge=1, le=10)


class Network(Section):
    """Whether the stores have public endpoints, and who reaches them.

    In a public stack PostgreSQL and Synapse let in Azure's own services and the ranges of `allowed`, each
    `a.b.c.d` or `a.b.c.d-e.f.g.h` by the name of its firewall rule. A private stack has private endpoints
    alone, in a virtual network of its own and in the factory's managed one.
    """

    mode: Literal["public", "private"] = "public"
    azure_services: bool = True
    allowed: dict[
        Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$")],
        Annotated[str, AfterValidator(addresses.a_range)],
    ] = {}
    address_space: IPv4Network = IPv4Network("10.20.0.0/20")
    subnets: Subnets = Subnets()
    runtime: Runtime = Runtime()

    @property
    def private(self) -> bool:
        return self.mode == "private"

    @model_validator(mode="after")
    def _sound(self) -> "Network":
        if self.private and self.allowed:
            raise ValueError(f"allowed is for mode public: nothing public is left (found: {self.allowed})")
        wrong = self.private and addresses.refusal(self.address_space, dict(self.subnets))
        if wrong:
            raise ValueError(wrong)
        return self
