"""An aggregate over a gold table, kept by recomputing just the groups that rows left or entered.

Which groups those are is read from the fact's change feed, since the last version that the aggregate took in. That
version is written with the groups, in the same commit: a run that dies before it is caught up with by the next.
"""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

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


def groups(aggregate: Aggregate, rows: DataFrame) -> DataFrame:
    """The distinct groups of the fact's rows, one column `_group_<name>` each."""
    return rows.select(*_groups(aggregate)).distinct()


def measured(aggregate: Aggregate, fact: DataFrame, only: DataFrame | None = None) -> DataFrame:
    """One row a group (of those in `only`): the group's columns and the measures. Removed rows do not count."""
    rows = fact.where(~F.col(REMOVED)).where(aggregate.where or "true").select("*", *_groups(aggregate))
    if only is not None:
        rows = rows.alias("r").join(F.broadcast(only).alias("o"), _both(aggregate, "r", "o"), "left_semi")
    measures = [F.expr(m.expression).cast(m.type).alias(m.name) for m in aggregate.measures]
    by = [f"_group_{g.name}" for g in aggregate.group_by]
    named = [F.col(f"_group_{g.name}").alias(g.name) for g in aggregate.group_by]
    return rows.groupBy(*by).agg(*measures).select(*named, *(m.name for m in aggregate.measures))


def recomputed(aggregate: Aggregate, fact: DataFrame, changes: DataFrame) -> DataFrame:
    """The affected groups as they are now: the group's columns, the measures, `_present` (false: no row is left)."""
    affected = groups(aggregate, changes)
    now = measured(aggregate, fact, affected).withColumn(PRESENT, F.lit(True))
    renamed = now.withColumnsRenamed({g.name: f"_group_{g.name}" for g in aggregate.group_by}).alias("n")
    joined = affected.alias("a").join(renamed, _both(aggregate, "a", "n"), "left")
    named = [F.col(f"a._group_{g.name}").alias(g.name) for g in aggregate.group_by]
    return joined.select(
        *named,
        *(F.col(f"n.{m.name}") for m in aggregate.measures),
        F.coalesce(F.col(f"n.{PRESENT}"), F.lit(False)).alias(PRESENT),
    )


def _applied(table: DeltaTable) -> int | None:
    """The fact's version that the aggregate took in last; None when it tells none."""
    return table.frame().agg(F.max(APPLIED).alias("v")).collect()[0]["v"]


def refresh(
    aggregate: Aggregate, fact: DeltaTable, version: int, table: DeltaTable, batch_id: int, anew: bool
) -> None:
    """Bring the aggregate up to the fact's `version` at least. `anew`: the fact itself was built anew."""
    done = None if anew else _applied(table)
    if done == version:
        return
    tags = {BATCH: F.lit(batch_id).cast("bigint"), APPLIED: F.lit(version).cast("bigint")}
    if done is None or done > version:
        table.overwrite(measured(aggregate, fact.frame()).withColumns(tags), SERVED)
        return
    rows = recomputed(aggregate, fact.frame(), fact.changes_since(done)).withColumns(tags)
    names = [n for n in rows.columns if n != PRESENT]
    by = " and ".join(f"s.{quoted(g.name)} <=> t.{quoted(g.name)}" for g in aggregate.group_by) or "true"
    table.merge(
        rows,
        by,
        f"WHEN MATCHED AND NOT s.{PRESENT} THEN DELETE",
        f"WHEN MATCHED THEN {update(names)}",
        f"WHEN NOT MATCHED AND s.{PRESENT} THEN {insert(names)}",
    )
