"""Stacks for the tests of the network: the declared ones, and some whose settings differ in one thing."""

import functools
import json
from typing import Any

import stacks

from local.declare import resources, stack_config

ACCOUNT = "22222222-2222-2222-2222-222222222222"
OWN_SERVER = (
    "/subscriptions/33333333-3333-3333-3333-333333333333/resourceGroups/shop/providers"
    "/Microsoft.DBforPostgreSQL/flexibleServers/shop"
)
_BY_PASSWORD = {
    "server": "db.acme.example",
    "database": "shop",
    "username": "reader",
    "secret": "shop-password",
}

# name: stack, and the sections laid over its own settings.
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "local": ("local", {}),
    "dev": ("dev", {}),
    "staging": ("staging", {}),
    "prod": ("prod", {}),
    "pr-7": ("pr-7", {}),
    "serverless": ("staging", {"databricks": {"compute": "serverless", "account_id": ACCOUNT}}),
    "own source": ("dev", {"source": {"sample": False, "external": _BY_PASSWORD}}),
    "own private source": (
        "staging",
        {"source": {"sample": False, "external": _BY_PASSWORD | {"resource_id": OWN_SERVER}}},
    ),
    "runner": ("staging", {"sql": {"apply": "direct"}}),
}


def config_of(variant: str) -> dict[str, str]:
    """The whole config of a variant, as the engine hands it over."""
    stack, sections = VARIANTS[variant]
    return stack_config(stack) | {f"highwater:{key}": json.dumps(value) for key, value in sections.items()}


@functools.cache
def declared(variant: str) -> tuple[dict, ...]:
    """Every resource of a variant."""
    stack, sections = VARIANTS[variant]
    return tuple(resources(stack, config_of(variant)) if sections else stacks.declared(stack))


def inputs_of(variant: str, token: str) -> dict[str, dict]:
    """The inputs of each resource of a type by logical name; the token without its package's long part."""
    return {
        one["urn"].rpartition("::")[2]: one["inputs"]
        for one in declared(variant)
        if one["type"].endswith(token)
    }


def awaited_by(variant: str, token: str, name: str) -> set[str]:
    """Logical names of what a resource waits for."""
    (one,) = [
        r for r in declared(variant) if r["type"].endswith(token) and r["urn"].rpartition("::")[2] == name
    ]
    return {urn.rpartition("::")[2] for urn in one["options"].get("dependsOn", ())}
