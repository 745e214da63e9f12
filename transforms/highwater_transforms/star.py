"""The star's part of a contract, as the plan carries it: types in Spark SQL's own words, literals as texts."""

from dataclasses import dataclass, replace
from typing import Any

from highwater_transforms.reading import build, build_all


@dataclass(frozen=True)
class Computed:
    """A served column or a measure: a Spark SQL expression, cast to `type`."""

    name: str
    type: str
    expression: str
    nullable: bool = True


@dataclass(frozen=True)
class Taken:
    """A column of a dimension under a name of its own, and what stands in while the dimension has no such row."""

    name: str
    type: str
    column: str
    unknown: str | None


@dataclass(frozen=True)
class Lookup:
    """A reference to a gold table: pairs of its key column and this table's; with `valid_at` to a version of it."""

    dimension: str
    key: tuple[tuple[str, str], ...]
    valid_at: str | None
    columns: tuple[Taken, ...]


@dataclass(frozen=True)
class Numbered:
    """A row's place, from 1, among the rows that share the columns `within`, in the order of `order`."""

    name: str
    type: str
    within: tuple[str, ...]
    order: tuple[str, ...]


@dataclass(frozen=True)
class Aggregate:
    """A gold table with one row a group of the fact's rows that satisfy `where`."""

    table: str
    group_by: tuple[Computed, ...]
    measures: tuple[Computed, ...]
    where: str | None


@dataclass(frozen=True)
class Static:
    """A dimension that stands still: rows of texts for `columns` (the key first), or a sequence of keys (first, last,
    step); `derived` columns follow from either."""

    table: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str | None, ...], ...]
    sequence: tuple[str, str, str] | None
    derived: tuple[Computed, ...]


@dataclass(frozen=True)
class Gold:
    """How the table is served. `unknown` is the dimension's row for what is not there, column to text."""

    table: str
    role: str
    unknown: dict[str, str | None]
    lookups: tuple[Lookup, ...]
    derived: tuple[Computed, ...]
    numbered: Numbered | None
    by_month: str | None
    aggregates: tuple[Aggregate, ...]
    static: tuple[Static, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of every gold table of the contract, its own first."""
        return (self.table, *(a.table for a in self.aggregates), *(s.table for s in self.static))

    def static_of(self, name: str) -> Static | None:
        """The static table of that name, if the contract holds it."""
        return next((s for s in self.static if s.table == name), None)


def _tuples(values: list) -> tuple[tuple, ...]:
    return tuple(tuple(value) for value in values)


def _lookup(lookup: Lookup, where: str) -> Lookup:
    return replace(lookup, key=_tuples(lookup.key), columns=build_all(Taken, lookup.columns, where))


def _aggregate(a: Aggregate) -> Aggregate:
    return replace(
        a,
        group_by=build_all(Computed, a.group_by, f"{a.table}.group_by"),
        measures=build_all(Computed, a.measures, f"{a.table}.measures"),
    )


def _static(s: Static) -> Static:
    return replace(
        s,
        columns=_tuples(s.columns),
        rows=_tuples(s.rows),
        sequence=tuple(s.sequence) if s.sequence else None,
        derived=build_all(Computed, s.derived, f"{s.table}.derived"),
    )


def parse(value: Any) -> Gold:
    """The contract's `gold`.

    Raises:
        TransformError: a key is missing or unknown.
    """
    gold = build(Gold, value, "gold")
    numbered = build(Numbered, gold.numbered, "gold.numbered") if gold.numbered else None
    return replace(
        gold,
        lookups=tuple(
            _lookup(lookup, f"gold.lookups.{lookup.dimension}")
            for lookup in build_all(Lookup, gold.lookups, "gold.lookups")
        ),
        derived=build_all(Computed, gold.derived, "gold.derived"),
        numbered=replace(numbered, within=tuple(numbered.within), order=tuple(numbered.order))
        if numbered
        else None,
        aggregates=tuple(_aggregate(a) for a in build_all(Aggregate, gold.aggregates, "gold.aggregates")),
        static=tuple(_static(s) for s in build_all(Static, gold.static, "gold.static")),
    )
