"""Every parameter that is passed exists, and every one without a default is passed."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from local.check.estate import Estate, activities, leaves, objects
from local.check.finding import Finding

RULE = "parameter"
_USED = {
    "datafactory:Pipeline": re.compile(r"pipeline\(\)\.parameters\.(\w+)"),
    "datafactory:Dataset": re.compile(r"dataset\(\)\.(\w+)"),
    "datafactory:LinkedService": re.compile(r"linkedService\(\)\.(\w+)"),
}


def _declared(resource: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    inputs = resource["inputs"]
    return inputs.get("parameters") or (inputs.get("properties") or {}).get("parameters") or {}


def _differences(what: str, given: Mapping[str, Any], declared: Mapping[str, Any]) -> Iterator[str]:
    """What is given and not declared, and what is declared without a default and not given."""
    for name in sorted(set(given) - set(declared)):
        yield f"{what} has no parameter {name!r}"
    for name, spec in sorted(declared.items()):
        if name not in given and "defaultValue" not in (spec or {}):
            yield f"{what} needs the parameter {name!r}, which is not given"


def _references(estate: Estate, value: Any) -> Iterator[str]:
    """References to datasets and linked services with their parameters."""
    kinds = {"DatasetReference": "datasets", "LinkedServiceReference": "linkedservices"}
    for found in objects(value):
        kind, name = kinds.get(str(found.get("type"))), found.get("referenceName")
        target = estate.in_factory.get((kind, name)) if kind and isinstance(name, str) else None
        if target is not None:
            yield from _differences(f"{name!r}", found.get("parameters") or {}, _declared(target))


def _job(estate: Estate, step: Mapping[str, Any]) -> Iterator[str]:
    """A Databricks job's own parameters: an empty default is none, for the job would have nothing to do."""
    job = next((j for j in estate.of("databricks:index/job:Job") if estate.id(j) == step.get("jobId")), None)
    if job is None:
        yield f"{step['name']!r} runs the job {step.get('jobId')}, which is not declared"
        return
    declared = {
        p["name"]: {"defaultValue": p["default"]} if p.get("default") else {}
        for p in job["inputs"].get("parameters") or ()
    }
    given = step.get("jobParameters") or {}
    yield from _differences(f"the job of {step['name']!r}", given, declared)
    for task in job["inputs"].get("tasks") or ():
        # https://docs.databricks.com/aws/en/jobs/job-parameters: they are pushed down to keyword arguments.
        if given and "pythonWheelTask" in task and "namedParameters" not in task["pythonWheelTask"]:
            yield f"the wheel of {step['name']!r} takes no named parameters, so what the job gets never arrives"


def _pipeline(estate: Estate, what: str, found: Mapping[str, Any], name: Any) -> Iterator[str]:
    target = estate.in_factory.get(("pipelines", name)) if isinstance(name, str) else None
    if target is not None:
        yield from _differences(
            f"the pipeline {name!r} of {what}", found.get("parameters") or {}, _declared(target)
        )


def _problems(estate: Estate, resource: Mapping[str, Any]) -> Iterator[str]:
    yield from _references(estate, resource["inputs"])
    for step in activities(resource):
        if step["type"] == "ExecutePipeline":
            yield from _pipeline(estate, repr(step["name"]), step, step["pipeline"].get("referenceName"))
        if step["type"] == "DatabricksJob":
            yield from _job(estate, step)
    if resource["type"] == "azure-native:datafactory:Trigger":
        own = resource["inputs"]["properties"]
        for one in [*(own.get("pipelines") or ()), *([own["pipeline"]] if own.get("pipeline") else [])]:
            name = one["pipelineReference"]["referenceName"]
            yield from _pipeline(estate, "the trigger", one, name)
    pattern = _USED.get(resource["type"].removeprefix("azure-native:"))
    if pattern:
        used = {name for text in leaves(resource["inputs"]) for name in pattern.findall(text)}
        for name in sorted(used - set(_declared(resource))):
            yield f"an expression reads the parameter {name!r}, which is not declared"


def check(estate: Estate) -> Iterator[Finding]:
    """Pipelines, triggers, datasets, linked services and jobs."""
    for resource in estate.resources:
        for message in _problems(estate, resource):
            yield Finding(RULE, resource["urn"], message)
