"""The functions that read the context: pipeline, activity, variables, item, dataset, linkedService, trigger."""

from collections.abc import Callable

from local.adf.expressions.context import OUTSIDE, Context
from local.adf.expressions.errors import ExpressionError
from local.adf.expressions.values import find_key


def _none(name: str, arguments: list) -> None:
    if arguments:
        raise ExpressionError(f"The template language function '{name}' must not have any parameters.")


def _pipeline(context: Context, arguments: list) -> object:
    _none("pipeline", arguments)
    return context.pipeline


def _item(context: Context, arguments: list) -> object:
    _none("item", arguments)
    if context.item is OUTSIDE:
        raise ExpressionError("The template function 'item' is not expected at this location.")
    return context.item


def _name(function: str, arguments: list) -> str:
    if len(arguments) != 1:
        raise ExpressionError(f"The template language function '{function}' must have only one parameter.")
    if not isinstance(arguments[0], str):
        raise ExpressionError(
            f"The provided parameters for template language function '{function}' are not valid."
        )
    return arguments[0]


def _variables(context: Context, arguments: list) -> object:
    name = _name("variables", arguments)
    found = find_key(context.variables, name)
    if found is None:
        raise ExpressionError(
            "Template language expression cannot be evaluated: "
            f"the template variable '{name}' cannot be found."
        )
    return context.variables[found]


def _activity(context: Context, arguments: list) -> object:
    name = _name("activity", arguments)
    found = find_key(context.activities, name)
    if found is None:
        raise ExpressionError(
            "Template language expression cannot be evaluated: "
            f"the template action '{name}' is not defined at current scope."
        )
    return context.activities[found]


def _dataset(context: Context, arguments: list) -> object:
    _none("dataset", arguments)
    return _inside("dataset", context.dataset)


def _linked_service(context: Context, arguments: list) -> object:
    _none("linkedService", arguments)
    return _inside("linkedService", context.linked_service)


def _trigger(context: Context, arguments: list) -> object:
    _none("trigger", arguments)
    return _inside("trigger", context.trigger)


def _inside(name: str, found: object) -> object:
    if found is None:
        raise ExpressionError(f"The template function '{name}' is not expected at this location.")
    return found


SCOPE: dict[str, Callable[[Context, list], object]] = {
    "pipeline": _pipeline,
    "item": _item,
    "variables": _variables,
    "activity": _activity,
    "dataset": _dataset,
    "linkedservice": _linked_service,
    "trigger": _trigger,
}
