"""A tree -> a function of the context. Compiled once, so that an evaluation only calls."""

from collections.abc import Callable

from local.adf.expressions.context import Context
from local.adf.expressions.errors import ExpressionError
from local.adf.expressions.functions import LAZY, lookup
from local.adf.expressions.nodes import Call, Literal, Node, Select
from local.adf.expressions.scope import SCOPE
from local.adf.expressions.values import find_key, int32, is_integer, to_text, type_name

Evaluate = Callable[[Context], object]


def compile_node(node: Node, text: str) -> Evaluate:
    """The evaluator of a tree; `text` is its source, for messages.

    An unknown function fails when it is reached, as in the service's engine: if() evaluates one branch.
    Validation finds it before the run.
    """
    if isinstance(node, Literal):
        value = node.value
        return lambda context: value
    if isinstance(node, Select):
        return _select(node, text)
    return _call(node, text)


def _call(node: Call, text: str) -> Evaluate:
    name = node.name.lower()
    arguments = tuple(compile_node(argument, text) for argument in node.arguments)
    if name in SCOPE:
        read = SCOPE[name]
        return lambda context: read(context, [argument(context) for argument in arguments])
    if name in LAZY:
        lazy = LAZY[name]
        lazy.check_count(node.name, len(arguments))
        return lambda context: lazy.call(node.name, [_bind(argument, context) for argument in arguments])
    function = lookup(name)
    if function is None:
        message = f"The template function '{node.name}' is not defined or not valid."
        return lambda context: _fail(message, text, node.position)
    call, count, written = function.call, function.check_count, node.name

    def evaluate(context: Context) -> object:
        values = [argument(context) for argument in arguments]
        count(written, len(values))
        return call(written, values)

    return evaluate


def _bind(evaluate: Evaluate, context: Context) -> Callable[[], object]:
    return lambda: evaluate(context)


def _fail(message: str, text: str, position: int) -> object:
    raise ExpressionError(message, text, position)


def _select(node: Select, text: str) -> Evaluate:
    """The whole chain of selections: `a?.b.c` of a null `a` is null to its end, as in C#."""
    steps = []
    root: Node = node
    while isinstance(root, Select):
        steps.append((compile_node(root.key, text), root.optional, root.position))
        root = root.target
    start, chain = compile_node(root, text), tuple(reversed(steps))

    def evaluate(context: Context) -> object:
        value = start(context)
        for key, optional, position in chain:
            name = key(context)
            if value is None and optional and (isinstance(name, str) or is_integer(name)):
                return None
            reason = None
            if isinstance(value, dict) and isinstance(name, str):
                value, reason = _property(value, name, optional)
            elif isinstance(value, list) and is_integer(name):
                value, reason = _element(value, name, optional)
            else:
                reason = _refusal(value, name)
            if reason is not None:
                raise ExpressionError(
                    f"The template language expression '{text}' cannot be evaluated because {reason} "
                    "Please see https://aka.ms/logicexpressions for usage details.",
                    text,
                    position,
                )
        return value

    return evaluate


def _property(value: dict, name: str, optional: bool) -> tuple[object, str | None]:
    """The property, or why there is none."""
    found = find_key(value, name)
    if found is not None:
        return value[found], None
    reason = f"property '{name}' doesn't exist, available properties are '{', '.join(value)}'."
    return None, None if optional else reason


def _element(value: list, at: int, optional: bool) -> tuple[object, str | None]:
    """The element, or why there is none."""
    at = int32(at)
    if 0 <= at < len(value):
        return value[at], None
    if optional:
        return None, None
    if not value:
        return None, f"array index '{at}' cannot be selected from empty array."
    return None, f"array index '{at}' is outside bounds (0, {len(value) - 1}) of array."


def _refusal(value: object, name: object) -> str:
    reason = f"property '{to_text(name)}' cannot be selected."
    if isinstance(name, str) and isinstance(value, list):
        return f"{reason} Array elements can only be selected using an integer index."
    if is_integer(name) and isinstance(value, dict):
        return f"{reason} Object properties can only be selected by names."
    if value is not None and not isinstance(value, dict | list):
        return f"{reason} Property selection is not supported on values of type '{type_name(value)}'."
    return reason
