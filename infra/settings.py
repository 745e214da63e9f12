"""What differs between environments, as data: read once from Pulumi's config, typed and refused by name."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from infra.databricks_section import Databricks
from infra.errors import InfraError
from infra.maintenance import Maintenance
from infra.reconciliation import Reconciliation
from infra.section import Section
from infra.sections import (
    Administrator,
    Factory,
    Lake,
    Monitoring,
    Network,
    Postgres,
    Serving,
    Source,
    Sql,
    Vault,
)
from infra.stack import StackName

NAMESPACE = "highwater"
PROJECT = Path(__file__).resolve().parent.parent
_SECRETIVE = re.compile(r"password|pwd|secret|secure|token|credential|key", re.IGNORECASE)


class Settings(Section):
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
    sql: Sql = Sql()
    monitoring: Monitoring = Monitoring()
    network: Network = Network()
    vault: Vault = Vault()
    maintenance: Maintenance = Maintenance()
    reconciliation: Reconciliation = Reconciliation()

    @model_validator(mode="after")
    def _encrypted_on_azure(self) -> "Settings":
        if self.stack.environment != "local" and (self.postgres.ssl_mode == 0 or not self.postgres.entra):
            raise ValueError(
                "highwater:postgres.ssl_mode must be 3 or 5, and highwater:postgres.entra true, anywhere but on "
                f"the laptop's Unix socket (found: {self.postgres.ssl_mode}, {self.postgres.entra})"
            )
        return self

    @model_validator(mode="after")
    def _reachable(self) -> "Settings":
        if self.network.private and self.compute == "serverless" and self.databricks.account_id is None:
            raise ValueError(
                "highwater:databricks.account_id must be a GUID where highwater:databricks.compute is serverless "
                "and highwater:network.mode private (found: None): the private endpoints are the account's"
            )
        public = self.stack.environment != "local" and not self.network.private
        if public and not (self.network.azure_services or self.network.allowed):
            raise ValueError(
                "highwater:network.azure_services must be true, or highwater:network.allowed name a range, in mode "
                "public (found: False, none): PostgreSQL and Synapse would be closed to all"
            )
        return self

    @property
    def compute(self) -> Literal["serverless", "job_cluster"]:
        """What the job runs on: serverless in a public stack and clusters in a private one, unless told."""
        if self.databricks.compute != "auto":
            return self.databricks.compute
        return "job_cluster" if self.network.private else "serverless"

    @property
    def sql_apply(self) -> Literal["direct", "factory"]:
        """How scripts get to the databases: through the factory in a private stack, unless told."""
        if self.sql.apply != "auto":
            return self.sql.apply
        return "factory" if self.network.private else "direct"

    @property
    def has_vault(self) -> bool:
        """Whether the stack has a Key Vault: it is asked for, or the source's password lies in one."""
        return self.vault.enabled or bool(self.source.external and self.source.external.secret)

    @model_validator(mode="after")
    def _catalogued_on_azure(self) -> "Settings":
        if self.stack.environment != "local" and not self.databricks.unity_catalog:
            raise ValueError(
                "highwater:databricks.unity_catalog must be true anywhere but on the laptop (found: False): "
                "without it no job reaches the lake"
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


def _tellable(key: str, value: Any) -> bool:
    """Whether a refused value may be shown: no whole object, nor what is or brings in a secret."""
    whole = isinstance(value, (dict, Settings)) or (isinstance(value, str) and value[:1] in ("{", "["))
    assigns = isinstance(value, str) and "=" in value and _SECRETIVE.search(value)
    return not whole and not assigns and not _SECRETIVE.search(key)


def _refusal(stack: str, error: ValidationError) -> InfraError:
    lines = []
    for problem in error.errors():
        key = (
            ":".join([NAMESPACE, ".".join(str(part) for part in problem["loc"])])
            if problem["loc"]
            else NAMESPACE
        )
        found = f" (found: {problem['input']!r})" if _tellable(key, problem["input"]) else ""
        rule = problem["msg"].removeprefix("Value error, ")
        # A rule across settings names its keys, in full, itself.
        lines.append(rule if rule.startswith(f"{NAMESPACE}:") else f"{key}: {problem['msg']}{found}")
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
