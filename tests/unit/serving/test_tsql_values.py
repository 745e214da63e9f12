"""What T-SQL expressions are worth, where DuckDB alone would answer something else."""

from datetime import date, datetime
from decimal import Decimal as D

import duckdb
import pytest

from local.serving.engine import explained

NUMBERS = [
    ("7/2", 3),
    ("-7/2", -3),
    ("7 % -4", 3),
    ("7/2.0", D("3.500000")),
    ("2.0/3", D("0.666666")),  # cut, not rounded
    ("1/3.000", D("0.333333")),
    ("CAST(10 AS DECIMAL(10,2))/CAST(4 AS DECIMAL(10,2))", D("2.5000000000000")),
    ("CAST(1 AS FLOAT)/3", 1 / 3),
    ("0.1 + 0.2", D("0.3")),
    ("1.25 * 1.5", D("1.875")),
    ("2147483648 - 1", D("2147483647")),  # beyond INT a literal is a DECIMAL
    ("CAST(2.7 AS INT)", 2),
    ("CAST(-2.7 AS INT)", -2),
    ("CAST(CAST(2.5 AS FLOAT) AS BIGINT)", 2),
    ("CAST(2.555 AS DECIMAL(10,2))", D("2.56")),
    ("CAST(-2.555 AS DECIMAL(10,2))", D("-2.56")),
    ("CAST('' AS INT)", 0),
    ("CAST(' 12 ' AS INT)", 12),
    ("TRY_CAST('2.7' AS INT)", None),
    ("TRY_CAST('x' AS INT)", None),
    ("TRY_CONVERT(INT, '99999999999')", None),
    ("TRY_CAST('' AS DECIMAL(5,2))", None),
    ("CAST('1e3' AS FLOAT)", 1000.0),
    ("CAST(0.1 AS FLOAT)", 0.1),  # 8 bytes
    ("CAST(0.1 AS REAL)", 0.10000000149011612),  # 4 bytes
    ("CAST(0.1 AS FLOAT(24))", 0.10000000149011612),
    ("CAST(5 AS BIT)", True),
    ("CAST('false' AS BIT)", False),
    ("CAST(1 AS BIT) + 1", 2),
    ("ROUND(2.555, 2)", D("2.560")),
    ("ROUND(12345, -2)", 12300),
    ("FLOOR(-2.5)", D("-3")),
    ("CEILING(2.1)", D("3")),
    ("POWER(2, 10)", 1024),
    ("POWER(2, 0.5)", 1),
    ("LOG(EXP(CAST(1 AS FLOAT)))", 1.0),
    ("'1' + 1", 2),
    ("ISNULL(NULL, 3)", 3),
    ("COALESCE(NULL, NULLIF(1, 1), 2.5)", D("2.5")),
    ("IIF(1 = 1, 1, 2.5)", D("1.0")),
    ("ROUND(-2.5, 0)", D("-3.0")),
    ("ROUND(1748.58, -3)", D("2000.00")),
    ("ISNULL(CAST(NULL AS INT), 2.7)", 2),  # the first one's type
    ("COALESCE(CAST(NULL AS INT), 2.7)", D("2.7")),
    ("CASE WHEN 1 = 1 THEN 1 ELSE 2.50 END", D("1.00")),
    ("CAST(CAST(2.675 AS FLOAT) AS DECIMAL(5,2))", D("2.68")),
    ("CAST(1 AS DECIMAL(18,2)) / CAST(3 AS DECIMAL(18,2))", D("0.33333333333333333333")),
    ("CAST(1.1 AS DECIMAL(38,10)) * CAST(1.1 AS DECIMAL(38,10))", D("1.210000")),
    ("5.5 % 2", D("1.5")),
    ("-7 % 3", -1),
    ("(SELECT AVG(x) FROM (VALUES (-1), (-2)) AS v(x))", -1),
    ("(SELECT AVG(x) FROM (VALUES (1.00), (2.01), (2.01)) AS v(x))", D("1.673333")),
    ("(SELECT SUM(x) / COUNT(*) FROM (VALUES (1.00), (2.00), (2.00)) AS v(x))", D("1.666666")),
    ("(SELECT SUM(a) FROM (SELECT 1 AS a WHERE 1 = 0) AS t)", None),
]

TEXTS = [
    ("'a' + 'b'", "ab"),
    ("'a' + NULL", None),
    ("CONCAT('a', NULL, 1, 2.50)", "a12.50"),
    ("CAST('abcdef' AS VARCHAR(3))", "abc"),
    ("CAST('abcdef' AS NVARCHAR(4))", "abcd"),
    ("CAST(12345 AS VARCHAR(3))", "*"),
    ("CAST(CAST(1234 AS SMALLINT) AS VARCHAR(3))", "*"),
    ("CAST(CAST(123 AS BIGINT) AS VARCHAR(3))", "123"),
    ("TRY_CAST(CAST(1234 AS BIGINT) AS VARCHAR(3))", None),
    ("CAST(-0.50 AS VARCHAR(10))", "-0.50"),
    ("CAST(CAST(1 AS BIT) AS VARCHAR(3))", "1"),
    ("CAST(CAST('2023-02-03' AS DATE) AS VARCHAR(7))", "2023-02"),
    ("CAST(CAST('2023-02-03 04:05:06.5' AS DATETIME2(3)) AS VARCHAR(30))", "2023-02-03 04:05:06.500"),
    ("CONVERT(VARCHAR(30), CAST('2023-02-03 04:05' AS DATETIME2(0)), 126)", "2023-02-03T04:05:00"),
    ("CONVERT(VARCHAR(8), CAST('2023-02-03' AS DATE), 112)", "20230203"),
    ("CONVERT(VARCHAR(19), CAST('2023-02-03 04:05:06.999' AS DATETIME2), 120)", "2023-02-03 04:05:06"),
    ("LEFT('abc', 2) + RIGHT('abc', 2)", "abbc"),
    ("RIGHT('abc', 0)", ""),
    ("SUBSTRING('hello', 0, 3)", "he"),
    ("SUBSTRING('hello', -1, 3)", "h"),
    ("SUBSTRING('hello', 2, 100)", "ello"),
    ("REPLACE('aXbX', 'X', '-')", "a-b-"),
    ("TRIM('  a ') + '|'", "a|"),
    ("UPPER('é')", "É"),
    ("ISNULL('abc', 'x')", "abc"),
    ("DATENAME(weekday, '2023-01-01')", "Sunday"),
    ("REPLICATE('ab', 2)", "abab"),
    ("REPLICATE('ab', -1)", None),
    ("CAST(CAST(NULL AS INT) AS VARCHAR(3))", None),
    ("CAST(CAST(NULL AS VARCHAR(10)) AS VARCHAR(3))", None),
    ("CAST(CAST(NULL AS DECIMAL(9,2)) AS VARCHAR(3))", None),
    ("LEFT(CAST(NULL AS VARCHAR(3)), 1)", None),
    ("ISNULL(CAST(NULL AS VARCHAR(3)), 'abcdef')", "abc"),
    ("REPLACE('aA', 'a', 'b')", "bA"),
    ("UPPER('aß')", "Aß"),
    ("CAST('0123456789012345678901234567890123' AS VARCHAR)", "012345678901234567890123456789"),
    ("(SELECT STRING_AGG(x, ',') WITHIN GROUP (ORDER BY x) FROM (VALUES (2), (10), (NULL)) AS v(x))", "2,10"),
]

LENGTHS = [
    ("LEN('ab  ')", 2),
    ("LEN('  ab')", 4),
    ("LEN('')", 0),
    ("LEN('🤦')", 1),
    ("DATALENGTH('é')", 2),
    ("CHARINDEX('l', 'hello')", 3),
    ("CHARINDEX('l', 'hello', 4)", 4),
    ("CHARINDEX('z', 'hello')", 0),
    ("CHARINDEX('', 'hello')", 0),
]

DATES = [
    ("DATEDIFF(day, '2023-01-01', '2023-03-01')", 59),
    ("DATEDIFF(hour, '2023-01-01 00:59:59', '2023-01-01 01:00:00')", 1),
    ("DATEDIFF(year, '2022-12-31', '2023-01-01')", 1),
    ("DATEDIFF(week, '2023-01-07', '2023-01-08')", 1),  # weeks start on Sunday
    ("DATEDIFF(week, '2023-01-08', '2023-01-14')", 0),
    ("DATEDIFF(second, '2023-01-01', '2022-12-31 23:59:58')", -2),
    ("DATEDIFF_BIG(microsecond, '2000-01-01', '2023-01-01')", 725846400000000),
    ("DATEPART(weekday, '2023-01-01')", 1),
    ("DATEPART(week, '2023-01-08')", 2),
    ("DATEPART(iso_week, '2023-01-01')", 52),
    ("DATEPART(quarter, '2023-05-01')", 2),
    ("DATEPART(ms, '2023-01-01 00:00:07.250')", 250),
    ("YEAR('2023-05-06') * 100 + MONTH('2023-05-06')", 202305),
    ("DATEADD(month, 1, CAST('2023-01-31' AS DATE))", date(2023, 2, 28)),
    ("DATEADD(week, -1, CAST('2023-01-08' AS DATE))", date(2023, 1, 1)),
    ("DATEADD(ms, 1500, CAST('2023-01-01' AS DATETIME2))", datetime(2023, 1, 1, 0, 0, 1, 500000)),
    (
        "DATEADD(hour, DATEDIFF(hour, '2000-01-01', '2023-05-06 07:59:00'), '2000-01-01')",
        datetime(2023, 5, 6, 7),
    ),
    ("EOMONTH('2024-02-03')", date(2024, 2, 29)),
    ("EOMONTH('2024-02-03', 1)", date(2024, 3, 31)),
    ("DATEFROMPARTS(2024, 2, 29)", date(2024, 2, 29)),
    ("CAST('20230102' AS DATE)", date(2023, 1, 2)),
    ("CAST('' AS DATE)", date(1900, 1, 1)),
    ("TRY_CAST('02/01/2023' AS DATE)", None),
    ("CAST('2023-01-01 23:59:59.6' AS DATETIME2(0))", datetime(2023, 1, 2)),
    (
        "CAST(CAST('1969-12-31 23:59:59.4' AS DATETIME2(3)) AS DATETIME2(0))",
        datetime(1969, 12, 31, 23, 59, 59),
    ),
    ("SYSUTCDATETIME()", datetime(2026, 3, 1, 12, 30, 15, 123456)),
    ("GETUTCDATE()", datetime(2026, 3, 1, 12, 30, 15, 123000)),  # steps of 1/300 s: .120, .123, .127
]


@pytest.mark.parametrize(("expression", "value"), NUMBERS + TEXTS + LENGTHS + DATES)
def test_an_expression_has_the_value_that_t_sql_gives_it(ask, expression, value):
    found = ask(f"SELECT {expression}")[0][0]
    assert found == value
    assert type(found) is type(value)


TRUE = [
    "'a' = 'a  '",
    "'a' <> 'A'",
    "'Z' < 'a'",
    "'5x' LIKE '[0-9]%'",
    "'x' LIKE '[^0-9]'",
    "'x5' NOT LIKE '[0-9]%'",
    "'a-b' LIKE 'a[-x]b'",
    "'a]b' LIKE 'a]b'",
    "'50%' LIKE '50!%' ESCAPE '!'",
    "'501' NOT LIKE '50!%' ESCAPE '!'",
    r"'a\b' LIKE 'a\b'",
    "'a.c' LIKE 'a.c' AND 'abc' NOT LIKE 'a[.]c'",
    "'abc  ' LIKE 'abc'",
    "'abc' NOT LIKE 'abc '",
    "'[x]' LIKE '[[]x]'",
    "1 IN (1, 2.5) AND 'b' NOT IN ('a', 'c ')",
    "CAST('2023-01-02' AS DATE) > '2023-01-01'",
    "CAST('2023-01-02 10:00' AS DATETIME2) BETWEEN '2023-01-02' AND '20230103'",
    "CAST(1 AS BIT) = 1 AND CAST(0 AS BIT) <> 1",
    "'10' > 9",
    "NOT (NULL = 1) OR NULL IS NULL",
    "NULLIF('a', 'a ') IS NULL",
    "1.10 = 1.1",
    "EXISTS (SELECT 1 WHERE 1 = 1)",
    "2 IN (SELECT x FROM (VALUES (1), (2)) AS v(x))",
]


@pytest.mark.parametrize("condition", TRUE)
def test_a_condition_holds_as_in_t_sql(ask, condition):
    assert ask(f"SELECT 1 AS found WHERE {condition}") == [(1,)]


FAILING = [
    ("1/0", "Divide by zero"),
    ("1 % 0", "Divide by zero"),
    ("1.5/0.0", "Divide by zero"),
    ("CAST(1 AS FLOAT)/0", "Divide by zero"),
    ("CONVERT(INT, 'x')", "Conversion failed when converting the value 'x' to data type int"),
    ("CAST('2.7' AS INT)", "Conversion failed"),
    ("'a' + 1", "Conversion failed"),
    ("CAST('' AS DECIMAL(5,2))", "Conversion failed"),
    ("CAST('01/02/2023' AS DATE)", "Conversion failed"),
    ("CAST('2023-02-30' AS DATE)", "out of range"),
    ("2147483647 + 1", "Overflow"),
    ("CAST(32767 AS SMALLINT) + CAST(1 AS SMALLINT)", "Overflow"),
    ("(-2147483647 - 1) / -1", "Overflow"),
    ("ABS(-2147483647 - 1)", "Overflow"),
    ("(SELECT SUM(x) FROM (VALUES (2147483647), (1)) AS v(x))", "out of range"),
    ("(SELECT COUNT(*) FROM (VALUES (1)) AS v(x)) + 2147483647", "Overflow"),
    ("ROUND(748.58, -3)", "Could not cast|out of range|failed"),  # 1000.00 has no room in DECIMAL(5,2)
    ("CAST(1e308 AS FLOAT) * 10", "Arithmetic overflow"),
    ("EXP(1000)", "Arithmetic overflow"),
    ("POWER(CAST(10 AS FLOAT), 400)", "Arithmetic overflow"),
    ("'5.5' + 1", "Conversion failed"),
    ("CASE WHEN 1 = 0 THEN 1 ELSE 'x' END", "Conversion failed"),
    ("CASE WHEN 'x' = 5 THEN 1 ELSE 0 END", "Conversion failed"),
    ("CAST(300 AS TINYINT)", "out of range"),
    ("CAST(1234.5 AS DECIMAL(5,2))", "could not be|Could not|out of range"),
    ("CAST(1234.5 AS VARCHAR(3))", "Arithmetic overflow error converting numeric to data type varchar"),
    ("CAST(CAST(1234 AS BIGINT) AS VARCHAR(3))", "overflow error converting expression to data type varchar"),
    ("CONVERT(NVARCHAR(3), 1234)", "overflow error converting expression to data type nvarchar"),
    ("LEFT('abc', -1)", "Invalid length"),
    ("DATEDIFF(microsecond, '2000-01-01', '2023-01-01')", "out of range"),
    ("(SELECT x FROM (VALUES (1), (2)) AS v(x))", "More than one row"),
]


@pytest.mark.parametrize(("expression", "message"), FAILING)
def test_an_expression_fails_where_t_sql_fails(ask, expression, message):
    with pytest.raises(duckdb.Error, match=message):
        ask(f"SELECT {expression}")


def test_an_error_is_told_without_duckdbs_own_words(ask):
    with pytest.raises(duckdb.Error) as caught:
        ask("SELECT 1/0")
    assert explained(caught.value, "The query failed").why == "Divide by zero error encountered."


TEXT = "(VALUES ('a'), ('a '), ('b'), (NULL)) AS v(x)"
ALIKE = [  # texts that differ in blanks at their end are the same to T-SQL
    (f"SELECT x, COUNT(*) FROM {TEXT} GROUP BY x ORDER BY x", [(None, 1), ("a", 2), ("b", 1)]),
    (f"SELECT x + '!', MAX(LEN(x + '.')) FROM {TEXT} GROUP BY x HAVING x = 'a'", [("a!", 3)]),
    (f"SELECT UPPER(x), SUM(COUNT(*)) OVER (PARTITION BY UPPER(x)) FROM {TEXT} WHERE x < 'b' GROUP BY UPPER(x)",
     [("A", 2)]),
    ("SELECT x, COUNT(*) FROM (VALUES (''), ('   '), (' a'), (' a  '), ('a b')) AS v(x) GROUP BY x ORDER BY x",
     [("", 2), (" a", 2), ("a b", 1)]),
    (f"SELECT DISTINCT x FROM {TEXT} ORDER BY x DESC", [("b",), ("a",), (None,)]),
    (f"SELECT COUNT(DISTINCT x) FROM {TEXT}", [(2,)]),
    ("SELECT 'a ' AS x, 1 AS n UNION SELECT 'a', 1 UNION SELECT 'a', 2 ORDER BY n", [("a", 1), ("a", 2)]),
    ("SELECT 'a ' AS x EXCEPT SELECT 'a'", []),
    ("SELECT CAST(NULL AS VARCHAR(1)) AS x EXCEPT SELECT NULL", []),
    ("SELECT 'a ' AS x INTERSECT SELECT 'a'", [("a ",)]),
    (f"SELECT x, COUNT(*) OVER (PARTITION BY x) AS n FROM {TEXT} WHERE x < 'b' ORDER BY LEN(x + '.')",
     [("a", 2), ("a ", 2)]),
    ("SELECT MAX(r) FROM (SELECT RANK() OVER (ORDER BY x) AS r FROM (VALUES ('a'), ('a ')) AS v(x)) AS q", [(1,)]),
    ("SELECT DISTINCT x FROM (VALUES (1), (1), (2)) AS v(x) ORDER BY x", [(1,), (2,)]),
    ("SELECT x, COUNT(*) FROM (VALUES ('a'), ('A')) AS v(x) GROUP BY x ORDER BY x", [("A", 1), ("a", 1)]),
]  # fmt: skip


@pytest.mark.parametrize(("query", "rows"), ALIKE)
def test_texts_that_differ_in_blanks_at_the_end_are_the_same(ask, query, rows):
    assert ask(query) == rows
