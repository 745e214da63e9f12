"""From source columns to served ones, through lookups, expressions and aggregates.

Expressions are read by sqlglot in Spark's dialect, the views in the T-SQL dialect that serves them: what is found
here is what runs, not a second description of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import sqlglot
from sqlglot import exp

from contracts import Contract
from local.errors import HighwaterError
from local.serving import scripts
from local.serving.tsql.syntax import parse_query
from sql import serving

# How a source column takes part, in OpenLineage's words. The last three decide which rows or values, and are no value.
Part = Literal["IDENTITY", "TRANSFORMATION", "AGGREGATION", "JOIN", "GROUP_BY", "FILTER"]
DIRECT = ("IDENTITY", "TRANSFORMATION", "AGGREGATION")


@dataclass(frozen=True, order=True)
class Input:
    """A column of a contract's source table, and its part in a served one."""

    table: str
    column: str
    part: Part


@dataclass(frozen=True)
class Origin:
    """Of one gold column: how it is made, in words, the expression if there is one, and what goes in."""

    how: str
    expression: str = ""
    inputs: frozenset[Input] = frozenset()


@dataclass(frozen=True)
class Served:
    """One column of one view, with where it comes from. `contract` is the table whose contract declares the view."""

    contract: str
    view: str
    column: str
    type: str
    description: str
    origin: Origin


Scope = dict[str, Origin]


def served_columns(contracts: Iterable[Contract]) -> list[Served]:
    """Every column of every view, in the order of contracts and views.

    Raises:
        HighwaterError: an expression or a view names a column that nothing provides.
    """
    known = tuple(contracts)
    return [
        Served(contract.table, f"{view.schema}.{view.name}", column, kind, described.get(column, ""), origin)
        for contract in known
        for view in serving.views(contract)
        for scope, described in [gold_scope(contract, view.folder, known)]
        for column, kind, origin in _of_view(view, scope)
    ]


def _of_view(view: serving.View, scope: Scope) -> Iterator[tuple[str, str, Origin]]:
    """(name, T-SQL type, origin) of each item of the view's SELECT, which is read as the serving layer reads it."""
    kinds = {served: kind for _, kind, served in view.columns}
    tree = parse_query(scripts.read(view.script())[0][0].select)
    for item in tree.expressions:
        name, held = item.alias_or_name, [column.name for column in item.find_all(exp.Column)]
        for column in held:
            if column not in scope:
                raise _unknown(f"{view.schema}.{view.name}", column, scope)
        origins = [scope[column] for column in held]
        yield (
            name,
            kinds[name].partition(" COLLATE ")[0],
            origins[0] if len(origins) == 1 else _merged(origins),
        )


def _merged(origins: list[Origin]) -> Origin:
    return Origin("expression of the view", "", frozenset().union(*(o.inputs for o in origins)))


def gold_scope(
    contract: Contract, table: str, contracts: tuple[Contract, ...]
) -> tuple[Scope, dict[str, str]]:
    """The columns of one of the contract's gold tables: their origins, and their descriptions."""
    gold = contract.gold
    for static in gold.static:
        if static.table == table:
            return _static(static), {c.name: c.description for c in static.served}
    scope = _fact(contract, contracts)
    for aggregate in gold.aggregates:
        if aggregate.table == table:
            items = (*aggregate.group_by, *aggregate.measures)
            return _aggregate(aggregate, scope), {c.name: c.description for c in items}
    return scope, {c.name: c.description for c in (*contract.columns, *gold.added)}


def _fact(contract: Contract, contracts: tuple[Contract, ...]) -> Scope:
    """The contract's own columns, then looked up ones, then derived ones, each of which may use those before it."""
    scope: Scope = {
        c.name: Origin("as it is", "", frozenset([Input(contract.table, c.name, "IDENTITY")]))
        for c in contract.columns
    }
    for lookup in contract.gold.lookups:
        theirs = _dimension(lookup.dimension, contracts)
        at = [lookup.valid_at] if lookup.valid_at else []
        by = frozenset().union(*(_as(scope[name], "JOIN") for name in (*lookup.key.values(), *at)))
        for taken in lookup.columns:
            values = _as(theirs[taken.column], "TRANSFORMATION", keep="IDENTITY")
            how = f"looked up: {lookup.dimension}.{taken.column}" + (f" at {lookup.valid_at}" if at else "")
            scope[taken.name] = Origin(how, "", values | by)
    for derived in contract.gold.derived:
        scope[derived.name] = _expression(contract.gold.table, derived.name, derived.expression, scope)
    numbered = contract.gold.numbered
    if numbered:
        parts = (*numbered.within, *numbered.order)
        inputs = frozenset().union(*(_as(scope[name], "TRANSFORMATION") for name in parts))
        words = f"place among rows of one {', '.join(numbered.within)}, by {', '.join(numbered.order)}"
        scope[numbered.name] = Origin(words, "", inputs)
    return scope | _system(contract)


def _system(contract: Contract) -> Scope:
    """What Highwater adds itself."""
    added = {
        "_batch_id": Origin("added: the run that wrote the row"),
        "_removed": Origin("added: the row is gone"),
    }
    if contract.history == "scd2" and contract.cursor:
        cursor = frozenset([Input(contract.table, contract.cursor.column, "TRANSFORMATION")])
        added |= {
            "valid_from": Origin("added: the version's own cursor", "", cursor),
            "valid_to": Origin("added: the next version's cursor", "", cursor),
            "is_current": Origin("added: there is no next version", "", cursor),
        }
    return added


def _static(static) -> Scope:
    given = "a sequence of the contract" if static.sequence else "rows of the contract"
    scope: Scope = {c.name: Origin(f"constant: {given}") for c in (static.key, *static.columns)}
    for derived in static.derived:
        scope[derived.name] = _expression(static.table, derived.name, derived.expression, scope)
    return scope | {"_batch_id": Origin("added: the run that wrote the row")}


def _dimension(table: str, contracts: tuple[Contract, ...]) -> Scope:
    for contract in contracts:
        if table in contract.gold.tables:
            return gold_scope(contract, table, contracts)[0]
    raise HighwaterError(f"No contract serves {table}", "", "Correct the lookup in contracts/.")


def _aggregate(aggregate, fact: Scope) -> Scope:
    where = (
        _inputs(aggregate.table, "where", aggregate.where, fact, "FILTER") if aggregate.where else frozenset()
    )
    grouped: frozenset[Input] = frozenset()
    scope: Scope = {}
    for group in aggregate.group_by:
        own = _expression(aggregate.table, group.name, group.expression, fact)
        scope[group.name] = Origin(f"group: {own.how}", own.expression, own.inputs | where)
        grouped |= _as(own, "GROUP_BY")
    for measure in aggregate.measures:
        values = _inputs(aggregate.table, measure.name, measure.expression, fact, "AGGREGATION")
        scope[measure.name] = Origin("aggregate", measure.expression, values | grouped | where)
    return scope | {"_batch_id": Origin("added: the run that wrote the row")}


def _expression(table: str, name: str, text: str, scope: Scope) -> Origin:
    """A column that is another one under a new name keeps what that is."""
    if text in scope:
        return Origin(scope[text].how, text, scope[text].inputs)
    return Origin("expression", text, _inputs(table, name, text, scope, "TRANSFORMATION"))


def _inputs(table: str, name: str, text: str, scope: Scope, part: Part) -> frozenset[Input]:
    try:
        tree = sqlglot.parse_one(text, dialect="spark")
    except sqlglot.errors.ParseError as error:
        raise HighwaterError(
            f"{table}.{name} can't be followed", str(error), "Correct the expression."
        ) from error
    found: frozenset[Input] = frozenset()
    for column in tree.find_all(exp.Column):
        if column.name not in scope:
            raise _unknown(f"{table}.{name}", column.name, scope)
        found |= _as(scope[column.name], part)
    return found


def _as(origin: Origin, part: Part, keep: str = "") -> frozenset[Input]:
    """The inputs of a column that another one is made of: values take the new part, conditions stay what they are."""
    fixed = ("JOIN", "GROUP_BY", "FILTER", keep)
    return frozenset(i if i.part in fixed else Input(i.table, i.column, part) for i in origin.inputs)


def _unknown(where: str, column: str, scope: Mapping[str, Origin]) -> HighwaterError:
    return HighwaterError(
        f"{where} can't be followed", f"nothing provides {column}", f"Known: {', '.join(sorted(scope))}."
    )
