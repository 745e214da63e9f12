"""SetVariable, AppendVariable, Filter, Wait, Fail.

https://learn.microsoft.com/azure/data-factory/control-flow-set-variable-activity
https://learn.microsoft.com/azure/data-factory/control-flow-filter-activity
https://learn.microsoft.com/azure/data-factory/control-flow-fail-activity
"""

from dataclasses import replace

from local.adf.definition.resolve import resolve
from local.adf.errors import ActivityError
from local.adf.expressions import ExpressionError
from local.adf.expressions.values import to_text, type_name
from local.adf.runtime.handlers import handles
from local.adf.runtime.task import Task

RETURN_VALUE = "pipelineReturnValue"
_TYPES = {
    "string": str,
    "boolean": bool,
    "bool": bool,
    "array": list,
    "integer": int,
    "int": int,
    "float": float,
}


@handles("SetVariable", required=("variableName",))
def set_variable(task: Task) -> dict:
    name = task.activity.properties["variableName"]
    if task.activity.properties.get("setSystemVariable") and name == RETURN_VALUE:
        return _set_return_value(task)
    value = task.value("value", None)
    wanted = _declared(task, name)
    if not isinstance(value, _TYPES.get(wanted, object)) or (wanted == "integer" and isinstance(value, bool)):
        raise ActivityError(
            f"The variable '{name}' is of type {wanted} and can't be set to a value of type "
            f"{type_name(value)}.",
            "InvalidTemplate",
        )
    with task.frame.run.lock:
        task.frame.run.variables[name] = value
    return {"name": name, "value": value}


def _set_return_value(task: Task) -> dict:
    """The values that ExecutePipeline gives to who waits for it."""
    values = {}
    for pair in task.activity.properties.get("value") or ():
        content = pair.get("value") or {}
        if isinstance(content, dict) and "content" in content:
            null = content.get("type") == "Null"
            values[pair["key"]] = None if null else _content(task, content["content"])
        else:
            values[pair["key"]] = resolve(content, task.context)
    task.input["value"] = values
    with task.frame.run.lock:
        task.frame.run.result.return_value = {**(task.frame.run.result.return_value or {}), **values}
    return {"name": RETURN_VALUE, "value": values}


def _content(task: Task, content: object) -> object:
    if isinstance(content, list):
        return [_content(task, one.get("content") if isinstance(one, dict) else one) for one in content]
    return resolve(content, task.context)


def _declared(task: Task, name: str) -> str:
    specification = task.frame.run.pipeline.variables.get(name)
    if specification is None:
        raise ActivityError(f"The variable '{name}' is not declared in the pipeline.", "InvalidTemplate")
    return str(specification.get("type", "String")).lower()


@handles("AppendVariable", required=("variableName",))
def append_variable(task: Task) -> dict:
    name = task.activity.properties["variableName"]
    value = task.value("value", None)
    if _declared(task, name) != "array":
        raise ActivityError(f"The variable '{name}' is not an array, so nothing can be appended to it.")
    with task.frame.run.lock:
        task.frame.run.variables[name] = [*task.frame.run.variables[name], value]
    return {"name": name, "value": value}


@handles("Filter", required=("items", "condition"))
def filter_items(task: Task) -> dict:
    items = task.value("items")
    if not isinstance(items, list):
        raise ActivityError(
            f"The items of a Filter must be an array. Found a value of type {type_name(items)}."
        )
    kept = []
    for item in items:
        verdict = resolve(task.activity.properties["condition"], replace(task.context, item=item))
        if not isinstance(verdict, bool):
            raise ActivityError(f"The condition of a Filter must be a boolean. Found {type_name(verdict)}.")
        if verdict:
            kept.append(item)
    task.rows = len(kept)
    return {"ItemsCount": len(items), "FilteredItemsCount": len(kept), "Value": kept}


@handles("Wait", required=("waitTimeInSeconds",))
def wait(task: Task) -> dict:
    seconds = task.value("waitTimeInSeconds")
    try:
        number = int(seconds)
    except (TypeError, ValueError):
        raise ActivityError(f"waitTimeInSeconds must be an integer. Found {to_text(seconds)!r}.") from None
    if number < 1:
        raise ActivityError(f"waitTimeInSeconds must be at least 1. Found {number}.")
    task.frame.run.settings.sleep(number, task.stop)
    if task.stop.reason is not None:
        raise ActivityError("The wait was ended.")
    return {}


@handles("Fail", required=("message", "errorCode"))
def fail(task: Task) -> dict:
    """Fail with the message and code that are given; with the service's own where they are no texts.

    https://learn.microsoft.com/azure/data-factory/control-flow-fail-activity#understand-the-fail-activity-error-code
    """
    name = task.activity.name
    message, code = _text(task, "message"), _text(task, "errorCode")
    if message is None and code is not None:
        raise ActivityError(f"{name} fail message parameter couldn't be interpreted as a string", code)
    if not (message or "").strip():
        message = f"Failed to interpret {name} fail message or error code"
    raise ActivityError(message, (code or "").strip() or "ErrorCodeNotString")


def _text(task: Task, key: str) -> str | None:
    """A property as a text, '' for null; None where it can't be evaluated, or is no text."""
    try:
        value = task.value(key)
    except ExpressionError:
        return None
    return None if isinstance(value, dict | list) else to_text(value)
