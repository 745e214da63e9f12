"""The served table: the contract's columns and the derived ones, sensitive columns in a table of their own."""

from collections.abc import Callable

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from highwater_transforms import batch as b
from highwater_transforms import delta
from highwater_transforms.batch import Batch, Counts
from highwater_transforms.contract import Contract
from highwater_transforms.dedupe import KEPT
from highwater_transforms.delta import FEED, SERVED, DeltaTable, insert, update
from highwater_transforms.system import BATCH, IS_CURRENT, REMOVED, VALID_FROM, VALID_TO, WINDOW

DEFINITION = "highwater.definition"
Served = Callable[[DataFrame], DataFrame]


def identity(contract: Contract) -> tuple[str, ...]:
    """The columns that name a served row."""
    return (*contract.primary_key, VALID_FROM) if contract.scd2 else contract.primary_key


def _tail(contract: Contract, batch_id: int) -> list:
    """What ends every served table. A table without a key carries its window, by which it is replaced."""
    tail = [F.lit(batch_id).cast("bigint").alias(BATCH), F.col(REMOVED)]
    return tail if contract.primary_key else [*tail, F.col(WINDOW)]


def served(contract: Contract, batch_id: int) -> Served:
    """Silver to gold: the contract's columns but the sensitive ones, derived, validity, _batch_id, _removed."""

    def transform(silver: DataFrame) -> DataFrame:
        own = [F.col(c.name).cast(c.type).alias(c.name) for c in contract.columns if not c.sensitive]
        derived = [F.expr(d.expression).cast(d.type).alias(d.name) for d in contract.gold.derived]
        validity = [F.col(n) for n in (VALID_FROM, VALID_TO, IS_CURRENT)] if contract.scd2 else []
        return silver.select(*own, *derived, *validity, *_tail(contract, batch_id))

    return transform


def restricted(contract: Contract, batch_id: int) -> Served:
    """Silver to the restricted table: the key (of a version, for scd2), the sensitive columns, _batch_id, _removed."""

    def transform(silver: DataFrame) -> DataFrame:
        own = [F.col(c.name).cast(c.type).alias(c.name) for c in contract.sensitive]
        return silver.select(*identity(contract), *own, *_tail(contract, batch_id))

    return transform


def properties(contract: Contract) -> dict[str, str]:
    """Delta properties of the gold table: its change feed is kept where aggregates follow it."""
    return SERVED | FEED if contract.gold.aggregates else SERVED


def rebuild(table: DeltaTable, rows: DataFrame, given: dict[str, str], definition: str) -> None:
    """Write the table whole. The definition is noted last: a run that dies before it builds the table again."""
    table.overwrite(rows, given)
    table.set_property(DEFINITION, definition)


def is_current(table: DeltaTable, definition: str) -> bool:
    """Whether the table is there and was built from this definition."""
    return (table.properties() or {}).get(DEFINITION) == definition


def _to_serve(batch: Batch, counts: Counts, silver: DataFrame) -> DataFrame:
    """The rows of silver that the batch may have brought to serve.

    Not what the merge into silver changed, but every row whose version came with one of the batch's windows: so a run
    that repeats one which died between silver and gold finds them again. A new version changes its neighbours in a
    history, so there it is every version of the keys; and a snapshot is small.
    """
    contract = batch.contract
    if contract.mode == "snapshot":
        return silver
    if contract.scd2:
        keys = F.broadcast(batch.keys(KEPT))
        return silver.where(b.within(contract, counts)).join(keys, list(contract.primary_key), "left_semi")
    # In the same range of keys as the merge looks at, or a row outside of it would seem to be new.
    return silver.where(F.col(WINDOW).isin(list(batch.plan.window_ids))).where(b.within(contract, counts))


def refresh(batch: Batch, counts: Counts, silver: DataFrame, table: DeltaTable, served_by: Served) -> None:
    """Bring the served rows of the batch to what silver holds of them. Rows that are equal already are not written."""
    contract, plan = batch.contract, batch.plan
    rows = _to_serve(batch, counts, silver).transform(served_by)
    if not contract.primary_key:
        table.replace_windows(rows, plan.window_ids)
        return
    by, names = identity(contract), rows.columns
    content = [n for n in names if n not in (*by, BATCH)]
    add = f"WHEN NOT MATCHED THEN {insert(names)}"
    change = f"WHEN MATCHED AND NOT ({delta.same(content)}) THEN {update(names)}"
    if contract.mode == "snapshot":
        served = [*by, *content]
        if not rows.select(*served).exceptAll(table.frame().select(*served)).isEmpty():
            table.merge(rows, delta.equal(by), change, add)
        return
    on = f"{delta.equal(by)} and {b.within(contract, counts, 't.')}"
    table.merge(
        rows, on, *([add] if contract.mode == "append" and not contract.deletes_by_keys else [change, add])
    )
