"""Rows that wait for a dimension: completed when it arrives, and corrected when a version of it does.

Which rows those are is read from the dimension's change feed, since the version that the fact took in last: only rows
that refer to a changed key are looked up again, and only those that come out different are written.
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
from highwater_transforms.lookup import Found, joined
from highwater_transforms.system import BATCH
from highwater_transforms.tables import Tables


def _changed(tables: Tables, found: Found, taken_in: Mapping[str, int]) -> dict[str, DataFrame]:
    """Of each dimension that moved on since `taken_in` the keys that changed; all keys of one that is new."""
    changed = {}
    for name, version in found.versions.items():
        known = taken_in.get(name)
        if known == version:
            continue
        keys = {theirs for k in joined(tables.contract) if k.dimension == name for theirs, _ in k.key}
        changed[name] = found.rows[name].select(*sorted(keys))
        # A dimension that is back at an older version was restored: everything is looked up again.
        if known is not None and known < version:
            feed = tables.of("gold", name).changes_since(known).select(*sorted(keys)).distinct()
            with suppress(PySparkException):  # the feed is gone, as after VACUUM: all keys may have changed
                changed[name] = few.if_few(feed)
    return changed


def referring(contract: Contract, rows: DataFrame, changed: Mapping[str, DataFrame]) -> DataFrame:
    """Those of the rows that refer to a key in `changed`, each once."""
    parts = []
    for lookup in joined(contract):
        if lookup.dimension in changed:
            keys = changed[lookup.dimension].select(
                *(F.col(theirs).alias(ours) for theirs, ours in lookup.key)
            )
            parts.append(rows.join(keys.distinct(), [ours for _, ours in lookup.key], "left_semi"))
    by = list(gold_table.identity(contract))
    return reduce(DataFrame.unionByName, parts).dropDuplicates(by)


def waiting(tables: Tables, found: Found, noted: str | None) -> DataFrame | None:
    """The rows of silver that are to be looked up again; None when no dimension moved on.

    Args:
        noted: what `note` gave when the fact was last brought to its dimensions, None when it never was.
    """
    changed = _changed(tables, found, json.loads(noted) if noted else {})
    return referring(tables.contract, tables.silver.frame(), changed) if changed else None


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
