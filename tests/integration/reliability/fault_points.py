"""Where a run can break, as the code itself tells: the declared activities, what a run passes, what the job commits."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.adf import Factory
from local.adf.definition.model import Activity


@dataclass(frozen=True)
class Fault:
    """One break of one run.

    Attributes:
        point: an activity's path and `:before`, `:progress` or `:after`, or the name that the job gives a point.
        how: `raise` (the activity or the job's step fails) or `kill` (the process dies there by SIGKILL).
        cause: the path of the activity that fails first, for a point that only a failure leads to.
        first_load: the point is passed when the tables are new, and not later.
    """

    point: str
    how: str
    cause: str | None = None
    first_load: bool = False

    def __str__(self) -> str:
        return f"{self.how} {self.point}" + (f" once {self.cause} failed" if self.cause else "")


def plain(step: str) -> str:
    """A step's name without the numbers of its iterations."""
    return re.sub(r"\[\d+\]", "", step)


def declared(factory: Factory, pipeline: str) -> dict[str, Activity]:
    """Every activity of a pipeline and of those that it executes, by path."""
    found: dict[str, Activity] = {}

    def walk(activities: tuple[Activity, ...], prefix: str) -> None:
        for one in activities:
            found[f"{prefix}/{one.name}"] = one
            for inner in one.groups.values():
                walk(inner, f"{prefix}/{one.name}")
            if one.type == "ExecutePipeline":
                name = one.properties["pipeline"]["referenceName"]
                walk(factory.pipeline(name).activities, name)

    walk(factory.pipeline(pipeline).activities, pipeline)
    return found


def cause(path: str, tree: dict[str, Activity], passed: set[str]) -> str:
    """The activity that a good run passes and whose failure leads to the one at `path`, which no good run passes."""
    parent = path.rsplit("/", 1)[0]
    for dependency in tree[path].dependencies:
        before = f"{parent}/{dependency.activity}"
        if before not in passed:
            return cause(before, tree, passed)
        if set(dependency.conditions) - {"Succeeded"}:
            return before
    return next(name for name, one in tree.items() if one.type == "Copy" and name in passed)


def enumerate_faults(
    tree: dict[str, Activity], steps: list[str], new: list[str], later: list[str]
) -> Iterator[Fault]:
    """Every fault to try.

    Args:
        tree: the declared activities.
        steps: what the runtime passed in good runs.
        new, later: the job's points in a first load, and in a run with changes.
    """
    passed = {plain(step).rsplit(":", 1)[0] for step in steps}
    moments = {path: ["before", "after"] for path in tree}
    for step in map(plain, steps):
        if step.endswith(":progress"):
            moments[step.rsplit(":", 1)[0]].insert(1, "progress")
    for how in ("raise", "kill"):
        for path in tree:
            led = None if path in passed else cause(path, tree, passed)
            for moment in dict.fromkeys(moments[path]):
                yield Fault(f"{path}:{moment}", how, led)
        for point in dict.fromkeys((*later, *new)):
            yield Fault(point, how, first_load=point not in later)


def commits(lake: Path) -> int:
    """The Delta commits of all tables in the lake."""
    return len(list(lake.glob("*/*/_delta_log/*.json")))
