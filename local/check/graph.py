"""All checks of what a stack declares."""

from collections.abc import Mapping

from local.check import endpoints, ids, logins, parameters, places, references, roles, sql_logins
from local.check.estate import Estate
from local.check.finding import Finding
from local.declare import Resource

CHECKS = (references, ids, places, endpoints, roles, logins, sql_logins, parameters)


def check(resources: list[Resource], config: Mapping[str, str]) -> list[Finding]:
    """Everything that does not fit together, in order.

    Args:
        resources: as `local.declare.resources` gives them.
        config: the stack's config; what it names counts as existing.
    """
    estate = Estate(resources, config)
    return sorted({finding for one in CHECKS for finding in one.check(estate)})
