"""Function calls: scalar functions, aggregates, and windows over them."""

from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Protocol

from sqlglot import exp

from local.serving.tsql import aggregates, alike, functions
from local.serving.tsql.errors import Refused, lacking, untranslated
from local.serving.tsql.syntax import only, written
from local.serving.tsql.values import Value


class Binding(Protocol):
    """What a call asks of the expressions around it."""

    now: datetime

    def value(self, node: exp.Expression) -> Value: ...

    def condition(self, node: exp.Expression) -> str: ...

    def within_rows(self) -> AbstractContextManager[None]: ...

    def choice(self, branches: list[tuple[str, Value]], default: Value, word: str) -> Value: ...


def call(binding: Binding, node: exp.Anonymous, over: str = "", order: str = "") -> Value:
    """Bind a call by its name. `over` is a window, `order` the order within a STRING_AGG, in DuckDB's words.

    Raises:
        Refused: the function is not known here, or not to Synapse serverless, or its arguments do not fit.
    """
    name, given = node.name.upper(), node.expressions
    if name in functions.LACKING:
        raise lacking(name, functions.LACKING[name])
    if name in aggregates.AGGREGATES:
        # With OVER it is a window over the groups, where there are any.
        with nullcontext() if over else binding.within_rows():
            return _aggregate(binding, name, given, over)
    if name in (*aggregates.RANKING, *aggregates.SHIFTING):
        build = aggregates.ranking if name in aggregates.RANKING else aggregates.shifting
        return build(name, [binding.value(a) for a in given], over)
    if over:
        raise Refused(f"{name} OVER", f"{name} is no aggregate or window function.")
    if name == "STRING_AGG":
        _count(name, given, 2, 2)
        with binding.within_rows():
            return aggregates.string_agg(*(binding.value(a) for a in given), order)
    return _scalar(binding, name, given)


def _scalar(binding: Binding, name: str, given: list[exp.Expression]) -> Value:
    clock = functions.clock(name, binding.now)
    if clock is not None:
        _count(name, given, 0, 0)
        return clock
    if name == "IIF":
        _count(name, given, 3, 3)
        test, then, otherwise = binding.condition(given[0]), binding.value(given[1]), binding.value(given[2])
        return binding.choice([(test, then)], otherwise, name)
    if name in functions.BY_PART:
        count, build = functions.BY_PART[name]
        _count(name, given, count + 1, count + 1)
        if not isinstance(given[0], exp.Column):
            raise Refused(f"{name}({written(given[0])}, ..)", "A date part is a word such as day.")
        return build(given[0].name, [binding.value(a) for a in given[1:]])
    if name not in functions.SCALAR:
        raise untranslated(f"{name}()")
    fewest, most, build = functions.SCALAR[name]
    _count(name, given, fewest, most)
    return build([binding.value(a) for a in given])


def _aggregate(binding: Binding, name: str, given: list[exp.Expression], over: str) -> Value:
    _count(name, given, 1, 1)
    argument, distinct = given[0], ""
    if isinstance(argument, exp.Star):
        if not name.startswith("COUNT"):
            raise Refused(f"{name}(*)", "Only COUNT and COUNT_BIG take a star.")
        return aggregates.count_rows(name, over)
    if isinstance(argument, exp.Distinct):
        only(argument, {"expressions"}, "DISTINCT")
        if len(argument.expressions) != 1:
            raise Refused(f"{name}(DISTINCT ..)", "T-SQL takes one expression here.")
        if over:
            raise Refused(f"{name}(DISTINCT ..) OVER", "T-SQL allows no DISTINCT with the OVER clause.")
        argument, distinct = argument.expressions[0], "DISTINCT "
    return aggregates.AGGREGATES[name](binding.value(argument), distinct, over)


def within_group(binding: Binding, node: exp.WithinGroup) -> Value:
    """STRING_AGG(..) WITHIN GROUP (ORDER BY ..)."""
    if not isinstance(node.this, exp.Anonymous) or node.this.name.upper() != "STRING_AGG":
        raise untranslated("WITHIN GROUP", "It is kept for STRING_AGG alone.")
    with binding.within_rows():
        order = _ordering(binding, node.expression)
    return call(binding, node.this, order=f" ORDER BY {order}")


def window(binding: Binding, node: exp.Window) -> Value:
    """fn() OVER (PARTITION BY .. ORDER BY .. frame)."""
    if not isinstance(node.this, exp.Anonymous):
        raise untranslated(written(node), "Write fn() OVER (PARTITION BY .. ORDER BY ..).")
    parts = []
    if node.args.get("partition_by"):
        keys = [binding.value(p) for p in node.args["partition_by"]]
        parts.append("PARTITION BY " + ", ".join(alike.key(v.sql, v.type) for v in keys))
    order, spec = node.args.get("order"), node.args.get("spec")
    if order:
        parts.append("ORDER BY " + _ordering(binding, order))
    if spec:
        if not order:
            raise Refused("ROWS", "A window frame needs ORDER BY.")
        parts.append(_frame(spec))
    return call(binding, node.this, over=f" OVER ({' '.join(parts)})")


def _ordering(binding: Binding, order: exp.Order) -> str:
    only(order, {"expressions"}, "ORDER BY")
    items = []
    for item in order.expressions:
        if isinstance(item.this, exp.Literal):
            raise Refused(f"ORDER BY {item.this}", "A constant orders nothing here.")
        value = binding.value(item.this)
        items.append(alike.key(value.sql, value.type) + direction(item))
    return ", ".join(items)


def direction(item: exp.Ordered) -> str:
    """ASC or DESC in DuckDB's words. NULLs are the lowest in T-SQL, which has no NULLS FIRST or LAST."""
    only(item, {"this", "desc", "nulls_first"}, "ORDER BY")
    if bool(item.args.get("desc")) == bool(item.args.get("nulls_first")):
        raise lacking("NULLS FIRST or NULLS LAST", "Order by CASE WHEN x IS NULL THEN 0 ELSE 1 END first.")
    return " DESC NULLS LAST" if item.args.get("desc") else " ASC NULLS FIRST"


def _frame(spec: exp.WindowSpec) -> str:
    only(spec, {"kind", "start", "start_side", "end", "end_side"}, "a window frame")
    kind = spec.args["kind"].upper()
    if kind not in ("ROWS", "RANGE"):
        raise untranslated(f"window frame {kind}")

    def bound(key: str) -> str | None:
        where, side = spec.args.get(key), spec.args.get(f"{key}_side")
        if where is None:
            return None
        words = where.upper() if isinstance(where, str) else written(where)
        if words not in ("UNBOUNDED", "CURRENT ROW") and (kind == "RANGE" or not words.isdigit()):
            raise Refused(f"{kind} {words}", "T-SQL takes a whole number of ROWS, UNBOUNDED or CURRENT ROW.")
        return f"{words} {side.upper()}" if side else words

    start, end = bound("start"), bound("end")
    return f"{kind} {start}" if end is None else f"{kind} BETWEEN {start} AND {end}"


def _count(name: str, given: list, fewest: int, most: int) -> None:
    if not fewest <= len(given) <= most:
        wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
        raise Refused(f"{name}()", f"{name} takes {wanted} argument(s), and {len(given)} are given.")
