"""Silver of a table whose rows change: the newest version of each key."""

from highwater_transforms import batch as b
from highwater_transforms import dedupe, silver
from highwater_transforms.batch import Batch, Counts
from highwater_transforms.delta import DeltaTable, insert, update
from highwater_transforms.silver import Done


def merge(batch: Batch, counts: Counts, table: DeltaTable) -> Done:
    """Merge the kept rows by key. A version that is not newer than the table's changes nothing."""
    names = silver.names(batch.contract)
    done = table.merge(
        silver.present(batch.kept()).select(*names),
        b.matched(batch.contract, counts),
        f"WHEN MATCHED AND {dedupe.newer(batch.contract.cursor)} THEN {update(names)}",
        f"WHEN NOT MATCHED THEN {insert(names)}",
    )
    return Done(done.inserted, done.updated, unchanged=counts.kept - done.inserted - done.updated)
