"""ForEach, IfCondition, Switch, Until.

https://learn.microsoft.com/azure/data-factory/control-flow-for-each-activity
https://learn.microsoft.com/azure/data-factory/control-flow-if-condition-activity
https://learn.microsoft.com/azure/data-factory/control-flow-switch-activity
https://learn.microsoft.com/azure/data-factory/control-flow-until-activity
"""

from collections.abc import Sequence

from local.adf.definition import Activity
from local.adf.durations import seconds_of
from local.adf.errors import ActivityError
from local.adf.expressions.values import to_text, type_name
from local.adf.runtime.group import ending, inner_failure, run_group
from local.adf.runtime.handlers import handles
from local.adf.runtime.stop import Stop
from local.adf.runtime.task import Task

DEFAULT_BATCH, MAX_ITEMS = 20, 100_000
UNTIL_TIMEOUT = 7 * 86_400.0


def _run_inside(task: Task, activities: Sequence[Activity]) -> None:
    failed = run_group(activities, task.frame.inside(task.activity.name, task.stop))
    if failed:
        raise inner_failure(failed)


@handles("IfCondition", required=("expression",), groups=("ifTrueActivities", "ifFalseActivities"))
def if_condition(task: Task) -> dict:
    chosen = _boolean(task)
    _run_inside(task, task.activity.groups.get("ifTrueActivities" if chosen else "ifFalseActivities", ()))
    return {}


def _boolean(task: Task) -> bool:
    value = task.value("expression")
    if not isinstance(value, bool):
        raise ActivityError(
            f"The expression of '{task.activity.name}' must give a boolean. Found {to_text(value)!r}, "
            f"of type {type_name(value)}.",
            "InvalidTemplate",
        )
    return value


@handles("Switch", required=("on",), groups=("defaultActivities", "case:"))
def switch(task: Task) -> dict:
    value = task.value("on")
    if not isinstance(value, str):
        raise ActivityError(
            f"A Switch is on a string. Found a value of type {type_name(value)}.", "InvalidTemplate"
        )
    default = task.activity.groups.get("defaultActivities", ())
    _run_inside(task, task.activity.groups.get(f"case:{value}", default))
    return {}


@handles("ForEach", required=("items",), groups=("activities",))
def for_each(task: Task) -> dict:
    """Every item is run, also when an earlier one failed; the loop fails when any of them did."""
    items = task.value("items")
    if not isinstance(items, list):
        raise ActivityError(
            f"The items of a ForEach must be an array. Found a value of type {type_name(items)}.",
            "InvalidTemplate",
        )
    if len(items) > MAX_ITEMS:
        raise ActivityError(f"A ForEach takes at most {MAX_ITEMS:,} items. Found {len(items):,}.")
    task.input.clear()
    task.input["itemsCount"] = len(items)
    activities = task.activity.groups.get("activities", ())

    def one(number: int) -> list[tuple[str, dict]]:
        frame = task.frame.iteration(task.activity.name, number, items[number], task.stop)
        return run_group(activities, frame)

    if task.activity.properties.get("isSequential"):
        failed = [failure for number in range(len(items)) for failure in one(number)]
    else:
        at_once = int(task.activity.properties.get("batchCount") or DEFAULT_BATCH)
        with ending(task.frame.run.stop, min(at_once, len(items))) as pool:
            failed = [failure for found in pool.map(one, range(len(items))) for failure in found]
    if failed:
        raise inner_failure(failed)
    return {}


@handles("Until", required=("expression",), groups=("activities",))
def until(task: Task) -> dict:
    """A failure inside does not end the loop: its last turn decides whether it succeeded."""
    stop = Stop(task.stop, seconds_of(task.activity.properties.get("timeout"), UNTIL_TIMEOUT))
    activities = task.activity.groups.get("activities", ())
    try:
        number = 0
        while True:
            frame = task.frame.iteration(task.activity.name, number, task.frame.item, stop)
            failed = run_group(activities, frame)
            task.frame.results.update(frame.results.maps[0])
            if stop.reason == "timeout":
                raise ActivityError(f"'{task.activity.name}' timed out after {number + 1} turns.", "Timeout")
            if _boolean(task):
                break
            number += 1
    finally:
        stop.close()
    if failed:
        raise inner_failure(failed)
    return {}
