"""The rules as CrossGuard policies: the thin part that knows Pulumi's policy SDK."""

from collections.abc import Iterable

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)


def _declared(resource: PolicyResource) -> dict:
    """A stack's resource as the rules see it. Its properties are outputs here, which repeat the inputs."""
    made_from = {
        name: [found.urn for found in resources] for name, resources in resource.property_dependencies.items()
    }
    return {
        "urn": resource.urn,
        "type": resource.resource_type,
        "inputs": resource.props,
        "options": {"propertyDependencies": made_from},
    }


def policy(rule) -> Policy:
    """A rule as a policy that stops the deployment.

    A value that a preview doesn't know makes the SDK report that the one policy can't run yet.
    """

    def one(args: ResourceValidationArgs, report: ReportViolation) -> None:
        resource = {"urn": args.urn, "type": args.resource_type, "inputs": args.props, "options": {}}
        for message in rule.resource(resource):
            report(message, None)

    def whole(args: StackValidationArgs, report: ReportViolation) -> None:
        for urn, message in rule.stack([_declared(resource) for resource in args.resources]):
            report(message, urn)

    made, check = (ResourceValidationPolicy, one) if rule.resource else (StackValidationPolicy, whole)
    return made(rule.name, rule.description, check, enforcement_level=EnforcementLevel.MANDATORY)


def policies(rules: Iterable) -> list[Policy]:
    """Every rule as a policy."""
    return [policy(rule) for rule in rules]
