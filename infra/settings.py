"""What differs between environments, as data: read once from Pulumi's config, typed and refused by name."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError, model_validator

from infra.errors import InfraError
from infra.sections import Administrator, Databricks, Factory, Lake, Postgres, Section, Serving, Source
from infra.stack import StackName

NAMESPACE = "highwater"
PROJECT = Path(__file__).resolve().parent.parent


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
