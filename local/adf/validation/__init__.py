"""Looks a pipeline over before it runs: what would fail half-way is refused at once, by name."""

from local.adf.definition import Factory
from local.adf.errors import DefinitionError
from local.adf.validation.findings import Findings
from local.adf.validation.references import check_references
from local.adf.validation.structure import check_structure
from local.adf.validation.texts import check_texts


def validate(factory: Factory, pipeline: str, *, has_jobs: bool = True) -> list[str]:
    """Check a pipeline and every pipeline that it executes.

    Returns:
        Warnings: what works here and is limited or not allowed in the service.

    Raises:
        DefinitionError: with everything that was found.
    """
    findings = Findings()
    checked: set[str] = set()
    waiting = [pipeline]
    while waiting:
        name = waiting.pop()
        if name in checked:
            continue
        checked.add(name)
        found = factory.pipeline(name)
        if found is None:
            known = ", ".join(sorted(factory.pipelines)) or "none"
            findings.add(name, None, f"there is no such pipeline; declared are: {known}")
            continue
        check_structure(found, findings, has_jobs)
        check_references(factory, found, findings)
        check_texts(found, findings)
        waiting += [
            activity.properties["pipeline"]["referenceName"]
            for activity in found.walk()
            if activity.type == "ExecutePipeline" and activity.properties.get("pipeline")
        ]
    if findings.errors:
        raise DefinitionError(pipeline, findings.errors)
    return findings.warnings


__all__ = ["validate"]
