"""Rows that T-SQL takes for the same: texts that differ in nothing but blanks at their end.

GROUP BY, DISTINCT, UNION, EXCEPT, INTERSECT, PARTITION BY and the order of a window all go by it. What is shown of
such texts is one of them, as in T-SQL, where it is not said which; here the shortest.
"""

from local.serving.tsql.scope import Column
from local.serving.tsql.types import SqlType


def key(sql: str, kind: SqlType) -> str:
    """What a value is told apart by."""
    return f"tsql_rtrim({sql})" if kind.is_string else sql


def distinct(sql: str, columns: tuple[Column, ...]) -> str:
    """The rows of a query that calls its columns c1, c2, .., each once."""
    if not any(c.type.is_string for c in columns):
        return f"SELECT DISTINCT * FROM ({sql}) AS d"
    names = [(f"c{i}", c.type) for i, c in enumerate(columns, 1)]
    shown = ", ".join(f"min({n}) AS {n}" if kind.is_string else n for n, kind in names)
    return f"SELECT {shown} FROM ({sql}) AS d GROUP BY {', '.join(key(n, kind) for n, kind in names)}"


def combined(word: str, left: str, right: str, columns: tuple[Column, ...]) -> str:
    """UNION, EXCEPT or INTERSECT of two queries that call their columns c1, c2, .."""
    if not any(c.type.is_string for c in columns):
        return f"({left}) {word} ({right})"
    if word == "UNION":
        return distinct(f"({left}) UNION ALL ({right})", columns)
    same = " AND ".join(
        f"{key(f'l.c{i}', c.type)} IS NOT DISTINCT FROM {key(f'r.c{i}', c.type)}"
        for i, c in enumerate(columns, 1)
    )
    negated = "NOT " if word == "EXCEPT" else ""
    rows = f"SELECT * FROM ({left}) AS l WHERE {negated}EXISTS (SELECT 1 FROM ({right}) AS r WHERE {same})"
    return distinct(rows, columns)
