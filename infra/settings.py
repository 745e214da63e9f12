"""What differs between environments, as data: read once from Pulumi's config, typed and refused by name."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from infra.errors import InfraError
from infra.stack import StackName

NAMESPACE = "highwater"
PROJECT = Path(__file__).resolve().parent.parent

Guid = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]
Redundancy = Literal["Standard_LRS", "Standard_ZRS", "Standard_GRS", "Standard_GZRS"]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Administrator(_Model):
    """Who deploys: the Entra principal that administers PostgreSQL and Synapse and applies the scripts."""

    name: str = Field(min_length=1)
    object_id: Guid
    kind: Literal["User", "Group", "ServicePrincipal"] = "Group"


class Lake(_Model):
    """The storage account."""

    redundancy: Redundancy = "Standard_LRS"


class Postgres(_Model):
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


class ExternalSource(_Model):
    """A source of one's own: an existing PostgreSQL server that the factory's identity may read."""

    server: str = Field(min_length=1)
    database: str = Field(min_length=1)
    username: str = Field(min_length=1)
    port: int = Field(5432, ge=1, le=65535)
    ssl_mode: Literal[3, 5] = 5


class Source(_Model):
    """Where rows come from: the sample source on our own server, or an existing server."""

    sample: bool = True
    external: ExternalSource | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "Source":
        if self.sample == (self.external is not None):
            raise ValueError("either sample is true, or external names a server and sample is false")
        return self


class Factory(_Model):
    """The data factory's schedule and patience."""

    every_minutes: int = Field(5, ge=1, le=1440)
    schedule_start: str = Field("2024-01-01T00:00:00Z", pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    # Only steps that may safely run twice are retried: reads at the source, and copies.
    retries: int = Field(1, ge=0, le=10)
    merge_timeout_minutes: int = Field(120, ge=10, le=10080)


class Databricks(_Model):
    """The workspace and its job."""

    environment_version: Literal["4", "5"] = "5"
    performance_target: Literal["PERFORMANCE_OPTIMIZED", "STANDARD"] = "PERFORMANCE_OPTIMIZED"


class Serving(_Model):
    """The Synapse workspace; `driver` names what applies its T-SQL."""

    driver: str = "mssql"


class Settings(_Model):
    """All that a stack may set.

    `organisation` makes names unique that all of Azure shares: two to eight lower case letters or digits.
    """

    stack: StackName
    organisation: str = Field(pattern=r"^[a-z][a-z0-9]{1,7}$")
    location: str = Field("westeurope", pattern=r"^[a-z]+[a-z0-9]*$")
    owner: str = Field(min_length=1)
    cost_center: str = Field(min_length=1)
    protect: bool = False
    administrator: Administrator
    lake: Lake = Lake()
    postgres: Postgres = Postgres()
    source: Source = Source()
    factory: Factory = Factory()
    databricks: Databricks = Databricks()
    serving: Serving = Serving()

    @model_validator(mode="after")
    def _encrypted_on_azure(self) -> "Settings":
        if self.stack.environment != "local" and (self.postgres.ssl_mode == 0 or not self.postgres.entra):
            raise ValueError(
                "postgres.ssl_mode 0 and postgres.entra false are for the laptop's Unix socket only"
            )
        return self

    @property
    def tags(self) -> dict[str, str]:
        """The tags of every resource that can carry some."""
        return {
            "application": NAMESPACE,
            "environment": self.stack.name,
            "owner": self.owner,
            "cost-center": self.cost_center,
            "managed-by": "pulumi",
        }


def _refusal(stack: str, error: ValidationError) -> InfraError:
    lines = []
    for problem in error.errors():
        key = (
            ":".join([NAMESPACE, ".".join(str(part) for part in problem["loc"])])
            if problem["loc"]
            else NAMESPACE
        )
        found = "" if isinstance(problem["input"], (dict, Settings)) else f" (found: {problem['input']!r})"
        lines.append(f"{key}: {problem['msg']}{found}")
    file = f"Pulumi.{StackName.parse(stack).environment}.yaml"
    return InfraError(
        f"The settings of stack {stack} are refused.", "\n".join(lines), f"Correct them in {file}."
    )


def plain(value: Any) -> Any:
    """A config value as data: Pulumi hands an object or a list over as its JSON text."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def stack_file(environment: str, folder: Path = PROJECT) -> dict[str, Any]:
    """The `config` of a stack's file, by full key, as `highwater:location`. Empty when there is none."""
    path = folder / f"Pulumi.{environment}.yaml"
    if not path.exists():
        return {}
    return (yaml.safe_load(path.read_text()) or {}).get("config") or {}


def from_config(stack: str, config: Mapping[str, Any]) -> Settings:
    """Settings of a stack from its whole config.

    A pull request's stack needs no file of its own: what its config does not say is taken from dev's,
    and nothing in it is ever protected.

    Args:
        stack: the stack's name.
        config: full keys to values; keys of other namespaces are left alone.

    Raises:
        InfraError: the name or a value is refused; it lists every key, its rule and the value found.
    """
    name = StackName.parse(stack)
    base = stack_file(name.environment) if name.ephemeral else {}
    given = {
        key.removeprefix(f"{NAMESPACE}:"): plain(value)
        for key, value in {**base, **config}.items()
        if key.startswith(f"{NAMESPACE}:")
    }
    if name.ephemeral:
        given["protect"] = False
    try:
        return Settings.model_validate({**given, "stack": name})
    except ValidationError as error:
        raise _refusal(stack, error) from None


def load() -> Settings:
    """Settings of the stack that is being deployed. Raises InfraError, see `from_config`."""
    import pulumi
    from pulumi.runtime import config

    return from_config(pulumi.get_stack(), {**config.get_config_env(), **config.CONFIG.get()})
