"""What the star of a contract may not say, in itself (`CHECKS`) and beside the others (`references`).

Refused: an expression over a column that does not stand before it; a gold table named twice; a number within a group
of a table without key or whose rows change; files kept apart by the month of what is no served time of a fact; an
unknown member of a fact, or without the key; a static table whose rows are not as wide as its columns, or that has rows
and a sequence, or neither; a lookup in a table that no contract serves as a dimension, by other columns than its key,
of a column that it has not, that is sensitive or of another type; `valid_at` on a dimension without history, or a
history without it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from contracts.errors import Breach
from contracts.expressions import expression
from contracts.gold import Lookup
from contracts.model import Contract


def _names(contract: Contract) -> Iterator[Breach]:
    for name, count in Counter(contract.gold.tables).items():
        if count > 1:
            yield Breach("gold", "a gold table may be named once", name)


def _served(contract: Contract) -> Iterator[Breach]:
    """Own columns, then looked up ones, then derived ones, each of which may use those before it."""
    gold, known = contract.gold, set(contract.column_names)
    for lookup in gold.lookups:
        at = [lookup.valid_at] if lookup.valid_at else []
        for name in (*lookup.key.values(), *at):
            if name not in known:
                yield Breach(
                    f"gold.lookups.{lookup.dimension}", "must refer by a column of the contract", name
                )
    # What is derived or aggregated is served to all: nothing of it may be made of what only some may see.
    known -= set(contract.sensitive)
    known |= {t.name for lookup in gold.lookups for t in lookup.columns}
    for derived in gold.derived:
        yield from expression(f"gold.derived.{derived.name}", derived.expression, known)
        known.add(derived.name)
    if gold.numbered:
        if not contract.primary_key:
            yield Breach("gold.numbered", "numbers need a primary key", contract.primary_key)
        if contract.mode != "append" or contract.deletes.kind != "none":
            found = f"{contract.mode}, deletes: {contract.deletes.kind}"
            yield Breach("gold.numbered", "only rows that stay as they are keep numbers", found)
        for name in (*gold.numbered.within, *gold.numbered.order):
            if name not in contract.column_names:
                yield Breach("gold.numbered", "may only use columns of the contract", name)
            elif name in gold.numbered.within and contract.column(name).nullable:
                yield Breach("gold.numbered", "rows can't share a column that may be null", name)
            elif name in gold.numbered.within and contract.column(name).sensitive:
                yield Breach(
                    "gold.numbered", "rows must share a served column, and this one is sensitive", name
                )
        known.add(gold.numbered.name)
    if gold.by_month is not None:
        if gold.role != "fact":
            yield Breach("gold.by_month", "only a fact's files are kept apart", gold.role)
        if gold.by_month not in contract.column_names:
            yield Breach("gold.by_month", "may only use a column of the contract", gold.by_month)
        elif contract.column(gold.by_month).parsed.spark not in ("date", "timestamp"):
            yield Breach(
                "gold.by_month", "must be a date or a timestamp", contract.column(gold.by_month).type
            )
        elif contract.column(gold.by_month).sensitive:
            yield Breach("gold.by_month", "must be served, and is sensitive", gold.by_month)
    for a in gold.aggregates:
        for item in (*a.group_by, *a.measures):
            yield from expression(f"gold.{a.table}.{item.name}", item.expression, known)
        if a.where:
            yield from expression(f"gold.{a.table}.where", a.where, known)


def _unknown(contract: Contract) -> Iterator[Breach]:
    member = contract.gold.unknown
    if not member:
        return
    if contract.gold.role != "dimension":
        yield Breach("gold.unknown", "only a dimension has an unknown member", contract.gold.role)
    served = {c.name for c in contract.served}
    for name in member:
        if name not in served:
            yield Breach("gold.unknown", "must name a served column", name)
    for name in contract.primary_key:
        if member.get(name) is None:
            yield Breach("gold.unknown", "must give the key", name)


def _static(contract: Contract) -> Iterator[Breach]:
    for static in contract.gold.static:
        key = f"gold.static.{static.table}"
        if bool(static.rows) == bool(static.sequence):
            yield Breach(key, "has either rows or a sequence", len(static.rows))
        if static.sequence and static.columns:
            yield Breach(key, "a sequence gives the key alone", static.columns[0].name, "Derive the others.")
        for name, count in Counter(c.name for c in static.served).items():
            if count > 1:
                yield Breach(key, "a column may be named once", name)
        for row in static.rows:
            if len(row) != 1 + len(static.columns):
                yield Breach(key, f"a row has {1 + len(static.columns)} values", list(row))
        for value, count in Counter(row[0] for row in static.rows if row).items():
            if count > 1 or value is None:
                yield Breach(key, "a key is there and is unique", value)
        known = {static.key.name, *(c.name for c in static.columns)}
        for derived in static.derived:
            yield from expression(f"{key}.{derived.name}", derived.expression, known)
            known.add(derived.name)


CHECKS: tuple[Callable[[Contract], Iterator[Breach]], ...] = (_names, _served, _unknown, _static)


@dataclass(frozen=True)
class _Dimension:
    """What a lookup may find: key columns and served columns, each name to Spark type."""

    key: frozenset[str]
    columns: dict[str, str]
    history: bool


def _dimensions(contracts: Iterable[Contract]) -> dict[str, _Dimension]:
    found = {}
    for c in contracts:
        for s in c.gold.static:
            columns = {n.name: n.parsed.spark for n in s.served}
            found[s.table] = _Dimension(frozenset([s.key.name]), columns, history=False)
        if c.gold.role == "dimension":
            columns = {n.name: n.parsed.spark for n in c.served}
            found[c.gold.table] = _Dimension(frozenset(c.primary_key), columns, c.history == "scd2")
    return found


def _lookup(lookup: Lookup, dimension: _Dimension, key: str) -> Iterator[Breach]:
    if set(lookup.key) != dimension.key:
        yield Breach(f"{key}.key", f"must be the key: {', '.join(sorted(dimension.key))}", sorted(lookup.key))
    if dimension.history != (lookup.valid_at is not None):
        yield Breach(
            f"{key}.valid_at",
            "names the moment of a dimension with history, and of no other",
            lookup.valid_at,
        )
    for taken in lookup.columns:
        stored = dimension.columns.get(taken.column)
        if stored is None:
            yield Breach(f"{key}.{taken.name}", "must be a served column of the dimension", taken.column)
        elif stored != taken.parsed.spark:
            yield Breach(f"{key}.{taken.name}", f"must have the dimension's type {stored}", taken.type)


def references(contract: Contract, contracts: Iterable[Contract]) -> Iterator[Breach]:
    """What the contract looks up and the others do not have."""
    known = _dimensions(contracts)
    for lookup in contract.gold.lookups:
        key = f"gold.lookups.{lookup.dimension}"
        if lookup.dimension in known:
            yield from _lookup(lookup, known[lookup.dimension], key)
        else:
            yield Breach(
                key, "must be a dimension of some contract", lookup.dimension, f"Known: {sorted(known)}."
            )
