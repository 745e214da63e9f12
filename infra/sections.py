"""The sections of a stack's settings: what differs between environments, as typed data."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Guid = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
Redundancy = Literal["Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_GZRS"]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Administrator(Section):
    """Who deploys: the Entra principal that administers PostgreSQL and Synapse and applies the scripts."""

    name: str = Field(min_length=1)
    object_id: Guid
    kind: Literal["User", "Group", "ServicePrincipal"] = "Group"


class Lake(Section):
    """The storage account."""

    redundancy: Redundancy = "Standard_LRS"


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
            raise ValueError("a Burstable server has no high availability; use GeneralPurpose or Disabled")
        return self


class ExternalSource(Section):
    """A source of one's own: an existing PostgreSQL server that the factory's identity may read."""

    server: str = Field(min_length=1)
    database: str = Field(min_length=1)
    username: str = Field(min_length=1)
    port: int = Field(5432, ge=1, le=65535)
    ssl_mode: Literal[3, 5] = 5


class Source(Section):
    """Where rows come from: the sample source on our own server, or an existing server."""

    sample: bool = True
    external: ExternalSource | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "Source":
        if self.sample == (self.external is not None):
            raise ValueError("either sample is true, or external names a server and sample is false")
        return self


class Factory(Section):
    """The data factory's schedule and patience."""

    every_minutes: int = Field(5, ge=1, le=1440)
    schedule_start: str = Field("2024-01-01T00:00:00Z", pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    # Only steps that may safely run twice are retried: reads at the source, and copies.
    retries: int = Field(1, ge=0, le=10)
    merge_timeout_minutes: int = Field(120, ge=10, le=10080)


class Databricks(Section):
    """The workspace and its job."""

    environment_version: Literal["4", "5"] = "5"
    performance_target: Literal["PERFORMANCE_OPTIMIZED", "STANDARD"] = "PERFORMANCE_OPTIMIZED"


class Serving(Section):
    """The Synapse workspace; `driver` names what applies its T-SQL."""

    driver: str = "mssql"
