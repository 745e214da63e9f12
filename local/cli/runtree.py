"""A recorded run as a tree: pipeline, activities, turns of loops, executed pipelines."""

from collections import Counter
from dataclasses import dataclass, field

from rich.text import Text
from rich.tree import Tree

from local.adf.expressions.values import to_json
from local.adf.history import RunNode
from local.adf.runtime.events import ActivityRun

STYLES = {
    "Succeeded": "green", "Failed": "red", "Cancelled": "yellow", "Interrupted": "red", "Queued": "yellow",
    "InProgress": "cyan", "Skipped": "dim", "Inactive": "dim",
}  # fmt: skip
_MARKS = {
    "Succeeded": "✓", "Failed": "✗", "Cancelled": "■", "Interrupted": "✗", "Queued": "…", "InProgress": "…",
    "Skipped": "-", "Inactive": "-",
}  # fmt: skip
MAX_TURNS, MAX_ITEM, MAX_MESSAGE = 20, 60, 600


@dataclass
class _Place:
    """Something at one path: an activity, or a turn of a loop (`run` is None then)."""

    run: ActivityRun | None = None
    attempts: int = 0
    inside: dict[str, "_Place"] = field(default_factory=dict)


def tree(node: RunNode, item_keys: tuple[str, ...] = ()) -> Tree:
    """The tree of a run.

    Args:
        item_keys: fields of a loop's item that name it best; the first that it has is shown in its place.
    """
    shown = Tree(_pipeline(node))
    _fill(shown, node, item_keys)
    return shown


def _pipeline(node: RunNode) -> Text:
    run = node.run
    line = _line(run.status, run.pipeline, run.seconds).append(f"  run {run.run_id}", style="dim")
    if run.trigger:
        line.append(f"  by {run.trigger.get('TriggerName')}", style="dim")
    if run.rerun_of:
        line.append(f"  re-run of {run.rerun_of[:8]}", style="dim")
    for name, value in run.parameters.items():
        line.append(f"\n  {name} = {_cut(to_json(value), MAX_ITEM)}", style="dim")
    if run.error and run.status == "Interrupted":
        line.append(f"\n  {run.message}", style="red")
    return line


def _fill(branch: Tree, node: RunNode, item_keys: tuple[str, ...]) -> None:
    root = _Place()
    for run in node.run.activities:
        place = root
        for part in run.path.split("/"):
            loop, bracket, number = part.rpartition("[")
            if bracket and number.endswith("]") and number[:-1].isdigit():
                place = place.inside.setdefault(loop, _Place()).inside.setdefault(part, _Place())
            else:
                place = place.inside.setdefault(part, _Place())
        place.run, place.attempts = run, place.attempts + 1
    _add(branch, root, node, item_keys)


def _add(branch: Tree, place: _Place, node: RunNode, item_keys: tuple[str, ...]) -> None:
    turns = 0
    hidden: Counter[str] = Counter()
    for name, inner in sorted(place.inside.items(), key=lambda pair: _began(pair[1])):
        if inner.run is None:
            turns += 1
            if turns > MAX_TURNS and _sound(inner):
                hidden["more turns succeeded"] += 1
                continue
            below = branch.add(Text(_turn(name, inner, item_keys), style="cyan"))
        else:
            below = branch.add(_activity(inner))
            child = node.children.get(inner.run.activity_run_id)
            if child is not None:
                _fill(below.add(_pipeline(child)), child, item_keys)
        _add(below, inner, node, item_keys)
    for what, count in hidden.items():
        branch.add(Text(f"{count:,} {what}", style="dim"))


def _began(place: _Place) -> str:
    """When it began, or what is inside it did."""
    starts = [place.run.start] if place.run else []
    return min([*starts, *(_began(inner) for inner in place.inside.values())], default="")


def _sound(place: _Place) -> bool:
    own = place.run is None or place.run.status in ("Succeeded", "Skipped", "Inactive")
    return own and all(_sound(inner) for inner in place.inside.values())


def _turn(name: str, place: _Place, item_keys: tuple[str, ...]) -> str:
    """A turn of a loop by its item; an Until has none."""
    item = next((inner.run.item for inner in place.inside.values() if inner.run is not None), None)
    number = name.rpartition("[")[2].rstrip("]")
    if item is None:
        return f"turn {int(number) + 1}"
    if isinstance(item, dict):
        for key in item_keys:
            if key in item:
                return str(item[key])
    return _cut(item if isinstance(item, str) else to_json(item), MAX_ITEM)


def _activity(place: _Place) -> Text:
    run = place.run
    line = _line(run.status, run.name, run.seconds).append(f"  {run.type}", style="dim")
    if run.rows is not None:
        line.append(f"  {run.rows:,} {'row' if run.rows == 1 else 'rows'}")
    attempts = max(place.attempts, run.attempt)
    if attempts > 1:
        line.append(f"  {attempts} attempts", style="yellow")
    if run.reused_from:
        line.append(f"  from run {run.reused_from[:8]}", style="dim")
    if run.error:
        line.append(f"\n  {_cut(run.error['message'], MAX_MESSAGE)}", style="red")
    for warning in run.warnings:
        line.append(f"\n  warning: {warning}", style="yellow")
    return line


def _line(status: str, name: str, seconds: float) -> Text:
    line = Text(f"{_MARKS.get(status, ' ')} ", style=STYLES.get(status, "")).append(name, style="bold")
    if status != "Succeeded":
        line.append(f"  {status}", style=STYLES.get(status, ""))
    return line if status in ("Skipped", "Inactive") else line.append(f"  {seconds:.1f} s", style="dim")


def _cut(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
