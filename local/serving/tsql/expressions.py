"""Expressions: from sqlglot's tree to DuckDB's SQL, with T-SQL's types.

A node or function that is not named here is refused: nothing passes untranslated.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlglot import exp

from local.serving.tsql import calls, predicates, types
from local.serving.tsql.arithmetic import binary, negate
from local.serving.tsql.conversions import convert
from local.serving.tsql.errors import Refused, untranslated
from local.serving.tsql.scope import Bound, Scope
from local.serving.tsql.syntax import Convert, check_collation, only, written
from local.serving.tsql.values import NULL_VALUE, Value, number, predicate, text

_ARITHMETIC = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%"}
_COMPARISONS = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_SPELLING = {exp.BitwiseAnd: "&", exp.BitwiseOr: "|", exp.BitwiseXor: "^", exp.BitwiseNot: "~",
             exp.Parameter: "@variable", exp.Any: "ANY", exp.All: "ALL", exp.Boolean: "TRUE / FALSE",
             exp.AtTimeZone: "AT TIME ZONE", exp.Rollup: "GROUP BY ROLLUP", exp.Cube: "GROUP BY CUBE",
             exp.GroupingSets: "GROUPING SETS"}  # fmt: skip


class Expressions:
    """Binds the expressions of one query.

    `query` binds a subquery within this scope; `now` is the statement's moment. `grouped` are the texts, in DuckDB's
    SQL, that the query groups by: a group holds several that differ in blanks, of which one is shown.
    """

    def __init__(self, scope: Scope, query: Callable[[exp.Expression, Scope], Bound], now: datetime):
        self.scope, self.query, self.now = scope, query, now
        self.grouped: set[str] = set()

    @contextmanager
    def within_rows(self) -> Iterator[None]:
        """While the argument of an aggregate is bound, which sees the rows and not their groups."""
        held, self.grouped = self.grouped, set()
        try:
            yield
        finally:
            self.grouped = held

    def value(self, node: exp.Expression) -> Value:
        """Bind a value. Raises Refused if it is a condition, or can't be kept."""
        bound = self.bind(node)
        if bound.sql in self.grouped:
            return Value(f"min({bound.sql})", bound.type)
        if bound.is_predicate:
            raise Refused(written(node), "A condition is not a value in T-SQL.",
                          "Write CASE WHEN .. THEN 1 ELSE 0 END.")  # fmt: skip
        return bound

    def condition(self, node: exp.Expression) -> str:
        """Bind a condition; a BIT is none in T-SQL."""
        bound = self.bind(node)
        if not bound.is_predicate:
            raise Refused(written(node), "A condition is expected here, and T-SQL takes no value for one.",
                          "Write x = 1.")  # fmt: skip
        return bound.sql

    def bind(self, node: exp.Expression) -> Value:
        kind = type(node)
        if kind in _ARITHMETIC:
            only(node, {"this", "expression", "typed", "safe"}, written(node))
            return binary(_ARITHMETIC[kind], self.value(node.this), self.value(node.expression))
        if kind in _COMPARISONS:
            only(node, {"this", "expression"}, written(node))
            if isinstance(node.expression, (exp.Any, exp.All)):
                raise untranslated(f"{_COMPARISONS[kind]} {node.expression.key.upper()}", "Use EXISTS or IN.")
            return predicates.compare(_COMPARISONS[kind], self.value(node.this), self.value(node.expression))
        handler = _HANDLERS.get(kind)
        if handler is None:
            raise untranslated(_SPELLING.get(kind, written(node)))
        bind, known = handler
        only(node, known, written(node))
        return bind(self, node)

    def _literal(self, node: exp.Literal) -> Value:
        return text(node.this) if node.is_string else number(node.this)

    def _paren(self, node: exp.Paren) -> Value:
        inner = self.bind(node.this)
        return Value(f"({inner.sql})", inner.type, inner.literal)

    def _logic(self, node: exp.Connector) -> Value:
        word = "AND" if isinstance(node, exp.And) else "OR"
        return predicate(f"{self.condition(node.this)} {word} {self.condition(node.expression)}")

    def _not(self, node: exp.Not) -> Value:
        return predicate(f"NOT {self.condition(node.this)}")

    def _is(self, node: exp.Is) -> Value:
        if not isinstance(node.expression, exp.Null):
            raise untranslated(written(node), "Only IS [NOT] NULL is T-SQL.")
        return predicate(f"{self.value(node.this).sql} IS NULL")

    def _between(self, node: exp.Between) -> Value:
        return predicates.between(*(self.value(node.args[k]) for k in ("this", "low", "high")))

    def _in(self, node: exp.In) -> Value:
        subject = self.value(node.this)
        query = node.args.get("query")
        if query is None:
            return predicates.within(subject, [self.value(e) for e in node.expressions])
        bound = self._one_column(query)
        inner = Value("q.c1", bound.columns[0].type)
        left, right = predicates.comparable([subject, inner], "IN")
        return predicate(f"{left.sql} IN (SELECT {right.sql} FROM ({bound.sql}) AS q)")

    def _like(self, node: exp.Like, escape: str | None = None) -> Value:
        found = predicates.like(self.value(node.this), self.value(node.expression), escape)
        return predicate(f"NOT {found.sql}") if node.args.get("negate") else found

    def _escape(self, node: exp.Escape) -> Value:
        mark = self.value(node.expression)
        if not isinstance(node.this, exp.Like) or not isinstance(mark.literal, str) or len(mark.literal) != 1:
            raise Refused(written(node), "ESCAPE takes one character, after LIKE.")
        only(node.this, {"this", "expression", "negate"}, "LIKE")
        return self._like(node.this, mark.literal)

    def _exists(self, node: exp.Exists) -> Value:
        return predicate(f"EXISTS ({self.query(node.this, self.scope).sql})")

    def _one_column(self, node: exp.Expression) -> Bound:
        bound = self.query(node, self.scope)
        if len(bound.columns) != 1:
            raise Refused("a subquery", f"It has {len(bound.columns)} columns where one is expected.")
        return bound

    def _subquery(self, node: exp.Subquery) -> Value:
        bound = self._one_column(node)
        return Value(f"({bound.sql})", bound.columns[0].type)

    def _collate(self, node: exp.Collate) -> Value:
        check_collation(node.expression.name)
        return self.value(node.this)

    def _convert(self, node: Convert) -> Value:
        style = node.args.get("style")
        if style is not None and not (isinstance(style, exp.Literal) and style.this.isdigit()):
            raise untranslated("CONVERT with a computed style", "Write the style as a number.")
        return convert(self.value(node.this), node.args["to"], safe=node.args["safe"],
                       style=None if style is None else int(style.this))  # fmt: skip

    def _case(self, node: exp.Case) -> Value:
        for arm in node.args["ifs"]:
            only(arm, {"this", "true"}, "CASE")
        branches = [
            (self._when(node.this, arm.this), self.value(arm.args["true"])) for arm in node.args["ifs"]
        ]
        default = node.args.get("default")
        return self.choice(branches, NULL_VALUE if default is None else self.value(default), "CASE")

    def _when(self, subject: exp.Expression | None, test: exp.Expression) -> str:
        if subject is None:
            return self.condition(test)
        return predicates.compare("=", self.value(subject), self.value(test)).sql

    def choice(self, branches: list[tuple[str, Value]], default: Value, word: str) -> Value:
        """CASE over bound branches: every result in the one type that T-SQL gives the whole."""
        kind = types.unify([v.type for _, v in branches] + [default.type], word)
        if kind.name == "NULL":
            raise Refused(word, "At least one result must be something other than NULL.")
        arms = " ".join(f"WHEN {test} THEN {convert(v, kind).sql}" for test, v in branches)
        return Value(f"CASE {arms} ELSE {convert(default, kind).sql} END", kind)


_THIS, _TWO = {"this"}, {"this", "expression"}
# How a node is bound, and what it may hold: sqlglot keeps what it read in arguments; none may be overlooked.
_HANDLERS: dict[type, tuple[Callable[[Expressions, exp.Expression], Value], set[str]]] = {
    exp.Literal: (Expressions._literal, {"this", "is_string"}),
    exp.National: (lambda self, node: text(node.this, national=True), _THIS),
    exp.Null: (lambda self, node: NULL_VALUE, set()),
    exp.Column: (lambda self, node: self.scope.resolve(node), {"this", "table", "db"}),
    exp.Paren: (Expressions._paren, _THIS),
    exp.Neg: (lambda self, node: negate(self.value(node.this)), _THIS),
    exp.And: (Expressions._logic, _TWO),
    exp.Or: (Expressions._logic, _TWO),
    exp.Not: (Expressions._not, _THIS),
    exp.Is: (Expressions._is, _TWO),
    exp.Between: (Expressions._between, {"this", "low", "high"}),
    exp.In: (Expressions._in, {"this", "expressions", "query"}),
    exp.Like: (Expressions._like, {"this", "expression", "negate"}),
    exp.Escape: (Expressions._escape, _TWO),
    exp.Exists: (Expressions._exists, _THIS),
    exp.Subquery: (Expressions._subquery, _THIS),
    exp.Collate: (Expressions._collate, _TWO),
    exp.Case: (Expressions._case, {"this", "ifs", "default"}),
    exp.Anonymous: (calls.call, {"this", "expressions"}),
    exp.CurrentTimestamp: (
        lambda self, node: calls.call(self, exp.Anonymous(this="CURRENT_TIMESTAMP")),
        set(),
    ),
    exp.Window: (calls.window, {"this", "partition_by", "order", "spec", "over"}),
    exp.WithinGroup: (calls.within_group, _TWO),
    Convert: (Expressions._convert, {"this", "to", "style", "safe", "word"}),
}
