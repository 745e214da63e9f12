"""What is refused, and that the refusal names it."""

import pytest

from local.serving.tsql.errors import Refused

T = "(SELECT 1 AS a, 'x' AS b) AS t"
REFUSED = [
    # Synapse serverless has no such thing
    ("SELECT DATETRUNC(day, '2023-01-01')", "DATETRUNC", "Synapse serverless has no DATETRUNC"),
    ("SELECT a::int FROM " + T, "::", "has no ::"),
    ("SELECT a FROM " + T + " LIMIT 3", "LIMIT", "has no LIMIT"),
    ("SELECT b || 'x' FROM " + T, "||", "has no ||"),
    ("SELECT a FROM " + T + " QUALIFY 1 = 1", "QUALIFY", "has no QUALIFY"),
    ("SELECT a FROM " + T + " WHERE b ILIKE 'x'", "ILIKE", "has no ILIKE"),
    # names
    ("SELECT A FROM " + T, "A", "Invalid column name"),
    ("SELECT a AS z FROM " + T + " WHERE z = 1", "z", "Invalid column name"),
    ("SELECT a FROM nowhere", "dbo.nowhere", "Invalid object name"),
    ("SELECT a FROM " + T + " JOIN (SELECT 2 AS a) AS u ON t.a = u.a", "a", "Ambiguous"),
    ("SELECT TRUE", "TRUE", "Invalid column name"),
    # conditions are no values, values no conditions
    ("SELECT 1 WHERE 1", "1", "condition"),
    ("SELECT CASE WHEN a THEN 1 END FROM " + T, "a", "condition"),
    ("SELECT a > 0 FROM " + T, "a > 0", "not a value"),
    # grammar that other dialects take
    ("SELECT a, FROM " + T, ", FROM", "after the comma"),
    ("SELECT a FROM " + T + " GROUP BY 1", "GROUP BY 1", "positions"),
    ("SELECT a FROM (SELECT 1 AS a)", "a derived table", "alias"),
    ("SELECT x FROM (SELECT 1 AS x ORDER BY x) AS t", "ORDER BY", "TOP or OFFSET"),
    ("SELECT * FROM (SELECT 1 AS x, 2 AS x) AS t", "t", "twice"),
    ("SELECT * FROM (SELECT 1) AS t", "t", "No column name"),
    ("SELECT a FROM " + T + " OFFSET 1 ROWS", "OFFSET", "needs ORDER BY"),
    ("SELECT ROW_NUMBER() OVER () FROM " + T, "ROW_NUMBER() OVER ()", "ORDER BY"),
    ("SELECT a FROM " + T + " ORDER BY a NULLS LAST", "NULLS FIRST or NULLS LAST", "has no NULLS"),
    ("SELECT 1 EXCEPT ALL SELECT 2", "EXCEPT ALL", "no EXCEPT ALL"),
    ("SELECT DISTINCT b FROM " + T + " ORDER BY a", "ORDER BY", "select list"),
    # types
    ("SELECT CAST('2023-01-01' AS DATE) + 1", "DATE + INT", "no operand of add"),
    ("SELECT 1 WHERE CAST('2023-01-01' AS DATE) = 1", "=", "not compatible"),
    ("SELECT SUM(x) FROM (SELECT CAST(1 AS BIT) AS x) AS t", "SUM(BIT)", "invalid for SUM"),
    ("SELECT MAX(x) FROM (SELECT CAST(1 AS BIT) AS x) AS t", "MAX(BIT)", "invalid for MAX"),
    ("SELECT DATEADD(hour, 1, CAST('2023-01-01' AS DATE))", "DATEADD(hour, DATE)", "not supported"),
    ("SELECT CAST(1 AS MONEY)", "MONEY", "not translated"),
    ("SELECT CAST(1 AS DECIMAL(39,2))", "DECIMAL(39,2)", "1 <= p <= 38"),
    ("SELECT 'a' - 'b'", "VARCHAR(1) - VARCHAR(1)", "invalid for subtract"),
    ("SELECT 1e0 % 2", "%", "not defined for FLOAT"),
    # meaning that can't be kept
    ("SELECT CAST(1e0 AS VARCHAR(30))", "conversion of FLOAT to text", "not translated"),
    ("SELECT b LIKE b FROM " + T, "LIKE with a computed pattern", "not translated"),
    ("SELECT CAST('2023-01-01' AS DATETIME)", "conversion of a text to DATETIME", "not translated"),
    ("SELECT FORMAT(1, 'N')", "FORMAT()", "not translated"),
    ("SELECT a FROM " + T + " CROSS APPLY u", "CROSS APPLY", "not translated"),
    ("SELECT TOP 10 PERCENT a FROM " + T, "TOP .. PERCENT", "not translated"),
    ("SELECT TOP 1 WITH TIES a FROM " + T + " ORDER BY a", "TOP .. WITH TIES", "not translated"),
    ("SELECT a FROM " + T + " GROUP BY ROLLUP(a)", "GROUP BY ROLLUP", "not translated"),
    ("SELECT a FROM " + T + " OPTION (RECOMPILE)", "OPTION", "not translated"),
    ("SELECT b COLLATE Latin1_General_CI_AS FROM " + T, "COLLATE Latin1_General_CI_AS", "keeps its meaning"),
    ("SELECT a & 1 FROM " + T, "&", "not translated"),
    ("SELECT a ^ 1 FROM " + T, "^", "not translated"),
    ("SELECT @a", "@variable", "not translated"),
    ("SELECT DATEPART(nanosecond, '2023-01-01')", "DATEPART(nanosecond, ..)", "not translated"),
    ("SELECT 1 WHERE 1 = ANY (SELECT 1)", "= ANY", "not translated"),
    (
        "SELECT DATEADD(ms, 600, CAST('2024-01-31' AS DATETIME2(0)))",
        "DATEADD(millisecond, DATETIME2(0))",
        "not translated",
    ),
    ("SELECT ROUND(2.75, 1, 1)", "ROUND(x, n, 1)", "not translated"),
    ("SELECT CAST(1 AS BIT) + CAST(1 AS BIT)", "BIT + BIT", "invalid for add"),
    # statements
    ("SELECT 1 AS a INTO b", "SELECT INTO", "not translated"),
    ("DELETE FROM mart.x", "DELETE", "Only SELECT"),
    ("EXEC sp_who", "EXEC", "Only SELECT"),
    ("SELECT 1; SELECT 2", ";", "One statement"),
    ("", "an empty text", "no statement"),
    ("SELECT 'a", "SELECT 'a", "can't be read"),
]


@pytest.mark.parametrize(("sql", "construct", "why"), REFUSED)
def test_a_construct_is_refused_by_name(bind, sql, construct, why):
    with pytest.raises(Refused) as caught:
        bind(sql)
    assert caught.value.construct == construct
    assert why in caught.value.why


def test_a_wrong_case_is_told_the_right_one(bind):
    with pytest.raises(Refused) as caught:
        bind("SELECT Trip_Id FROM (SELECT 1 AS trip_id) AS t")
    assert caught.value.next_step == "Names are case-sensitive: write trip_id."


def test_a_grammar_error_says_where(bind):
    with pytest.raises(Refused, match="Line 2, column"):
        bind("SELECT a\nFROM t WHERE AND")
