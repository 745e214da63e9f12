"""When an activity runs, and whether a set of activities has succeeded: the service's two rules.

https://learn.microsoft.com/azure/data-factory/concepts-pipelines-activities#activity-dependency
https://learn.microsoft.com/azure/data-factory/tutorial-pipeline-failure-error-handling
"""

from collections.abc import Mapping, Sequence

from local.adf.definition import Activity, Dependency

DONE = ("Succeeded", "Failed", "Skipped")


def is_met(dependency: Dependency, status: str) -> bool:
    """Whether an outcome satisfies a dependency: any of its conditions will do; skipped is not completed."""
    return any(
        status == condition or (condition == "Completed" and status in ("Succeeded", "Failed"))
        for condition in dependency.conditions
    )


def decision(activity: Activity, statuses: Mapping[str, str]) -> str:
    """'wait', 'run' or 'skip': all dependencies must have ended, and all must be met."""
    if any(one.activity not in statuses for one in activity.dependencies):
        return "wait"
    return "run" if all(is_met(one, statuses[one.activity]) for one in activity.dependencies) else "skip"


def failures(activities: Sequence[Activity], statuses: Mapping[str, str]) -> list[str]:
    """The activities whose failure fails the whole; empty when it succeeded.

    The leaves decide. For a leaf that was skipped its parents are looked at instead, and so on upwards.
    """
    by_name = {activity.name: activity for activity in activities}
    parents = {one.activity for activity in activities for one in activity.dependencies}
    found: dict[str, None] = {}
    seen: set[str] = set()

    def look(name: str) -> None:
        if name in seen:
            return
        seen.add(name)
        if statuses[name] == "Failed":
            found[name] = None
        elif statuses[name] == "Skipped":
            for dependency in by_name[name].dependencies:
                look(dependency.activity)

    for activity in activities:
        if activity.name not in parents:
            look(activity.name)
    return list(found)
