"""Checks of expressions: that they parse, that their functions exist, and that what they name is there.

https://learn.microsoft.com/azure/data-factory/control-flow-expression-language-functions
"""

from collections.abc import Iterator, Sequence

from local.adf.definition import Activity, Pipeline
from local.adf.expressions import ExpressionError, template
from local.adf.expressions.functions import lookup
from local.adf.expressions.functions.zones import is_iana
from local.adf.expressions.nodes import Call, Literal, Node, Select, walk
from local.adf.expressions.scope import SCOPE
from local.adf.expressions.values import find_key
from local.adf.validation.findings import Findings

MAX_LENGTH = 8_192
_OF_ZONES = ("convertfromutc", "converttoutc", "converttimezone")
_OF_OTHERS = ("dataset", "linkedservice", "trigger")


def check_texts(pipeline: Pipeline, findings: Findings) -> None:
    """Every string of every activity."""
    _Checker(pipeline, findings).group(pipeline.activities, (), in_loop=False)


class _Checker:
    def __init__(self, pipeline: Pipeline, findings: Findings):
        self.pipeline, self.findings = pipeline, findings
        self.names = {activity.name.lower() for activity in pipeline.walk()}

    def group(self, activities: Sequence[Activity], outer: tuple[set[str], ...], in_loop: bool) -> None:
        """Activities side by side; `outer` are the names that must not be referred to further out."""
        by_name = {activity.name: activity for activity in activities}
        for activity in activities:
            upstream = _upstream(activity, by_name)
            beside = {one.lower() for one in by_name if one not in upstream}
            hidden = set().union(beside, *outer)
            for text, inside_item in _strings(activity):
                self.text(activity, text, hidden, in_loop or inside_item)
            for group in activity.groups.values():
                self.group(group, (*outer, beside), in_loop or activity.type == "ForEach")

    def text(self, activity: Activity, text: str, hidden: set[str], in_loop: bool) -> None:
        def add(what: str, position: int | None = None) -> None:
            place = "" if position is None else f" at position {position}"
            self.findings.add(
                self.pipeline.name, activity.name, f"{what}{place} of the expression {_short(text)}"
            )

        try:
            parsed = template(text)
        except ExpressionError as error:
            add(error.message.rstrip("."), error.position)
            return
        if parsed.nodes and len(text) > MAX_LENGTH:
            add(f"{len(text):,} characters where {MAX_LENGTH:,} are allowed")
        for offset, root in parsed.nodes:
            for node in walk(root):
                for what in self.faults(activity, node, hidden, in_loop):
                    add(what, offset + node.position)

    def faults(self, activity: Activity, node: Node, hidden: set[str], in_loop: bool) -> Iterator[str]:
        if isinstance(node, Select):
            yield from self.parameter(node)
        if not isinstance(node, Call):
            return
        name = node.name.lower()
        if name not in SCOPE:
            function = lookup(name)
            if function is None:
                yield f"the function '{node.name}' is not known"
                return
            self.zones(activity, node)
            try:
                function.check_count(node.name, len(node.arguments))
            except ExpressionError as error:
                yield error.message.split(" Please see ")[0].rstrip(".")
        elif name == "item" and not in_loop:
            yield "item() is used outside of a ForEach or Filter"
        elif name in _OF_OTHERS:
            yield f"{node.name}() is used in a pipeline"
        elif name in ("activity", "variables") and len(node.arguments) == 1:
            yield from self.named(name, node.arguments[0], hidden)
            if name == "variables" and activity.type == "SetVariable":
                yield from self.itself(activity, node.arguments[0])

    def zones(self, activity: Activity, call: Call) -> None:
        """Warn of a time zone that the service does not document."""
        for argument in call.arguments if call.name.lower() in _OF_ZONES else ():
            name = argument.value if isinstance(argument, Literal) else None
            if isinstance(name, str) and is_iana(name):
                self.findings.warn(
                    self.pipeline.name,
                    activity.name,
                    f"{call.name} is given the IANA time zone '{name}'; the service documents Windows names alone",
                )

    def itself(self, activity: Activity, argument: Node) -> Iterator[str]:
        """A variable can't be set to what it is made of: use a second one."""
        variable = str(activity.properties.get("variableName"))
        if isinstance(argument, Literal) and str(argument.value).lower() == variable.lower():
            yield f"the variable '{variable}' is set to a value that refers to itself"

    def named(self, function: str, argument: Node, hidden: set[str]) -> Iterator[str]:
        if not isinstance(argument, Literal) or not isinstance(argument.value, str):
            return
        if function == "variables":
            if find_key(dict(self.pipeline.variables), argument.value) is None:
                yield f"the variable '{argument.value}' is not declared"
        elif argument.value.lower() not in self.names:
            yield f"there is no activity '{argument.value}'"
        elif argument.value.lower() in hidden:
            yield f"the activity '{argument.value}' is referred to without depending on it"

    def parameter(self, node: Select) -> Iterator[str]:
        """pipeline().parameters.NAME must be declared."""
        holder = node.target
        if not (
            isinstance(holder, Select) and isinstance(holder.target, Call) and isinstance(node.key, Literal)
        ):
            return
        if holder.target.name.lower() != "pipeline" or not isinstance(holder.key, Literal):
            return
        name = node.key.value
        if str(holder.key.value).lower() != "parameters" or not isinstance(name, str) or node.optional:
            return
        if find_key(dict(self.pipeline.parameters), name) is None:
            yield f"the parameter '{name}' is not declared"


def _upstream(activity: Activity, by_name: dict[str, Activity]) -> set[str]:
    """The activities beside it that it depends on, however far."""
    found: set[str] = set()
    waiting = [dependency.activity for dependency in activity.dependencies]
    while waiting:
        name = waiting.pop()
        if name not in found and name in by_name:
            found.add(name)
            waiting += [dependency.activity for dependency in by_name[name].dependencies]
    return found


def _strings(activity: Activity) -> Iterator[tuple[str, bool]]:
    """The strings that are evaluated, and whether an item is to be had in each."""
    for key, value in activity.properties.items():
        for text in _inside(value):
            yield text, activity.type == "Filter" and key == "condition"
    for references in (activity.inputs, activity.outputs, [activity.linked_service or {}], [activity.policy]):
        for text in _inside(list(references)):
            yield text, False


def _inside(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _inside(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _inside(inner)


def _short(text: str) -> str:
    return repr(text if len(text) <= 120 else text[:117] + "...")
