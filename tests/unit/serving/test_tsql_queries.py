"""Queries: what they answer, in which order, and in which types."""

from decimal import Decimal as D

import duckdb
import pytest

ROWS = "(VALUES ('a', 1, 1.50), ('a', 4, 2.00), ('b', 2, NULL), ('b', NULL, 1.00)) AS t(k, n, d)"


def test_aggregates_have_the_types_that_t_sql_gives_them(ask, bind):
    measures = "COUNT(*), COUNT(n), SUM(n), AVG(n), SUM(d), AVG(d), MIN(n), COUNT_BIG(*)"
    sql = f"SELECT k, {measures} FROM {ROWS} GROUP BY k"
    assert ask(sql + " ORDER BY k") == [
        ("a", 2, 2, 5, 2, D("3.50"), D("1.750000"), 1, 2),
        ("b", 2, 1, 2, 2, D("1.00"), D("1.000000"), 2, 2),
    ]
    assert [str(c.type) for c in bind(sql).columns] == [
        "VARCHAR(1)", "INT", "INT", "INT", "INT", "DECIMAL(38,2)", "DECIMAL(38,6)", "INT", "BIGINT",
    ]  # fmt: skip


def test_aggregates_over_no_rows_are_null(ask):
    assert ask(f"SELECT SUM(n), AVG(n), AVG(d), MAX(k), COUNT(*) FROM {ROWS} WHERE n > 9") == [
        (None, None, None, None, 0)
    ]


def test_a_sum_of_int_overflows(ask):
    with pytest.raises(duckdb.Error, match="out of range"):
        ask("SELECT SUM(x) FROM (VALUES (2147483647), (1)) AS v(x)")


def test_nulls_are_the_lowest(ask):
    assert ask(f"SELECT n FROM {ROWS} ORDER BY n") == [(None,), (1,), (2,), (4,)]
    assert ask(f"SELECT TOP (2) n FROM {ROWS} ORDER BY n DESC") == [(4,), (2,)]


def test_order_by_takes_output_names_first_and_then_columns(ask):
    assert ask(f"SELECT -n AS n FROM {ROWS} WHERE n IS NOT NULL ORDER BY n") == [(-4,), (-2,), (-1,)]
    assert ask(f"SELECT k FROM {ROWS} WHERE n IS NOT NULL ORDER BY n DESC") == [("a",), ("b",), ("a",)]
    assert ask(f"SELECT DISTINCT k FROM {ROWS} ORDER BY 1 DESC") == [("b",), ("a",)]


def test_offset_and_fetch(ask):
    assert ask(f"SELECT n FROM {ROWS} ORDER BY n OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY") == [(1,), (2,)]


def test_windows(ask):
    sql = f"""
        SELECT n, ROW_NUMBER() OVER (ORDER BY n) AS r, SUM(n) OVER (PARTITION BY k) AS s, AVG(n) OVER () AS a,
            LAG(n, 1, 0) OVER (ORDER BY n) AS l,
            SUM(n) OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS c
        FROM {ROWS} WHERE n IS NOT NULL ORDER BY n"""
    assert ask(sql) == [(1, 1, 5, 2, 0, 1), (2, 2, 2, 2, 1, 3), (4, 3, 5, 2, 2, 7)]


def test_a_share_by_a_window_over_an_aggregate(ask):
    sql = f"SELECT k, COUNT(n) * 100.0 / SUM(COUNT(n)) OVER () AS share FROM {ROWS} GROUP BY k ORDER BY k"
    assert ask(sql) == [("a", D("66.666666666666")), ("b", D("33.333333333333"))]


def test_common_table_expressions_and_joins(ask):
    sql = f"""
        WITH t AS (SELECT k, n FROM {ROWS}), m(key_of, top_n) AS (SELECT k, MAX(n) FROM t GROUP BY k)
        SELECT t.k, t.n, u.n AS other FROM t
        INNER JOIN m ON m.key_of = t.k AND m.top_n = t.n
        LEFT JOIN t AS u ON u.k = t.k AND u.n < t.n
        ORDER BY t.k"""
    assert ask(sql) == [("a", 4, 1), ("b", 2, None)]


def test_set_operations_take_the_higher_type(ask, bind):
    sql = "SELECT 1 AS x UNION ALL SELECT 2.5 UNION ALL SELECT 1 ORDER BY x DESC"
    assert ask(sql) == [(D("2.5"),), (D("1.0"),), (D("1.0"),)]
    assert ask("SELECT 1 UNION SELECT 1 EXCEPT SELECT 2") == [(1,)]
    # INTERSECT binds first
    assert ask("SELECT 1 AS x UNION SELECT 2 INTERSECT SELECT 2 ORDER BY x") == [(1,), (2,)]


def test_correlated_subqueries(ask):
    inner = f"SELECT MAX(u.n) FROM {ROWS.replace('t(', 'u(')} WHERE u.k = t.k"
    sql = f"SELECT k, n FROM {ROWS} WHERE n = ({inner}) ORDER BY k"
    assert ask(sql) == [("a", 4), ("b", 2)]


def test_the_shape_that_power_bi_sends(ask):
    table = ROWS.replace("t(", "[$Table](")
    sql = f"""
        SELECT TOP (1000001) * FROM (
            SELECT [t0].[k] AS [c1], SUM([t0].[d]) AS [a0]
            FROM ((SELECT [$Table].[k] AS [k], [$Table].[d] AS [d] FROM {table})) AS [t0]
            GROUP BY [t0].[k]) AS [MainTable]
        WHERE (NOT([a0] IS NULL))"""
    assert sorted(ask(sql)) == [("a", D("3.50")), ("b", D("1.00"))]


def test_alias_by_equals_sign_and_string_agg(ask, bind):
    sql = f"SELECT ks = STRING_AGG(CAST(n AS VARCHAR(10)), ',') WITHIN GROUP (ORDER BY n DESC) FROM {ROWS}"
    assert ask(sql) == [("4,2,1",)]
    assert bind(sql).columns[0].name == "ks"


def test_star_and_qualified_star(ask, bind):
    assert [c.name for c in bind(f"SELECT t.*, 1 AS one FROM {ROWS}").columns] == ["k", "n", "d", "one"]
    assert ask(f"SELECT * FROM {ROWS} WHERE n = 4") == [("a", 4, D("2.00"))]


def test_case_takes_the_highest_type_of_its_branches(ask):
    assert ask("SELECT CASE 2 WHEN 1 THEN 1 WHEN 2 THEN 2.5 END") == [(D("2.5"),)]
    assert ask("SELECT CASE WHEN 1 = 2 THEN 'x' END") == [(None,)]
    with pytest.raises(duckdb.Error, match="Conversion failed"):
        ask("SELECT CASE WHEN 1 = 2 THEN 1 ELSE 'x' END")


def test_division_by_a_guarded_zero_is_null(ask):
    assert ask("SELECT 10 / NULLIF(x, 0) FROM (VALUES (0), (4)) AS v(x) ORDER BY x") == [(None,), (2,)]
