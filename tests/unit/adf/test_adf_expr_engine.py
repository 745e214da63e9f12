"""More recorded answers of Microsoft's engine: the corners of every function, of selection and of times."""

import io
import json
from pathlib import Path

import pytest

from local.adf import Factory
from local.adf.evalcli import eval_lines
from local.adf.validation import validate

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "data/adf/engine_cases.jsonl").read_text().splitlines()
]
SEEN = {
    "parameters": {
        "s": "Hello World",
        "n": 42,
        "nul": None,
        "arr": [1, 2, 3, "x", None],
        "obj": {"a": 1, "B": {"c": [10, 20, {"d": "deep"}]}, "with space": "ws", "dash-key": "dk"},
        "big2": 123456789012345678901234567890,
    },
    "variables": {"v": "val"},
    "item": {"a": 1},
    "activities": {"A": {"output": {"x": 1}, "status": "Succeeded"}},
}


def answer(expression: str) -> dict:
    out = io.StringIO()
    eval_lines(io.StringIO(json.dumps({"expr": expression, **SEEN})), out)
    return json.loads(out.getvalue())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["expr"][:60])
def test_case(case: dict):
    found, expected = answer(case["expr"]), case["expected"]
    if "error" in expected:
        assert "error" in found, found
    else:
        # As texts, so that 3 is not 3.0; keys in any order.
        assert json.dumps(found, sort_keys=True) == json.dumps(expected, sort_keys=True)


def test_there_are_hundreds():
    assert len(CASES) == 898


def test_an_iana_zone_is_taken_as_the_engine_does_and_warned_of():
    """https://learn.microsoft.com/azure/data-factory/control-flow-expression-language-functions#converttimezone"""
    text = "@convertTimeZone('2024-07-01T10:00:00','UTC','Europe/Berlin')"
    assert answer(text) == {"value": "2024-07-01T12:00:00.0000000"}
    wait = {"name": "W", "type": "Wait", "waitTimeInSeconds": text}
    assert validate(Factory({"main": {"activities": [wait]}}), "main") == [
        "pipeline 'main', activity 'W': convertTimeZone is given the IANA time zone 'Europe/Berlin'; "
        "the service documents Windows names alone"
    ]
