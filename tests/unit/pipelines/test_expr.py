"""Expressions: what the helpers write, and what Data Factory's language makes of it."""

import pytest

from local.adf.expressions import Context, evaluate
from pipelines.expr import (
    LONGEST,
    Expr,
    ExpressionError,
    activity_error,
    activity_output,
    concat,
    dynamic,
    expression,
    first_of,
    item,
    literal,
    pipeline_param,
    run_id,
    sql,
    sql_text,
    text,
)

O_BRIEN = "O'Brien's \\ \"trip\""


def context(**parameters: object) -> Context:
    return Context(
        pipeline={"parameters": parameters, "globalParameters": {}, "RunId": "run-1"},
        activities={
            "Bounds": {"output": {"firstRow": {"high": "2024-01-01 00:00:00.000001", "rows": 7}}},
            "Copy window": {"output": {}, "error": {"message": "it's gone"}},
            "Fine": {"output": {"rowsCopied": 3}},
        },
        item={"window_id": 12, "path": "trip/12/1"},
    )


@pytest.mark.parametrize(
    ("built", "written"),
    [
        (run_id(), "@pipeline().RunId"),
        (pipeline_param("tables"), "@pipeline().parameters.tables"),
        (item("path"), "@item().path"),
        (item(), "@item()"),
        (activity_output("Begin run", "value"), "@activity('Begin run').output.value"),
        (activity_error("Bounds"), "@activity('Bounds')?.error?.message"),
        (literal("it's"), "@'it''s'"),
        (concat("a", run_id()), "@concat('a', pipeline().RunId)"),
        (sql("select 1"), "@'select 1'"),
    ],
)
def test_a_helper_writes_exactly(built: Expr, written: str):
    assert str(built) == written


@pytest.mark.parametrize(
    "value", ["plain", O_BRIEN, "''", "", "it's {not} a @{hole}", "2024-01-01 00:00:00.000001"]
)
def test_text_in_sql_has_every_quote_doubled(value: str):
    statement = sql("select f({value}, 1)", value=sql_text(pipeline_param("value")))
    expected = "select f('" + value.replace("'", "''") + "', 1)"
    assert evaluate(str(statement), context(value=value)) == expected


def test_numbers_and_rows_go_into_sql_as_they_are():
    statement = sql(
        "select open({window}, {bounds}::jsonb)",
        window=text(item("window_id")),
        bounds=sql_text(text(activity_output("Bounds", "firstRow"))),
    )
    assert evaluate(str(statement), context()) == (
        """select open(12, '{"high":"2024-01-01 00:00:00.000001","rows":7}'::jsonb)"""
    )


def test_the_first_error_that_there_is_wins():
    message = first_of(activity_error("Fine"), activity_error("Copy window"), "nothing")
    assert evaluate(str(message), context()) == "it's gone"
    assert evaluate(str(first_of(activity_error("Fine"), "nothing")), context()) == "nothing"


def test_an_sql_template_wants_a_value_for_each_place_and_a_place_for_each_value():
    with pytest.raises(ExpressionError, match="not: run"):
        sql("select f({run})")
    with pytest.raises(ExpressionError, match="not: extra"):
        sql("select 1", extra=run_id())


def test_a_property_name_cannot_bring_in_an_expression():
    with pytest.raises(ExpressionError, match='found "x\'\\), evil\\("'):
        pipeline_param("x'), evil(")


def test_an_expression_over_the_service_limit_is_refused():
    within = literal("x" * (LONGEST - 3))
    assert len(str(within)) == LONGEST
    with pytest.raises(ExpressionError, match=f"at most {LONGEST} characters, found {LONGEST + 1}"):
        str(literal("x" * (LONGEST - 2)))


@pytest.mark.parametrize("value", ["plain", "@pipeline().RunId", "@{item()}", "a @{item()} b", "@@x", "a@b"])
def test_a_plain_string_stays_itself(value: str):
    assert evaluate(dynamic(value), context()) == value


def test_the_two_forms_of_an_expression():
    assert dynamic(run_id()) == {"value": "@pipeline().RunId", "type": "Expression"}
    assert (expression(run_id()).value, expression(run_id()).type) == ("@pipeline().RunId", "Expression")
