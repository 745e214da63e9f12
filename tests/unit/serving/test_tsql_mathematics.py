"""Mathematical functions: the type that Microsoft's reference gives each result, and the value in it."""

from decimal import Decimal as D

import duckdb
import pytest

REAL, BIG = "CAST(2.5 AS REAL)", "CAST(9007199254740993 AS BIGINT)"  # 2**53 + 1 is no float
MONEY = "CAST(-2.50 AS DECIMAL(5,2))"
RESULTS = [
    ("FLOOR(7)", "INT", 7),
    ("CEILING(CAST(7 AS TINYINT))", "INT", 7),
    ("FLOOR(CAST(-7 AS SMALLINT))", "INT", -7),
    (f"FLOOR({BIG})", "BIGINT", 9007199254740993),
    (f"CEILING({BIG})", "BIGINT", 9007199254740993),
    (f"FLOOR({MONEY})", "DECIMAL(5,0)", D(-3)),
    (f"CEILING({MONEY})", "DECIMAL(5,0)", D(-2)),
    ("CEILING(9.9)", "DECIMAL(2,0)", D(10)),
    ("FLOOR(CAST(2.5 AS FLOAT))", "FLOAT", 2.0),
    (f"CEILING({REAL})", "FLOAT", 3.0),
    ("FLOOR('2.5')", "FLOAT", 2.0),
    ("FLOOR(CAST(NULL AS DECIMAL(5,2)))", "DECIMAL(5,0)", None),
    ("FLOOR(5) / 2", "INT", 2),
    ("FLOOR(5.5) / 2", "DECIMAL(8,6)", D("2.500000")),
    (f"ABS({MONEY})", "DECIMAL(38,2)", D("2.50")),
    (f"ABS({BIG})", "BIGINT", 9007199254740993),
    ("ABS(CAST(-7 AS SMALLINT))", "INT", 7),
    ("ABS(CAST(-2.5 AS REAL))", "FLOAT", 2.5),
    (f"SIGN({MONEY})", "DECIMAL(5,2)", D("-1.00")),
    (f"SIGN({BIG})", "BIGINT", 1),
    (f"SIGN({REAL})", "FLOAT", 1.0),
    (f"ROUND({REAL}, 0)", "FLOAT", 3.0),
    (f"ROUND({BIG}, -1)", "BIGINT", 9007199254740990),
    ("ROUND(748.58, -4)", "DECIMAL(5,2)", D("0.00")),
    ("POWER(2.0, 10)", "DECIMAL(38,1)", D("1024.0")),
    ("POWER(CAST(2 AS BIGINT), 40)", "BIGINT", 2**40),
    (f"POWER({REAL}, 2)", "FLOAT", 6.25),
]


@pytest.mark.parametrize(("expression", "kind", "value"), RESULTS)
def test_a_function_has_the_type_and_value_that_sql_server_gives_it(ask, bind, expression, kind, value):
    query = f"SELECT {expression}"
    assert str(bind(query).columns[0].type) == kind
    found = ask(query)[0][0]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("expression", ["POWER(2, 40)", "ABS(CAST('-9223372036854775808' AS BIGINT))"])
def test_a_result_beyond_its_type_is_an_error(ask, expression):
    with pytest.raises(duckdb.Error, match=r"out of range|Overflow|Could not cast"):
        ask(f"SELECT {expression}")
