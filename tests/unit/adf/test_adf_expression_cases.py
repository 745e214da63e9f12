"""Every recorded answer of Microsoft's engine, and the speed of ours."""

import io
import json
import math
import time
from pathlib import Path

import pytest

from local.adf.evalcli import context_of, eval_lines
from local.adf.expressions import Context, ExpressionError, evaluate

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "data/adf/expression_cases.jsonl").read_text().splitlines()
]


def same(left: object, right: object) -> bool:
    """JSON equality that tells 3 from 3.0 and true from 1."""
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=1e-9)
    if type(left) is not type(right):
        return False
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return left == right


def test_there_are_266_cases():
    assert len(CASES) == 266


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_case(case: dict):
    if "error" in case["expected"]:
        with pytest.raises(ExpressionError):
            evaluate(case["expr"], context_of(case))
    else:
        found = evaluate(case["expr"], context_of(case))
        assert same(found, case["expected"]["value"]), (case["expr"], found, case["expected"])


def test_eval_lines_answers_each_line_in_order():
    lines = [
        json.dumps({"expr": "@add(1, 2)"}),
        "not json",
        json.dumps({"expr": "@nosuch()"}),
        json.dumps({"expr": "@item()", "item": None}),
        json.dumps({"expr": "@float('NaN')"}),
    ]
    output = io.StringIO()
    eval_lines(io.StringIO("\n".join(lines)), output)
    answers = [json.loads(line) for line in output.getvalue().splitlines()]
    assert answers[0] == {"value": 3}
    assert "JSON object" in answers[1]["error"]
    assert answers[2] == {"error": "The template function 'nosuch' is not defined or not valid."}
    assert answers[3] == {"value": None}
    assert answers[4] == {"value": "NaN"}


def test_a_typical_expression_is_evaluated_thousands_of_times_a_second():
    context = Context(
        pipeline={"parameters": {"day": "2024-01-31T10:15:30Z"}},
        activities={"Look": {"output": {"firstRow": {"low": "a'b"}}, "status": "Succeeded", "error": None}},
        item={"table": "trip"},
    )
    text = (
        "select * from @{item().table} where low > "
        "'@{replace(activity('Look').output.firstRow.low, '''', '''''')}' "
        "and run = '@{pipeline().parameters.day}'"
    )
    expected = "select * from trip where low > 'a''b' and run = '2024-01-31T10:15:30Z'"
    assert evaluate(text, context) == expected
    best = 0.0
    for _ in range(5):  # the best of five: the machine has other work too
        start = time.process_time()
        for _ in range(2_000):
            evaluate(text, context)
        best = max(best, 2_000 / (time.process_time() - start))
    assert best > 10_000
