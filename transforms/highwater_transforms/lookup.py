"""What a row takes from the dimensions it refers to, and what stands in while a dimension has no such row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from highwater_transforms.contract import Contract
from highwater_transforms.delta import literal_text
from highwater_transforms.star import Lookup, Static, Taken
from highwater_transforms.system import VALID_FROM, VALID_TO, quoted

FOUND, VERSION = "_found", "_version"
Dimensions = Mapping[str, DataFrame]


@dataclass(frozen=True)
class Found:
    """The dimensions that are there, by name: their rows, and the version that these are of at least."""

    rows: Dimensions = field(default_factory=dict)
    versions: Mapping[str, int] = field(default_factory=dict)


def unknown(taken: Taken) -> Column:
    """The value that stands in."""
    return F.lit(taken.unknown).cast(taken.type)


def by_value(lookup: Lookup, static: Static | None) -> bool:
    """Whether the dimension's values stand in the contract, so that nothing is read to look them up."""
    given = {name for name, _ in static.columns} if static else set()
    return bool(static and static.rows) and all(t.column in given for t in lookup.columns)


def joined(contract: Contract) -> tuple[Lookup, ...]:
    """The lookups for which a dimension's Delta table is read."""
    gold = contract.gold
    return tuple(k for k in gold.lookups if not by_value(k, gold.static_of(k.dimension)))


def _map(lookup: Lookup, static: Static, taken: Taken) -> Column:
    """A map of the static table's keys to one of its columns, in the words of Spark SQL."""
    (key, kind), at = static.columns[0], [name for name, _ in static.columns].index(taken.column)
    pairs = ", ".join(
        f"{literal_text(row[0], kind)}, {literal_text(row[at], taken.type) if row[at] is not None else 'null'}"
        for row in static.rows
    )
    ours = quoted(dict(lookup.key)[key])
    return F.coalesce(F.expr(f"try_element_at(map({pairs}), {ours})").cast(taken.type), unknown(taken))


def versions(lookup: Lookup, dimension: DataFrame) -> DataFrame:
    """The dimension as it is looked up: `_key_<n>`, `_taken_<n>`, `_found`, and for a history `_from`, `_to` and
    `_version`, which names the version within its key.

    The first version of a key has no `_from`: it counts from the beginning of time.
    """
    keys = [F.col(theirs).alias(f"_key_{i}") for i, (theirs, _) in enumerate(lookup.key)]
    taken = [F.col(t.column).cast(t.type).alias(f"_taken_{i}") for i, t in enumerate(lookup.columns)]
    if lookup.valid_at is None:
        return dimension.select(*keys, *taken, F.lit(True).alias(FOUND))
    first = F.struct(*(theirs for theirs, _ in lookup.key))
    earliest = dimension.groupBy(first.alias("_of")).agg(F.min(VALID_FROM).alias("_earliest"))
    both = dimension.join(earliest, first == F.col("_of"))
    begins = F.when(F.col(VALID_FROM) > F.col("_earliest"), F.col(VALID_FROM)).alias("_from")
    named = F.col(VALID_FROM).alias(VERSION)
    return both.select(*keys, *taken, begins, F.col(VALID_TO).alias("_to"), named, F.lit(True).alias(FOUND))


def refers(lookup: Lookup, alias: str = "") -> Column:
    """A row refers to a row of `versions`. `alias` names this table's side where its columns need it."""
    ours = [F.col(f"{alias}.{name}" if alias else name) for _, name in lookup.key]
    on = F.lit(True)
    for i, column in enumerate(ours):
        on = on & (column == F.col(f"_key_{i}"))
    if lookup.valid_at is None:
        return on
    at = F.col(f"{alias}.{lookup.valid_at}" if alias else lookup.valid_at)
    begun = F.col("_from").isNull() | (at >= F.col("_from"))
    return on & begun & (F.col("_to").isNull() | (at < F.col("_to")))


def looked_up(contract: Contract, dimensions: Dimensions) -> Callable[[DataFrame], DataFrame]:
    """Adds the columns of every lookup. A dimension that `dimensions` lacks has no row yet."""

    def one(rows: DataFrame, lookup: Lookup) -> DataFrame:
        static = contract.gold.static_of(lookup.dimension)
        if by_value(lookup, static):
            return rows.withColumns({t.name: _map(lookup, static, t) for t in lookup.columns})
        if lookup.dimension not in dimensions:
            return rows.withColumns({t.name: unknown(t) for t in lookup.columns})
        theirs = versions(lookup, dimensions[lookup.dimension])
        both = rows.alias("r").join(theirs.alias("d"), refers(lookup, "r"), "left")
        taken = [
            F.when(F.col(FOUND), F.col(f"_taken_{i}")).otherwise(unknown(t)).alias(t.name)
            for i, t in enumerate(lookup.columns)
        ]
        return both.select("r.*", *taken)

    def transform(rows: DataFrame) -> DataFrame:
        for lookup in contract.gold.lookups:
            rows = one(rows, lookup)
        return rows

    return transform
