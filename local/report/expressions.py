"""What a measure comes to: a tree over aggregates, each with its own filters, ready to be written as SQL.

The part of DAX that is understood is listed in docs/report.md; anything else is refused by name.
"""

from dataclasses import dataclass, replace

from local.report import dax
from local.report.errors import ReportError
from local.report.model import Column, SemanticModel

AGGREGATES = ("SUM", "AVERAGE", "MIN", "MAX", "COUNT", "DISTINCTCOUNT", "DISTINCTCOUNTNOBLANK")
COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
# Which filters an aggregate is under: those of its group, those of the visual without its groups, or none.
CONTEXT, SELECTED, ALL = "context", "selected", "all"


@dataclass(frozen=True)
class Literal:
    """A number, a text, a bool, or None for BLANK()."""

    value: object


@dataclass(frozen=True)
class Day:
    """A day as `DATE(y, m, d)` or a moment as text, in ISO 8601."""

    text: str


@dataclass(frozen=True)
class Op:
    """An operation on scalars or, in a condition, on columns."""

    name: str
    args: tuple


@dataclass(frozen=True)
class Filter:
    """A condition of CALCULATE. Without KEEPFILTERS it would replace other filters on its columns."""

    condition: object
    keeps: bool


@dataclass(frozen=True)
class Aggregate:
    """An aggregate over the rows of a table; `column` is None for COUNTROWS."""

    function: str
    table: str
    column: Column | None
    scope: str = CONTEXT
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True)
class _Context:
    where: str
    scope: str = CONTEXT
    filters: tuple[Filter, ...] = ()


def columns(tree: object) -> set[Column]:
    """The columns that a condition speaks of."""
    if isinstance(tree, Column):
        return {tree}
    return {c for a in tree.args for c in columns(a)} if isinstance(tree, Op) else set()


def aggregates(tree: object) -> list[Aggregate]:
    """The aggregates of a tree, those in the filters of others not among them."""
    if isinstance(tree, Aggregate):
        return [tree]
    return [a for arg in tree.args for a in aggregates(arg)] if isinstance(tree, Op) else []


class Expressions:
    """Turns DAX into trees, against one model."""

    def __init__(self, model: SemanticModel):
        self._model = model
        self._open: list[str] = []

    def measure(self, name: str, table: str | None = None) -> object:
        """The tree of a measure.

        Raises:
            ReportError: there is no such measure, or its DAX is not of the understood part.
        """
        return self._measure(name, _Context(name), table)

    def condition(self, text: str, where: str) -> object:
        """A row filter such as `Zone[Borough] = "Queens"`."""
        return self._condition(dax.parse(text, where), _Context(where), {})

    def _measure(self, name: str, context: _Context, table: str | None = None) -> object:
        measure = self._model.measure(name, table)
        if name in self._open:
            raise ReportError(f"The measure {name!r} refers to itself", " -> ".join([*self._open, name]))
        self._open.append(name)
        tree = self._scalar(dax.parse(measure.dax, f"[{name}]"), replace(context, where=name), {})
        self._open.pop()
        return tree

    def _refused(self, what: str, context: _Context, instead: str = "") -> ReportError:
        return ReportError(
            f"The DAX of [{context.where}] has {what}",
            "The part of DAX that is understood here has it not.",
            instead or "docs/report.md lists what there is.",
        )

    def _scalar(self, tree: object, context: _Context, known: dict) -> object:
        match tree:
            case dax.Literal(value):
                return Literal(value)
            case dax.MeasureRef(name):
                return self._measure(name, context)
            case dax.Word(name) if name in known:
                return known[name]
            case dax.Word(name):
                raise self._refused(f"the name {name!r}, which is no variable", context)
            case dax.ColumnRef(table, name):
                raise self._refused(f"{table}[{name}] outside of an aggregate", context, "Aggregate it.")
            case dax.Let(variables, body):
                inner = dict(known)
                for name, value in variables:
                    inner[name] = self._scalar(value, context, inner)
                return self._scalar(body, context, inner)
            case dax.Binary(op, left, right):
                return self._binary(op, left, right, context, known)
            case dax.Call(name, args):
                return self._call(name, args, context, known)
        raise self._refused(type(tree).__name__.upper(), context)

    def _binary(self, op: str, left: object, right: object, context: _Context, known: dict) -> object:
        a, b = (self._scalar(side, context, known) for side in (left, right))
        if all(isinstance(x, Literal) and type(x.value) in (int, float) for x in (a, b)) and op in "+-*/":
            if op == "/" and b.value == 0:
                raise self._refused("a division by 0", context)
            return Literal({"+": a.value.__add__, "-": a.value.__sub__, "*": a.value.__mul__}[op](b.value)
                           if op != "/" else a.value / b.value)  # fmt: skip
        if op == "/" and not (isinstance(b, Literal) and b.value):
            raise self._refused("/ by what may be 0", context, "Write DIVIDE.")
        return Op(op, (a, b))

    def _call(self, name: str, args: tuple, context: _Context, known: dict) -> object:
        if name in AGGREGATES:
            if len(args) != 1 or not isinstance(args[0], dax.ColumnRef):
                raise self._refused(f"{name} of anything but one column", context)
            column = self._model.column(args[0].table, args[0].name)
            if name in ("SUM", "AVERAGE") and column.kind not in ("int64", "decimal", "double"):
                raise self._refused(f"{name} of the {column.kind} {column.table}[{column.name}]", context)
            return Aggregate(name, column.table, column, context.scope, context.filters)
        if name == "COUNTROWS" and len(args) == 1 and isinstance(args[0], dax.Word):
            return Aggregate(name, self._model.table(args[0].name).name, None, context.scope, context.filters)
        if name == "CALCULATE" and args:
            return self._scalar(args[0], self._calculated(args[1:], context, known), known)
        if name == "DATE":
            return self._day(args, context)
        arity = {"DIVIDE": (2, 3), "IF": (2, 3), "COALESCE": (2, 9), "ROUND": (2, 2), "ISBLANK": (1, 1),
                 "NOT": (1, 1)}.get(name)  # fmt: skip
        if arity is None or not arity[0] <= len(args) <= arity[1]:
            raise self._refused(f"{name} with {len(args)} arguments", context)
        return Op(name, tuple(self._scalar(a, context, known) for a in args))

    def _day(self, args: tuple, context: _Context) -> Day:
        values = [a.value for a in args if isinstance(a, dax.Literal) and isinstance(a.value, int)]
        if len(values) != 3 or len(args) != 3:
            raise self._refused("DATE of anything but three whole numbers", context)
        return Day("{:04d}-{:02d}-{:02d}".format(*values))

    def _calculated(self, given: tuple, context: _Context, known: dict) -> _Context:
        """The context that CALCULATE's filters make of another."""
        inner = context
        for tree in given:
            if isinstance(tree, dax.Call) and tree.name in ("REMOVEFILTERS", "ALLSELECTED"):
                if tree.args:
                    raise self._refused(f"{tree.name} of tables or columns", context, "Write it without.")
                scope = ALL if tree.name == "REMOVEFILTERS" else SELECTED
                inner = replace(inner, scope=scope, filters=())
        for tree in given:
            if isinstance(tree, dax.Call) and tree.name in ("REMOVEFILTERS", "ALLSELECTED"):
                continue
            keeps = isinstance(tree, dax.Call) and tree.name == "KEEPFILTERS" and len(tree.args) == 1
            condition = self._condition(tree.args[0] if keeps else tree, context, known)
            if not keeps and any(columns(condition) & columns(f.condition) for f in inner.filters):
                raise self._refused("a filter that replaces another", context, "Write KEEPFILTERS.")
            inner = replace(inner, filters=(*inner.filters, Filter(condition, keeps)))
        return inner

    def _condition(self, tree: object, context: _Context, known: dict) -> object:
        match tree:
            case dax.Literal(bool(value)):
                return Literal(value)
            case dax.Binary("&&" | "||" as op, left, right):
                return Op(op, tuple(self._condition(side, context, known) for side in (left, right)))
            case dax.Binary(op, dax.ColumnRef(table, name), right) if op in COMPARISONS:
                return Op(op, (self._model.column(table, name), self._scalar(right, context, known)))
            case dax.In(dax.ColumnRef(table, name), values):
                given = tuple(self._scalar(v, context, known) for v in values)
                return Op("IN", (self._model.column(table, name), *given))
            case dax.Call("NOT", (inner,)):
                return Op("NOT", (self._condition(inner, context, known),))
            case dax.Call("ISBLANK", (dax.ColumnRef(table, name),)):
                return Op("ISBLANK", (self._model.column(table, name),))
            case dax.Call(name, _):
                raise self._refused(f"{name} as a filter", context)
        raise self._refused("a filter that does not compare a column", context)
