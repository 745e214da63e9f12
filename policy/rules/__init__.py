"""The rules, each in a file of its own. They know neither Pulumi nor the laptop, so both can run them."""

from . import (
    containers,
    diagnostics,
    key_vault,
    postgres_login,
    public_access,
    roles,
    secrets,
    shared_keys,
    ssl_mode,
    tags,
    tls,
    triggers,
)
from .rule import Breach, Resource, Rule, breaches

RULES = tuple(
    module.RULE
    for module in (
        shared_keys,
        public_access,
        tls,
        diagnostics,
        tags,
        roles,
        containers,
        triggers,
        ssl_mode,
        key_vault,
        postgres_login,
        secrets,
    )
)

__all__ = ["RULES", "Breach", "Resource", "Rule", "breaches"]
