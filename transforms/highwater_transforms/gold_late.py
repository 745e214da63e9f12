"""Rows that wait for a dimension: completed when it arrives, and corrected when a version of it does.

Which rows those are is read from the dimension's change feed, since the version that the fact took in last: a row is
looked up again when the version that it refers to is new or says something else, so a version that begins today leaves
the rows of yesterday alone. Only those that come out different are written.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import reduce

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from highwater_transforms import delta, few, gold_table
from highwater_transforms.contract import Contract
from highwater_transforms.delta import DeltaTable, update
from highwater_transforms.gold_table import Served
from highwater_transforms.lookup import VERSION, Found, joined, refers, versions
from highwater_transforms.star import Lookup
from highwater_transforms.system import BATCH, VALID_FROM
from highwater_transforms.tables import Tables

_GONE = "_gone"


def touched(lookup: Lookup, feed: DataFrame) -> DataFrame:
    """From a dimension's change feed what a lookup may find otherwise now: `_key_<n>`, `_gone` boolean, and for a
    history `_version`. A version that was only closed is not among them: its successor is."""
    keys = [F.col(theirs).alias(f"_key_{i}") for i, (theirs, _) in enumerate(lookup.key)]
    one = [*keys, F.col(VALID_FROM).alias(VERSION)] if lookup.valid_at else keys
    kind, taken = F.col("_change_type"), F.struct(*(t.column for t in lookup.columns))
    told = feed.groupBy(*one).agg(
        F.bool_or(kind == "insert").alias("_new"),
        F.bool_or(kind == "delete").alias(_GONE),
        (F.count_distinct(taken) > 1).alias("_other"),
    )
    return told.where(f"_new or _other or {_GONE}").drop("_new", "_other")


def _same_key(lookup: Lookup, left: str, right: str):
    same = (F.col(f"{left}._key_{i}") == F.col(f"{right}._key_{i}") for i in range(len(lookup.key)))
    return reduce(lambda a, b: a & b, same)


def _referring(lookup: Lookup, rows: DataFrame, dimension: DataFrame, changed: DataFrame | None) -> DataFrame:
    """The rows that refer to what is `changed`, or to any row of the dimension when that is not known."""
    theirs = versions(lookup, dimension).alias("v")
    if changed is not None:
        on = _same_key(lookup, "v", "c")
        if lookup.valid_at:
            # Where a version is gone, another one has its time.
            on = on & (F.col(f"c.{_GONE}") | (F.col(f"v.{VERSION}") == F.col(f"c.{VERSION}")))
        theirs = theirs.join(F.broadcast(changed.alias("c")), on, "left_semi")
    return rows.alias("r").join(theirs, refers(lookup, "r"), "left_semi")


def waiting(tables: Tables, found: Found, noted: str | None) -> tuple[bool, DataFrame | None]:
    """Whether a dimension moved on, and the rows of silver that are to be looked up again, each once; None for none.

    Args:
        noted: what `note` gave when the fact was last brought to its dimensions, None when it never was.
    """
    taken_in: Mapping[str, int] = json.loads(noted) if noted else {}
    rows, parts = tables.silver.frame(), []
    for lookup in joined(tables.contract):
        name = lookup.dimension
        version, known = found.versions.get(name), taken_in.get(name)
        if version is None or version == known:
            continue
        changed = None
        # A dimension that is back at an older version was restored: everything is looked up again.
        if known is not None and known < version:
            feed = tables.of("gold", name).changes_since(known)
            with suppress(PySparkException):  # the feed is gone, as after VACUUM: anything may have changed
                changed = few.if_few(touched(lookup, feed))
        parts.append(_referring(lookup, rows, found.rows[name], changed))
    if not parts:
        return False, None
    by = list(gold_table.identity(tables.contract))
    late = few.if_few(reduce(DataFrame.unionByName, parts).dropDuplicates(by))
    return True, None if late.isEmpty() else late


def merge(contract: Contract, table: DeltaTable, rows: DataFrame, served_by: Served) -> None:
    """Write what the dimensions make of the rows now. A number within a group does not follow from them."""
    by = gold_table.identity(contract)
    names = [t.name for lookup in contract.gold.lookups for t in lookup.columns]
    names += [d.name for d in contract.gold.derived]
    served = few.if_few(rows.transform(served_by).select(*by, *names, BATCH))
    table.merge(
        served,
        delta.equal(by),
        f"WHEN MATCHED AND NOT ({delta.same(names)}) THEN {update([*names, BATCH])}",
    )


def note(found: Found, noted: str | None = None) -> str:
    """The versions that a fact has taken in, as its tables tell them, after those that it told before."""
    return json.dumps({**(json.loads(noted) if noted else {}), **found.versions}, sort_keys=True)
