"""Queries: SELECT, set operations and common table expressions, bound against a catalog of views."""

from datetime import UTC, datetime
from typing import Protocol

from sqlglot import exp

from local.serving.tsql import alike, rowset, types
from local.serving.tsql.calls import direction
from local.serving.tsql.conversions import convert
from local.serving.tsql.errors import Refused, untranslated
from local.serving.tsql.expressions import Expressions
from local.serving.tsql.limits import limit
from local.serving.tsql.scope import Bound, Column, Scope
from local.serving.tsql.sources import Sources, renamed, select_list, values_of
from local.serving.tsql.syntax import only, parse_query
from local.serving.tsql.values import Value

_OPERATORS = {exp.Union: "UNION", exp.Except: "EXCEPT", exp.Intersect: "INTERSECT"}
_CLAUSES = {"expressions", "distinct", "from_", "joins", "where", "group", "having", "order", "limit",
            "offset", "with_"}  # fmt: skip
Outputs = list[tuple[str | None, str]]  # name and DuckDB SQL of each item of a select list


class Catalog(rowset.Rowsets, Protocol):
    """What queries are bound against."""

    database: str

    def view(self, schema: str, name: str) -> str | None:
        """The SELECT of a view, or None."""

    def system(self, schema: str, name: str) -> tuple[tuple[Column, ...], list[tuple]] | None:
        """Columns and rows of a system view such as sys.views, or None."""


class Binder:
    """Binds one statement. Its clock stands still; its views are bound once."""

    def __init__(self, catalog: Catalog, now: datetime | None = None):
        self.catalog = catalog
        self.now = now or datetime.now(UTC).replace(tzinfo=None)
        self._aliases = 0
        self._views: dict[tuple[str, str], Bound] = {}
        self._open: list[tuple[str, str]] = []

    def statement(self, tree: exp.Expression) -> Bound:
        """Bind a whole SELECT statement."""
        return self.query(tree, None, {}, outer=True)

    def view(self, tree: exp.Expression, name: str) -> Bound:
        """Bind the SELECT of a view, whose columns must all be named."""
        return renamed(self.query(tree, None, {}), [], name)

    def query(
        self, node: exp.Expression, parent: Scope | None, ctes: dict[str, Bound], outer: bool = False
    ) -> Bound:
        """Bind a query. `outer` says that its own ORDER BY decides the order of the answer."""
        while isinstance(node, exp.Subquery):
            only(node, {"this", "alias"}, "a query in parentheses")
            node = node.this
        ctes = self._common(node, parent, ctes)
        limited = node.args.get("limit") or node.args.get("offset")
        if not outer and node.args.get("order") and not limited:
            raise Refused(
                "ORDER BY",
                "Views, subqueries and common table expressions take it only with TOP or OFFSET.",
                "Order the outermost query.",
            )
        if type(node) in _OPERATORS:
            return self._set_operation(node, parent, ctes)
        if not isinstance(node, exp.Select):
            raise untranslated(type(node).__name__.upper())
        return self._select(node, parent, ctes)

    def _common(self, node: exp.Expression, parent: Scope | None, ctes: dict[str, Bound]) -> dict[str, Bound]:
        clause = node.args.get("with_")
        known = dict(ctes)
        if clause is not None:
            only(clause, {"expressions"}, "WITH")
        for item in clause.expressions if clause is not None else ():
            only(item, {"this", "alias"}, "WITH")
            names = [c.name for c in item.args["alias"].args.get("columns") or []]
            known[item.alias] = renamed(self.query(item.this, parent, known), names, item.alias)
        return known

    def _set_operation(self, node: exp.Expression, parent: Scope | None, ctes: dict[str, Bound]) -> Bound:
        only(node, {"this", "expression", "distinct", "with_", "order", "limit", "offset"}, "a set operation")
        word = _OPERATORS[type(node)]
        sides = [self.query(node.args[k], parent, ctes) for k in ("this", "expression")]
        left, right = (s.columns for s in sides)
        if len(left) != len(right):
            raise Refused(word, f"The queries have {len(left)} and {len(right)} columns.")
        if not node.args.get("distinct"):
            if word != "UNION":
                raise Refused(f"{word} ALL", f"T-SQL has no {word} ALL.")
            word = "UNION ALL"
        kinds = [types.unify([a.type, b.type], word) for a, b in zip(left, right, strict=True)]
        halves = []
        for side in sides:
            alias = self._alias()
            items = [convert(v, k).sql for v, k in zip(values_of(side, alias), kinds, strict=True)]
            halves.append(select_list(items, f" FROM ({side.sql}) AS {alias}"))
        columns = tuple(Column(c.name, k) for c, k in zip(left, kinds, strict=True))
        order = _order(node, [(c.name, str(i)) for i, c in enumerate(columns)], None)
        if word == "UNION ALL":
            return Bound(f"({halves[0]}) UNION ALL ({halves[1]}){order}{limit(node)}", columns)
        return Bound(f"{alike.combined(word, *halves, columns)}{order}{limit(node)}", columns)

    def _select(self, node: exp.Select, parent: Scope | None, ctes: dict[str, Bound]) -> Bound:
        only(node, _CLAUSES, "SELECT")
        scope = Scope(parent=parent)
        expressions = Expressions(scope, lambda n, s: self.query(n, s, ctes), self.now)
        clauses = ""
        if node.args.get("from_") is not None:
            sources = Sources(
                scope, expressions, lambda n: self.query(n, parent, ctes),
                lambda n: self._named(n, ctes), self._alias, self.catalog,
            )  # fmt: skip
            clauses += " FROM " + sources.joined(node.args["from_"].this, node.args.get("joins") or [])
        if node.args.get("where") is not None:
            clauses += f" WHERE {expressions.condition(node.args['where'].this)}"
        clauses += _group(node, expressions)
        if node.args.get("having") is not None:
            clauses += f" HAVING {expressions.condition(node.args['having'].this)}"
        items = [item for e in node.expressions for item in _item(e, scope, expressions)]
        distinct = node.args.get("distinct")
        if distinct is not None:
            only(distinct, set(), "DISTINCT")
        outputs = [(name, value.sql) for name, value in items]
        order = _order(node, outputs, expressions, distinct is not None)
        columns = tuple(Column(name, types.INT if v.type == types.NULL else v.type) for name, v in items)
        body = select_list([sql for _, sql in outputs], clauses)
        if distinct is not None:
            body = alike.distinct(body, columns)
        return Bound(f"{body}{order}{limit(node)}", columns)

    def _named(self, node: exp.Table, ctes: dict[str, Bound]) -> Bound:
        if not node.db and node.name in ctes:
            return ctes[node.name]
        if node.catalog and node.catalog != self.catalog.database:
            full = f"{node.catalog}.{node.db}.{node.name}"
            raise Refused(full, f"This database is {self.catalog.database}.")
        key = (node.db or "dbo", node.name)
        if key not in self._views:
            system = self.catalog.system(*key)
            self._views[key] = rowset.constant(*system) if system is not None else self._view(key)
        return self._views[key]

    def _view(self, key: tuple[str, str]) -> Bound:
        text = self.catalog.view(*key)
        if text is None or key in self._open:
            raise Refused(
                ".".join(key),
                "Invalid object name: there is no such view.",
                "List them with: SELECT TABLE_SCHEMA, TABLE_NAME FROM INFORMATION_SCHEMA.TABLES",
            )
        self._open.append(key)
        bound = self.view(parse_query(text), ".".join(key))
        self._open.pop()
        return bound

    def _alias(self) -> str:
        self._aliases += 1
        return f"t{self._aliases}"


def _item(node: exp.Expression, scope: Scope, expressions: Expressions) -> list[tuple[str | None, Value]]:
    """A select item: one value, or every column that a star stands for."""
    if isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star)):
        only(node, {"this", "table", "db"}, "*")
        schema = node.args.get("db")
        table = node.table if isinstance(node, exp.Column) else ""
        found = scope.matching(table or None, schema.name if schema else None)
        if not found:
            raise Refused(f"{table}.*".lstrip("."), "There is no table for the star here.")
        return [item for relation in found for item in relation.values()]
    if isinstance(node, exp.Alias):
        only(node, {"this", "alias"}, "AS")
        return [(node.alias, expressions.value(node.this))]
    return [(node.name if isinstance(node, exp.Column) else None, expressions.value(node))]


def _group(node: exp.Select, expressions: Expressions) -> str:
    group = node.args.get("group")
    if group is None:
        return ""
    only(group, {"expressions"}, "GROUP BY")
    for item in group.expressions:
        if isinstance(item, exp.Literal):
            raise Refused(f"GROUP BY {item}", "T-SQL groups by expressions, not by positions.")
    keys = [expressions.value(g) for g in group.expressions]
    expressions.grouped = {v.sql for v in keys if v.type.is_string}
    return " GROUP BY " + ", ".join(alike.key(v.sql, v.type) for v in keys)


def _order(
    node: exp.Expression, outputs: Outputs, expressions: Expressions | None, distinct: bool = False
) -> str:
    """ORDER BY, by position where it can: an output's name wins over a column's, as in T-SQL."""
    order = node.args.get("order")
    if order is None:
        return ""
    only(order, {"expressions"}, "ORDER BY")
    items = []
    for item in order.expressions:
        place = _position(item.this, outputs)
        if place is None and expressions is not None and not isinstance(item.this, exp.Literal):
            value = expressions.value(item.this)
            same = [str(i) for i, (_, output) in enumerate(outputs, 1) if output == value.sql]
            place = same[0] if same else (None if distinct else alike.key(value.sql, value.type))
        if place is None:
            raise Refused("ORDER BY", "Its items must be in the select list here.")
        items.append(place + direction(item))
    return " ORDER BY " + ", ".join(items)


def _position(node: exp.Expression, outputs: Outputs) -> str | None:
    if isinstance(node, exp.Literal) and not node.is_string and node.this.isdigit():
        if not 1 <= int(node.this) <= len(outputs):
            raise Refused(f"ORDER BY {node.this}", f"There are {len(outputs)} columns.")
        return node.this
    if isinstance(node, exp.Column) and not node.table:
        found = [(i, sql) for i, (name, sql) in enumerate(outputs, 1) if name == node.name]
        if len({sql for _, sql in found}) > 1:
            raise Refused(f"ORDER BY {node.name}", "Ambiguous column name.")
        return str(found[0][0]) if found else None
    return None
