"""Checks of a pipeline's own shape: types, dependencies, nesting and the service's limits.

https://learn.microsoft.com/azure/data-factory/concepts-pipelines-activities
https://learn.microsoft.com/azure/data-factory/concepts-nested-activities
https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits#data-factory-limits
"""

from collections.abc import Sequence

from local.adf.definition import Activity, Pipeline
from local.adf.definition.model import CONDITIONS
from local.adf.durations import is_span, seconds_of
from local.adf.runtime.handlers import HANDLERS
from local.adf.validation.findings import Findings
from local.adf.validation.settings import check_settings

MAX_ACTIVITIES, COMMON_ACTIVITIES, MAX_PARAMETERS, MAX_BATCH, MAX_CONCURRENCY = 120, 80, 50, 50, 50
MIN_TIMEOUT, MAX_TIMEOUT = 600.0, 7 * 86_400.0
_LOOPS, _BRANCHES = ("ForEach", "Until"), ("IfCondition", "Switch")


def check_structure(pipeline: Pipeline, findings: Findings, has_jobs: bool) -> None:
    """Everything that can be said of the pipeline without the rest of the factory."""
    name, activities = pipeline.name, list(pipeline.walk())
    if not activities:
        findings.add(name, None, "it has no activities")
    if len(activities) > MAX_ACTIVITIES:
        findings.add(name, None, f"it has {len(activities)} activities; the service takes {MAX_ACTIVITIES}")
    elif len(activities) > COMMON_ACTIVITIES:
        findings.warn(
            name, None, f"it has {len(activities)} activities; beyond {COMMON_ACTIVITIES} ask for a quota"
        )
    if len(pipeline.parameters) > MAX_PARAMETERS:
        findings.add(
            name, None, f"it has {len(pipeline.parameters)} parameters; the service takes {MAX_PARAMETERS}"
        )
    if pipeline.concurrency is not None and not 1 <= pipeline.concurrency <= MAX_CONCURRENCY:
        findings.add(name, None, f"concurrency is {pipeline.concurrency}; it must be 1 to {MAX_CONCURRENCY}")
    names = [activity.name for activity in activities]
    for twice in sorted({one for one in names if names.count(one) > 1}):
        findings.add(name, twice, "there is more than one activity of this name")
    _check_group(pipeline, pipeline.activities, findings, ())
    for activity in activities:
        _check_activity(pipeline, activity, findings, has_jobs)


def _check_activity(pipeline: Pipeline, activity: Activity, findings: Findings, has_jobs: bool) -> None:
    def add(what: str) -> None:
        findings.add(pipeline.name, activity.name, what)

    handler = HANDLERS.get(activity.type)
    if handler is None:
        add(f"activities of type {activity.type} are not supported")
        return
    for key in handler.required:
        if activity.properties.get(key) in (None, ""):
            add(f"it has no '{key}'")
    if activity.type == "DatabricksJob" and not has_jobs:
        add("nothing that runs Databricks jobs was given to this runtime")
    if activity.mark_inactive not in (None, "Succeeded", "Failed", "Skipped"):
        add(f"onInactiveMarkAs is '{activity.mark_inactive}'; it must be Succeeded, Failed or Skipped")
    timeout = (
        activity.properties.get("timeout") if activity.type == "Until" else activity.policy.get("timeout")
    )
    if isinstance(timeout, str) and not timeout.startswith("@"):
        if not is_span(timeout):
            add(f"its timeout '{timeout}' is not a time span: [d.]hh:mm:ss")
        elif activity.type != "Until" and seconds_of(timeout, 0) > MAX_TIMEOUT:
            add(f"its timeout {timeout} is longer than 7 days")
        elif seconds_of(timeout, 0) < MIN_TIMEOUT:
            findings.warn(
                pipeline.name,
                activity.name,
                f"its timeout {timeout} is under 10 minutes, the service's shortest",
            )
    if activity.type == "ExecutePipeline" and activity.properties.get("waitOnCompletion") is None:
        findings.warn(
            pipeline.name,
            activity.name,
            "it does not say waitOnCompletion; the documentation gives true as the default, the REST API false, "
            "and here it does not wait",
        )
    check_settings(activity, add)


def _check_group(
    pipeline: Pipeline, activities: Sequence[Activity], findings: Findings, containers: tuple[str, ...]
) -> None:
    """Dependencies among activities side by side, and what may stand in what."""
    by_name = {activity.name: activity for activity in activities}
    for activity in activities:
        for dependency in activity.dependencies:
            if dependency.activity not in by_name:
                findings.add(
                    pipeline.name,
                    activity.name,
                    f"it depends on '{dependency.activity}', which is not beside it",
                )
            for condition in dependency.conditions:
                if condition not in CONDITIONS:
                    findings.add(pipeline.name, activity.name, f"'{condition}' is not a dependency condition")
        if activity.type in _LOOPS and any(outer in _LOOPS for outer in containers):
            findings.add(
                pipeline.name, activity.name,
                f"a {activity.type} can't stand inside a {containers[-1]}: put it in a pipeline of its own",
            )  # fmt: skip
        elif activity.type in (*_LOOPS, *_BRANCHES) and any(outer in _BRANCHES for outer in containers):
            findings.warn(
                pipeline.name,
                activity.name,
                f"the service's editor allows no {activity.type} inside a {containers[-1]}",
            )
        if activity.type == "ForEach" and not activity.properties.get("isSequential"):
            _warn_of_races(pipeline, activity, findings)
        for group in activity.groups.values():
            _check_group(pipeline, group, findings, (*containers, activity.type))
    circle = _circle(by_name)
    if circle:
        findings.add(pipeline.name, circle[0], f"it depends on itself: {' -> '.join(circle)}")


def _warn_of_races(pipeline: Pipeline, loop: Activity, findings: Findings) -> None:
    """https://learn.microsoft.com/azure/data-factory/control-flow-for-each-activity#limitations-and-workarounds"""
    for inner in loop.walk():
        if inner.type == "SetVariable" and not inner.properties.get("setSystemVariable"):
            findings.warn(
                pipeline.name,
                inner.name,
                f"it sets a variable of the whole pipeline in '{loop.name}', whose items run side by side",
            )


def _circle(by_name: dict[str, Activity]) -> list[str]:
    """The names along a circle of dependencies, empty when there is none."""
    state: dict[str, int] = {}

    def visit(name: str, trail: list[str]) -> list[str]:
        if state.get(name) == 2 or name not in by_name:
            return []
        if state.get(name) == 1:
            return [*trail[trail.index(name) :], name]
        state[name] = 1
        for dependency in by_name[name].dependencies:
            if found := visit(dependency.activity, [*trail, name]):
                return found
        state[name] = 2
        return []

    return next((found for name in by_name if (found := visit(name, []))), [])
