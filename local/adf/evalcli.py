"""Expressions as JSON lines in, answers as JSON lines out: what `highwater adf eval` does."""

import json
import math
from typing import TextIO

from local.adf.expressions import OUTSIDE, Context, ExpressionError, evaluate


def eval_lines(source: TextIO, output: TextIO) -> None:
    """Evaluate every line of `source`, an answer a line on `output`, in order.

    In:  {"expr": "@...", "parameters": {}, "variables": {}, "activities": {name: {output, status, error}},
         "item": any, "system": {"RunId": ...}, "globalParameters": {}, "dataset": {}, "linkedService": {}};
         only expr is needed, and no "item" means outside of a loop.
    Out: {"value": ...} or {"error": "..."}. A line that is not such an object gets an error too.
    """
    for line in source:
        if line.strip():
            output.write(_dumps(_answer(line)) + "\n")
            output.flush()


def _answer(line: str) -> dict:
    try:
        row = json.loads(line)
        expression = row["expr"]
    except (ValueError, KeyError, TypeError):
        return {"error": "a line must be a JSON object with the field expr"}
    try:
        return {"value": evaluate(expression, context_of(row))}
    except ExpressionError as error:
        return {"error": error.message}


def context_of(row: dict) -> Context:
    """The context that a row of cases describes."""
    pipeline = {
        "globalParameters": row.get("globalParameters") or {},
        "parameters": row.get("parameters") or {},
        **(row.get("system") or {}),
    }
    activities = {
        name: {"output": None, "status": "Succeeded", "error": None} | activity
        for name, activity in (row.get("activities") or {}).items()
    }
    return Context(
        pipeline=pipeline,
        variables=row.get("variables") or {},
        activities=activities,
        item=row.get("item", OUTSIDE),
        dataset=row.get("dataset"),
        linked_service=row.get("linkedService"),
    )


def _dumps(answer: dict) -> str:
    """JSON, with NaN and the infinities as strings, as the service shows them."""
    try:
        return json.dumps(answer, ensure_ascii=False, allow_nan=False).encode().decode()
    except UnicodeEncodeError:  # half a surrogate pair
        return json.dumps(answer)
    except ValueError:
        return json.dumps(_without_nan(answer), ensure_ascii=False)


def _without_nan(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    return value
