"""Inside the factory everything refers to everything by name: each name must be declared."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from local.check.estate import Estate, activities, objects
from local.check.finding import Finding

RULE = "factory-reference"

# The `type` of a reference to the kind of thing in a factory's ARM ids.
KINDS = {
    "CredentialReference": "credentials",
    "DataFlowReference": "dataflows",
    "DatasetReference": "datasets",
    "IntegrationRuntimeReference": "integrationruntimes",
    "LinkedServiceReference": "linkedservices",
    "ManagedVirtualNetworkReference": "managedvirtualnetworks",
    "PipelineReference": "pipelines",
    "TriggerReference": "triggers",
}
# Every factory has it without being asked.
_BUILT_IN = {("integrationruntimes", "AutoResolveIntegrationRuntime")}
_OUTPUT_OF = re.compile(r"activity\('((?:[^']|'')+)'\)")


def _levels(steps: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """The lists of activities that run side by side: only there may one wait for another."""
    steps = list(steps)
    yield steps
    for step in steps:
        for key in ("activities", "ifTrueActivities", "ifFalseActivities", "defaultActivities"):
            yield from _levels(step.get(key) or ()) if step.get(key) else ()
        for case in step.get("cases") or ():
            yield from _levels(case.get("activities") or ())


def _between_activities(estate: Estate) -> Iterator[Finding]:
    for pipeline in estate.of("datafactory:Pipeline"):
        for level in _levels(pipeline["inputs"].get("activities") or ()):
            names = {step["name"] for step in level}
            for step in level:
                for awaited in step.get("dependsOn") or ():
                    if awaited["activity"] not in names:
                        message = (
                            f"{step['name']!r} waits for {awaited['activity']!r}, which is not beside it"
                        )
                        yield Finding(RULE, pipeline["urn"], message)
        names = {step["name"] for step in activities(pipeline)}
        read = {name.replace("''", "'") for text in _texts(pipeline) for name in _OUTPUT_OF.findall(text)}
        for name in sorted(read - names):
            message = f"an expression reads the output of {name!r}, which no activity is called"
            yield Finding(RULE, pipeline["urn"], message)


def _texts(resource: Mapping[str, Any]) -> Iterator[str]:
    for found in objects(resource["inputs"]):
        for value in found.values():
            if isinstance(value, str) and value.startswith("@"):
                yield value


def check(estate: Estate) -> Iterator[Finding]:
    """Linked services, datasets, pipelines, triggers, runtimes, credentials and activities, by name."""
    known = set(estate.in_factory) | _BUILT_IN
    for resource in estate.resources:
        for found in objects(resource["inputs"]):
            kind, name = KINDS.get(str(found.get("type"))), found.get("referenceName")
            if kind and isinstance(name, str) and (kind, name) not in known:
                yield Finding(RULE, resource["urn"], f"{found['type']} {name!r} is not declared")
    yield from _between_activities(estate)
