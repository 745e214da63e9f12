"""A failed engine operation as an error that names the resource and the reason."""

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from local.errors import HighwaterError

_COLOURS = re.compile(r"<\{%.*?%\}>|\x1b\[[0-9;]*m")
_TRACEBACK = "Traceback (most recent call last):"
_PLAIN_ERRORS = re.compile(r"^(?:RuntimeError|Exception|[\w.]*\.(?:HighwaterError|InfraError)): ")
_NEXT = {"up": "What was made is kept: correct the cause and run `highwater up` again, or destroy it."}
# What the engine says about a failure that it has already explained.
_ECHOES = (
    "an unhandled error occurred",
    "preview failed",
    "resource monitor shut down",
    "Resource monitor has terminated",
    "update failed",
)


def failure(operation: str, errors: Iterable[tuple[str, str]], output: str) -> HighwaterError:
    """The error of an operation.

    Args:
        operation: up, preview or destroy.
        errors: the engine's diagnostics as pairs of URN (empty: of no resource) and message.
        output: everything the engine wrote, for a failure without a diagnostic.
    """
    told = [(urn, cleaned(message)) for urn, message in errors]
    told = [(urn, message) for urn, message in told if not message.startswith(_ECHOES)] or told
    of_resources = [(urn, message) for urn, message in told if urn and "pulumi:pulumi:Stack" not in urn]
    chosen = list(dict.fromkeys(of_resources or told))
    why = "\n".join(f"{urn}\n  {message}" if of_resources else message for urn, message in chosen)
    return HighwaterError(
        f"`highwater {operation}` failed at {_named(chosen[0][0]) if of_resources else 'the program itself'}",
        why or _tail(output),
        _NEXT.get(operation, "Correct the cause and try again.") + _of_trigger(chosen),
    )


def _of_trigger(told: Iterable[tuple[str, str]]) -> str:
    """A trigger is stopped before it is changed, and when that fails nobody starts it."""
    if any("azure-native:datafactory:Trigger::" in urn for urn, _ in told):
        return " Then run `highwater triggers ensure`: a trigger that could not be changed is stopped."
    return ""


def cleaned(message: str) -> str:
    """A diagnostic without colour marks and without Python's stacks: of chained errors the last counts."""
    before, *stacks = _COLOURS.sub("", message).split(_TRACEBACK)
    if not stacks:
        return before.strip()
    lines = stacks[-1].splitlines()
    first = next((n for n, line in enumerate(lines) if line and not line[0].isspace()), len(lines))
    error = "\n".join(lines[first:]).strip()
    message = _PLAIN_ERRORS.sub("", error)
    # An error that was not meant for a user is a defect: where it happened is what there is to go by.
    frames = [line.strip() for line in lines[:first] if line.strip().startswith("File ")]
    place = frames[-1] if frames and message == error else ""
    return "\n".join(part for part in (_lead(before), message, place) if part)


def _lead(text: str) -> str:
    """What stands before a stack, unless it only announces that one follows."""
    text = text.strip()
    return (
        "" if text.endswith("exception:") or text.startswith("python inline source runtime error") else text
    )


def _named(urn: str) -> str:
    """`Pipeline ingest` of a URN."""
    *_, type, name = urn.split("::")
    return f"{type.rpartition(':')[2]} {name}"


def _tail(output: str, lines: int = 12) -> str:
    return "\n".join(cleaned(output).splitlines()[-lines:])


@contextmanager
def without_leftovers() -> Iterator[None]:
    """Keep Python quiet about the coroutines of a program that a failed operation has abandoned.

    They are collected later, outside of their event loop, and the complaint would stand under the error.
    """
    before = sys.unraisablehook

    def hook(unraisable: Any) -> None:
        code = getattr(unraisable.object, "cr_code", None)
        if code is None or "pulumi" not in code.co_filename:
            before(unraisable)

    try:
        yield
    except BaseException:
        sys.unraisablehook = hook
        raise
