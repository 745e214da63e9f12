"""Rules of the expression language that the recorded cases do not name one by one."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.adf.expressions import Context, ExpressionError, evaluate, template
from local.adf.expressions.functions import FUNCTIONS, LAZY
from local.adf.expressions.scope import SCOPE

CONTEXT = Context(
    pipeline={"parameters": {"s": "it's", "n": 42, "list": [1, {"a": None}]}},
    variables={"v": ["x"]},
    activities={"A": {"output": {"x": 1}, "status": "Succeeded", "error": None}},
    item={"k": 1.5},
    dataset={"folder": "f"},
    linked_service={"server": "s"},
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("@dataset().folder", "f"),
        ("@linkedService().server", "s"),
        ("@pipeline().parameters.list[1].a", None),
        ("@PIPELINE().Parameters.S", "it's"),
        ("@if(true, 1, div(1, 0))", 1),
        ("@coalesce(null, activity('A').error?.message, 'none')", "none"),
        ("x@@{1}@{2}", "x@{1}2"),
        ("@@@{1}", "@@{1}"),
        ("@{'}'}", "}"),
        ("@{1.0}@{1e17}@{1e-5}", "11E+171E-05"),
        ("@string(json('[1.0,\"é\\u0001\"]'))", '[1.0,"é\\u0001"]'),
        ("@substring('a😀b', 3, 1)", "b"),
        ("@contains(createArray(1.0), 1)", False),
        ("@equals(1.0, 1)", True),
        ("@convertToUtc('2024-07-31T10:00:00', 'W. Europe Standard Time')", "2024-07-31T08:00:00.0000000Z"),
        ("@addToTime('2024-01-31T00:00:00Z', 1, 'Month')", "2024-02-29T00:00:00.0000000Z"),
        ("@formatDateTime('2024-02-09T13:05:09.5Z', 'ddd d MMM h:m:ss.ff t \\q')", "Fri 9 Feb 1:5:09.50 P q"),
        ("@xpath(xml('<r><a i=\"1\">x</a><a>y</a></r>'), 'string(//a[not(@i)])')", "y"),
    ],
)  # fmt: skip
def test_value(text: str, value: object):
    found = evaluate(text, CONTEXT)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("@concat('a'", 11),
        ("@add(1,, 2)", 7),
        ('@concat("a")', 8),
        ("text @{add(1} tail", 12),
        ("text @{add(1)", 5),
        ("@1 + 1", 3),
    ],
)
def test_malformed_text_is_refused_with_its_position(text: str, position: int):
    with pytest.raises(ExpressionError) as caught:
        template(text)
    assert caught.value.position == position


@pytest.mark.parametrize(
    "text",
    [
        "@convertFromUtc('2024-01-31T10:00:00Z', 'Europe/Bonn')",
        "@convertToUtc('2024-03-10T02:30:00', 'Eastern Standard Time')",  # that clock never showed it
        "@xml('<!DOCTYPE r [<!ENTITY e \"x\">]><r>&e;</r>')",
        "@add(9223372036854775807, 1)",
        "@int('1.5')",
        "@formatNumber(1, 'C')",  # Logic Apps has it, Data Factory does not document it
    ],
)
def test_refused_when_evaluated(text: str):
    with pytest.raises(ExpressionError):
        evaluate(text, CONTEXT)


def test_deep_nesting_is_refused_and_not_a_crash():
    with pytest.raises(ExpressionError, match="nested deeper"):
        evaluate("@" + "not(" * 2_000 + "true" + ")" * 2_000, CONTEXT)
    with pytest.raises(ExpressionError, match="nested deeper"):
        evaluate("@item()" + ".k" * 4_000, CONTEXT)
    with pytest.raises(ExpressionError):
        evaluate("@json('" + "[" * 4_000 + "')", CONTEXT)


_NAMES = [function for function in [*FUNCTIONS, *LAZY, *SCOPE, "nosuch"] if function != "range"]
_LEAVES = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: f"{number:.4f}"),
    st.sampled_from(["true", "null", "''", "'UTC'", "'Day'", "'2024-02-29T10:00:00Z'"]),
    st.sampled_from(["'[1,{\"a\":2}]'", "'<r a=\"1\"/>'"]),
    st.sampled_from(["item()", "pipeline().parameters.list", "activity('A').output?.y", "variables('v')[0]"]),
    st.text(max_size=8).map(lambda text: "'" + text.replace("'", "''") + "'"),
)  # fmt: skip
_CALLS = st.recursive(
    _LEAVES,
    lambda inner: st.builds(
        lambda name, arguments, tail: f"{name}({', '.join(arguments)}){tail}",
        st.sampled_from(_NAMES),
        st.lists(inner, max_size=4),
        st.sampled_from(["", "", "", ".a", "?.a", "[0]", "?[0]", "['x']"]),
    ),
    max_leaves=12,
)


@settings(max_examples=600, deadline=None)
@given(st.one_of(_CALLS.map(lambda text: "@" + text), _CALLS.map(lambda text: f"a @{{{text}}} b")))
def test_an_expression_gives_a_value_or_its_own_error(text: str):
    with contextlib.suppress(ExpressionError):
        evaluate(text, CONTEXT)


@settings(max_examples=600, deadline=None)
@given(st.text(alphabet="@{}()[]'\".,?+-eE019 abcitem\\\n😀é", max_size=40))
def test_any_text_parses_or_is_refused(text: str):
    with contextlib.suppress(ExpressionError):
        evaluate(text, CONTEXT)
