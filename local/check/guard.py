"""The policy pack's rules over what is declared, without CrossGuard."""

from local.check.finding import Finding
from local.declare import Resource
from policy.rules import RULES, breaches


def check(resources: list[Resource]) -> list[Finding]:
    """Every breach, in order."""
    return sorted(Finding(found.rule, found.urn, found.message) for found in breaches(RULES, resources))
