"""What a trigger gives the pipelines that it runs."""

from collections.abc import Mapping
from datetime import datetime

from local.adf.definition import Factory
from local.adf.definition.resolve import resolve
from local.adf.expressions import Context, ExpressionError, template
from local.adf.expressions.functions import lookup
from local.adf.expressions.nodes import Call, walk
from local.adf.expressions.scope import SCOPE
from local.adf.triggers.model import ScheduleTrigger, Target, Trigger, TriggerError, WindowTrigger
from local.adf.triggers.windows import Window

TYPES = {ScheduleTrigger: "ScheduleTrigger", WindowTrigger: "TumblingWindowTrigger"}


def targets(trigger: Trigger) -> tuple[Target, ...]:
    """The pipelines that a trigger runs."""
    return trigger.targets if isinstance(trigger, ScheduleTrigger) else (trigger.target,)


def system(trigger: Trigger, run_id: str, fired: datetime) -> dict:
    """What pipeline() shows of the trigger; TriggerTime is when it fired, not when it was due."""
    return {
        "TriggerType": TYPES[type(trigger)],
        "TriggerId": run_id,
        "TriggerName": trigger.name,
        "TriggerTime": fired.strftime("%Y-%m-%dT%H:%M:%S.%f0Z"),
    }


def parameters(target: Target, name: str, due: datetime, fired: datetime, window: Window | None) -> dict:
    """The values of a target's parameters.

    https://learn.microsoft.com/azure/data-factory/control-flow-system-variables

    Raises:
        TriggerError: an expression can't be evaluated.
    """
    scope: dict = {"name": name, "scheduledTime": _shown(due), "startTime": _exactly(fired)}
    if window is not None:
        scope["outputs"] = {"windowStartTime": _shown(window.start), "windowEndTime": _shown(window.end)}
    try:
        return {
            key: resolve(value, Context(pipeline={}, trigger=scope))
            for key, value in target.parameters.items()
        }
    except ExpressionError as error:
        raise TriggerError(name, f"a parameter of {target.pipeline}: {error.message}") from None


def _shown(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _exactly(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def check(factory: Factory, triggers: Mapping[str, Trigger]) -> None:
    """Refuse, before anything is fired, what could not be.

    Raises:
        TriggerError: a pipeline or a trigger that is named is not declared, or an expression is malformed.
    """
    for trigger in triggers.values():
        for target in targets(trigger):
            if factory.pipeline(target.pipeline) is None:
                raise TriggerError(trigger.name, f"the pipeline '{target.pipeline}' is not declared")
            for text in _strings(list(target.parameters.values())):
                _check_text(trigger.name, text)
        for dependency in trigger.depends_on if isinstance(trigger, WindowTrigger) else ():
            if not isinstance(triggers.get(dependency.trigger), WindowTrigger):
                raise TriggerError(
                    trigger.name,
                    f"'{dependency.trigger}', on which it depends, is no tumbling window trigger",
                )


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [text for one in inner for text in _strings(one)]


def _check_text(name: str, text: str) -> None:
    try:
        nodes = template(text).nodes
    except ExpressionError as error:
        raise TriggerError(name, f"{error.message} (position {error.position} of {text!r})") from None
    for offset, root in nodes:
        for node in walk(root):
            if not isinstance(node, Call):
                continue
            called = node.name.lower()
            if (called in SCOPE and called != "trigger") or (called not in SCOPE and lookup(called) is None):
                raise TriggerError(
                    name,
                    f"the function '{node.name}' is not to be had in a trigger "
                    f"(position {offset + node.position} of {text!r})",
                )
