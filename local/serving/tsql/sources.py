"""The FROM clause: views, derived tables, OPENROWSET, VALUES and the joins between them."""

from collections.abc import Callable

from sqlglot import exp

from local.serving.tsql import rowset, types
from local.serving.tsql.conversions import convert
from local.serving.tsql.errors import Refused, untranslated
from local.serving.tsql.expressions import Expressions
from local.serving.tsql.scope import Bound, Column, Relation, Scope
from local.serving.tsql.syntax import OpenRowset, only
from local.serving.tsql.values import Value

Bind = Callable[[exp.Expression], Bound]


class Sources:
    """Binds the FROM clause of one SELECT into `scope`.

    `query` binds a derived table, `named` the view or common table expression of a name, `alias` makes a name
    for DuckDB that no other relation has.
    """

    def __init__(self, scope: Scope, expressions: Expressions, query: Bind, named: Bind,
                 alias: Callable[[], str], catalog: rowset.Rowsets):  # fmt: skip
        self.scope, self.expressions = scope, expressions
        self.query, self.named, self.alias, self.catalog = query, named, alias, catalog

    def joined(self, first: exp.Expression, joins: list[exp.Join]) -> str:
        """DuckDB's FROM clause, without the word."""
        sql = self._table(first)
        joins = [*(first.args.get("joins") or []), *joins]
        kinds = {_kind(j) for j in joins}
        if "," in kinds and kinds & {"RIGHT", "FULL"}:
            raise untranslated("a comma beside RIGHT or FULL JOIN", "Write CROSS JOIN.")
        for join in joins:
            kind = _kind(join)
            table, on = self._table(join.this), join.args.get("on")
            if (on is None) != (kind in ("CROSS", ",")):
                raise Refused(f"{kind} JOIN", "It needs ON." if on is None else "It takes no ON.")
            condition = "" if on is None else f" ON {self.expressions.condition(on)}"
            sql += f" {'CROSS' if kind == ',' else kind} JOIN {table}{condition}"
        return sql

    def _table(self, node: exp.Expression) -> str:
        if isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table) and not node.alias:
            return f"({self.joined(node.this, [])})"
        relation = self._relation(node)
        self.scope.add(relation)
        return relation.sql

    def _relation(self, node: exp.Expression) -> Relation:
        alias = node.args.get("alias")
        names = [c.name for c in (alias.args.get("columns") or [])] if alias else []
        if isinstance(node, OpenRowset):
            return relation(
                node.alias, self.alias(), renamed(rowset.bind(node, self.catalog), names, node.alias)
            )
        if isinstance(node, (exp.Subquery, exp.Values)):
            only(node, {"this", "alias", "expressions"}, "a derived table")
            if not node.alias:
                raise Refused("a derived table", "It needs an alias in T-SQL.", "Write (SELECT ..) AS t.")
            bound = self._values(node) if isinstance(node, exp.Values) else self.query(node.this)
            return relation(node.alias, self.alias(), renamed(bound, names, node.alias))
        if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
            raise untranslated("APPLY" if isinstance(node, exp.Lateral) else type(node).__name__.upper())
        only(node, {"this", "db", "catalog", "alias", "joins"}, node.name)
        bound = renamed(self.named(node), names, node.name)
        return relation(node.alias or node.name, self.alias(), bound, None if node.alias else node.db)

    def _values(self, node: exp.Values) -> Bound:
        rows = [[self.expressions.value(v) for v in row.expressions] for row in node.expressions]
        if len({len(row) for row in rows}) != 1:
            raise Refused("VALUES", "All its rows must have the same number of columns.")
        kinds = [types.unify([v.type for v in column], "VALUES") for column in zip(*rows, strict=True)]
        written = " UNION ALL ".join(
            select_list([convert(v, k).sql for v, k in zip(row, kinds, strict=True)], "") for row in rows
        )
        return Bound(written, tuple(Column(None, k) for k in kinds))


def relation(name: str, alias: str, bound: Bound, schema: str | None = None) -> Relation:
    return Relation(name, alias, f"({bound.sql}) AS {alias}", bound.columns, schema)


def _kind(join: exp.Join) -> str:
    if isinstance(join.this, exp.Lateral):
        raise untranslated(
            "CROSS APPLY" if join.this.args.get("cross_apply") else "OUTER APPLY", "Write a JOIN."
        )
    only(join, {"this", "side", "kind", "on"}, "JOIN")
    side, kind = (join.args.get(k) or "" for k in ("side", "kind"))
    if kind not in ("", "INNER", "CROSS", "OUTER"):
        raise untranslated(f"{kind} JOIN")
    if kind == "CROSS" or side:
        return side or "CROSS"
    return "INNER" if kind or join.args.get("on") is not None else ","


def select_list(items: list[str], rest: str) -> str:
    """A SELECT whose columns are called c1, c2, .."""
    named = ", ".join(f"{sql} AS c{i}" for i, sql in enumerate(items, 1))
    return f"SELECT {named}{rest}"


def renamed(bound: Bound, names: list[str], where: str) -> Bound:
    """The query's columns under a column list; each must have a name of its own, as T-SQL asks."""
    columns = bound.columns
    if names:
        if len(names) != len(columns):
            raise Refused(where, f"{where} has {len(columns)} columns, and {len(names)} are named.")
        columns = tuple(Column(n, c.type) for n, c in zip(names, columns, strict=True))
    for i, column in enumerate(columns, 1):
        if column.name is None:
            raise Refused(where, f"No column name was specified for column {i} of {where}.", "Write AS name.")
        if any(other.name == column.name for other in columns[: i - 1]):
            raise Refused(where, f"The column {column.name} was specified twice for {where}.")
    return Bound(bound.sql, columns)


def values_of(bound: Bound, alias: str) -> list[Value]:
    """The columns of a bound query as values of the relation `alias`."""
    return [v for _, v in relation("", alias, bound).values()]
