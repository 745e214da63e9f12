"""Values for a pipeline's parameters and variables, checked against their declared types."""

import json
from collections.abc import Mapping

from local.adf.definition import Pipeline
from local.adf.errors import RunRefused
from local.adf.expressions.values import type_name


def bind(pipeline: Pipeline, given: Mapping[str, object]) -> dict[str, object]:
    """Name -> value of every parameter: the given one, else its default.

    Raises:
        RunRefused: one is missing, unknown or of another type.
    """
    unknown = [name for name in given if name not in pipeline.parameters]
    if unknown:
        raise RunRefused(
            f"The pipeline {pipeline.name} has no parameter '{unknown[0]}'.",
            f"It has: {', '.join(pipeline.parameters) or 'none'}.",
            "Leave it out, or correct its name.",
        )
    values = {}
    for name, specification in pipeline.parameters.items():
        if name not in given and specification.get("defaultValue") is None:
            raise RunRefused(
                f"The pipeline {pipeline.name} needs a value for its parameter '{name}'.",
                "It has no default.",
                f"Give one: {name}=VALUE.",
            )
        values[name] = _typed(
            pipeline, name, specification, given.get(name, specification.get("defaultValue"))
        )
    return values


def _typed(pipeline: Pipeline, name: str, specification: Mapping, value: object) -> object:
    wanted = str(specification.get("type", "String")).lower()
    converted = convert(wanted, value)
    if converted is _WRONG:
        raise RunRefused(
            f"The parameter '{name}' of the pipeline {pipeline.name} must be of type {wanted}.",
            f"Found {value!r}, of type {type_name(value)}.",
            "Give a value of that type.",
        )
    return converted


_WRONG = object()


def convert(wanted: str, value: object) -> object:
    """The value as this type: text becomes a number, a boolean or JSON where that is declared."""
    if value is None or wanted in ("string", "securestring"):
        return value if value is None or isinstance(value, str) else _WRONG
    if isinstance(value, str):
        try:
            value = json.loads(value.lower() if wanted in ("bool", "boolean") else value)
        except ValueError:
            return _WRONG
    kinds = {
        "int": int,
        "integer": int,
        "float": (int, float),
        "bool": bool,
        "boolean": bool,
        "array": list,
        "object": object,
    }
    kind = kinds.get(wanted, object)
    if not isinstance(value, kind) or (isinstance(value, bool) and wanted in ("int", "integer", "float")):
        return _WRONG
    return float(value) if wanted == "float" else value


_INITIAL = {"string": "", "boolean": False, "bool": False, "array": [], "integer": 0, "int": 0, "float": 0.0}


def initial_variables(pipeline: Pipeline) -> dict[str, object]:
    """Name -> first value of every variable: its default, else what is empty for its type."""
    values = {}
    for name, specification in pipeline.variables.items():
        default = specification.get("defaultValue")
        kind = str(specification.get("type", "String")).lower()
        first = _INITIAL.get(kind)
        values[name] = (list(first) if isinstance(first, list) else first) if default is None else default
    return values
