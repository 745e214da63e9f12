"""A run's activities in one list: those of the pipelines that it executed stand below the activity that did."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from local.adf import ActivityRun
from local.adf.history import RunNode


@dataclass(frozen=True)
class Line:
    """One activity: how deep it stands, the names of all above it, and its record."""

    depth: int
    path: str
    activity: ActivityRun


def lines(node: RunNode, depth: int = 0, above: str = "") -> Iterator[Line]:
    """Every activity, in the order of starting; an executed pipeline's follow the activity that executed it."""
    for activity in sorted(node.run.activities, key=lambda a: (a.start, a.path)):
        path = f"{above}{activity.path}"
        yield Line(depth + activity.path.count("/"), path, activity)
        child = node.children.get(activity.activity_run_id)
        if child is not None:
            yield from lines(child, depth + activity.path.count("/") + 1, f"{path} > ")


def milliseconds(moment: str) -> float:
    """Since 1970, as a chart's time axis counts."""
    return datetime.fromisoformat(moment[:26] + "+00:00").timestamp() * 1000


@dataclass(frozen=True)
class Compared:
    """One activity in two runs: seconds and rows of each, None where it did not run."""

    path: str
    seconds: tuple[float | None, float | None]
    rows: tuple[int | None, int | None]

    @property
    def difference(self) -> float:
        a, b = self.seconds
        return (b or 0.0) - (a or 0.0)


def compared(a: RunNode, b: RunNode) -> list[Compared]:
    """Both runs side by side, by the activities' paths, what changed most first.

    Items of a loop are told apart by their number; of one path that came up twice the later counts.
    """
    left, right = ({line.path: line.activity for line in lines(node)} for node in (a, b))
    found = []
    for path in dict.fromkeys([*left, *right]):
        one, other = left.get(path), right.get(path)
        found.append(
            Compared(
                path,
                (one.seconds if one else None, other.seconds if other else None),
                (one.rows if one else None, other.rows if other else None),
            )
        )
    return sorted(found, key=lambda c: -abs(c.difference))
