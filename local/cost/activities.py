"""How many activities of each type one run of a declared pipeline has, when nothing fails."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

Activity = Mapping[str, Any]


def count(
    pipelines: Mapping[str, Mapping[str, Any]],
    name: str,
    loops: Mapping[str, float],
    chances: Mapping[str, float],
) -> Counter:
    """Runs of activities by type, in one run of a pipeline and of those that it executes; fractions are averages.

    Args:
        pipelines: every pipeline's inputs by its name.
        name: the pipeline that runs.
        loops: how often each ForEach goes round, by its name.
        chances: how likely each IfCondition holds, by its name.
    """
    total: Counter = Counter()

    def walk(activities: Sequence[Activity], times: float) -> None:
        skipped: set[str] = set()
        for activity in _in_order(activities):
            if _is_skipped(activity, skipped):
                skipped.add(activity["name"])
                continue
            total[activity["type"]] += times
            kind = activity["type"]
            if kind == "ForEach":
                walk(activity["activities"], times * loops[activity["name"]])
            elif kind == "IfCondition":
                chance = chances[activity["name"]]
                walk(activity.get("ifTrueActivities") or [], times * chance)
                walk(activity.get("ifFalseActivities") or [], times * (1 - chance))
            elif kind == "ExecutePipeline":
                walk(pipelines[activity["pipeline"]["referenceName"]]["activities"], times)

    walk(pipelines[name]["activities"], 1)
    return total


def _in_order(activities: Sequence[Activity]) -> list[Activity]:
    """Each after those that it depends on."""
    left, done, ordered = list(activities), set(), []
    while left:
        ready = [a for a in left if {d["activity"] for d in a.get("dependsOn") or []} <= done]
        ordered += ready
        done |= {a["name"] for a in ready}
        left = [a for a in left if a["name"] not in done]
    return ordered


def _is_skipped(activity: Activity, skipped: set[str]) -> bool:
    """Whether it waits for an outcome that doesn't come: everything succeeds, and what was skipped is skipped."""
    for dependency in activity.get("dependsOn") or []:
        outcomes = set(dependency["dependencyConditions"])
        wanted = {"Skipped"} if dependency["activity"] in skipped else {"Succeeded", "Completed"}
        if not outcomes & wanted:
            return True
    return False
