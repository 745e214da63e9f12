"""An aggregate over a gold table, kept by recomputing just the groups that rows left or entered.

Which groups those are is read from the fact's change feed, since the last version that the aggregate took in. That
version is written with the groups, in the same commit: a run that dies before it is caught up with by the next.
"""

from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from highwater_transforms import few
from highwater_transforms.delta import SERVED, DeltaTable, insert, update
from highwater_transforms.star import Aggregate
from highwater_transforms.system import BATCH, REMOVED, quoted

APPLIED = "_fact_version"
PRESENT = "_present"


def _groups(aggregate: Aggregate) -> list[Column]:
    return [F.expr(g.expression).cast(g.type).alias(f"_group_{g.name}") for g in aggregate.group_by]


def _both(aggregate: Aggregate, left: str, right: str) -> Column:
    """Two aliased frames are in the same group, null being a group."""
    names = [f"_group_{g.name}" for g in aggregate.group_by]
    return reduce(lambda a, c: a & c, (F.col(f"{left}.{n}").eqNullSafe(F.col(f"{right}.{n}")) for n in names))


def affected(aggregates: Sequence[Aggregate], changes: DataFrame) -> list[DataFrame]:
    """For each aggregate the distinct groups of changed rows of its fact, one column `_group_<name>` each. The changes
    are read once, where they are few."""
    columns = {
        f"_{i}_{g.name}": F.expr(g.expression).cast(g.type)
        for i, aggregate in enumerate(aggregates)
        for g in aggregate.group_by
    }
    together = few.if_few(changes.select(*(c.alias(n) for n, c in columns.items())).distinct())
    return [
        together.select(
            *(F.col(f"_{i}_{g.name}").alias(f"_group_{g.name}") for g in aggregate.group_by)
        ).distinct()
        for i, aggregate in enumerate(aggregates)
    ]


def measured(aggregate: Aggregate, fact: DataFrame, only: DataFrame | None = None) -> DataFrame:
    """One row a group (of those in `only`): the group's columns and the measures. Removed rows do not count."""
    rows = fact.where(~F.col(REMOVED)).where(aggregate.where or "true").select("*", *_groups(aggregate))
    if only is not None:
        rows = rows.alias("r").join(F.broadcast(only).alias("o"), _both(aggregate, "r", "o"), "left_semi")
    measures = [F.expr(m.expression).cast(m.type).alias(m.name) for m in aggregate.measures]
    by = [f"_group_{g.name}" for g in aggregate.group_by]
    named = [F.col(f"_group_{g.name}").alias(g.name) for g in aggregate.group_by]
    return rows.groupBy(*by).agg(*measures).select(*named, *(m.name for m in aggregate.measures))


def recomputed(aggregate: Aggregate, fact: DataFrame, groups: DataFrame) -> DataFrame:
    """These groups as they are now: the group's columns, the measures, `_present` (false: no row is left)."""
    now = measured(aggregate, fact, groups).withColumn(PRESENT, F.lit(True))
    renamed = now.withColumnsRenamed({g.name: f"_group_{g.name}" for g in aggregate.group_by}).alias("n")
    joined = groups.alias("a").join(renamed, _both(aggregate, "a", "n"), "left")
    named = [F.col(f"a._group_{g.name}").alias(g.name) for g in aggregate.group_by]
    return joined.select(
        *named,
        *(F.col(f"n.{m.name}") for m in aggregate.measures),
        F.coalesce(F.col(f"n.{PRESENT}"), F.lit(False)).alias(PRESENT),
    )


def taken_in(tables: Sequence[DeltaTable]) -> list[int | None]:
    """The fact's version that each of the aggregates took in last; None when it tells none."""
    each = [t.frame().agg(F.max(APPLIED).alias("v")).withColumn("i", F.lit(i)) for i, t in enumerate(tables)]
    found = {row["i"]: row["v"] for row in reduce(DataFrame.unionByName, each).collect()}
    return [found[i] for i in range(len(tables))]


def _tags(batch_id: int, version: int) -> dict[str, Column]:
    return {BATCH: F.lit(batch_id).cast("bigint"), APPLIED: F.lit(version).cast("bigint")}


def build(aggregate: Aggregate, fact: DeltaTable, version: int, table: DeltaTable, batch_id: int) -> None:
    """Write every group anew, as of the fact's `version` at least."""
    table.overwrite(measured(aggregate, fact.frame()).withColumns(_tags(batch_id, version)), SERVED)


def merge(
    aggregate: Aggregate, fact: DeltaTable, version: int, table: DeltaTable, batch_id: int, groups: DataFrame
) -> None:
    """Write these groups as they are at the fact's `version` at least; those without a row leave."""
    rows = recomputed(aggregate, fact.frame(), groups).withColumns(_tags(batch_id, version))
    names = [n for n in rows.columns if n != PRESENT]
    by = " and ".join(f"s.{quoted(g.name)} <=> t.{quoted(g.name)}" for g in aggregate.group_by) or "true"
    table.merge(
        few.if_few(rows),
        by,
        f"WHEN MATCHED AND NOT s.{PRESENT} THEN DELETE",
        f"WHEN MATCHED THEN {update(names)}",
        f"WHEN NOT MATCHED AND s.{PRESENT} THEN {insert(names)}",
    )
