"""Silver of a table that only grows: rows whose key is there already are not added again."""

from highwater_transforms import batch as b
from highwater_transforms import silver
from highwater_transforms.batch import Batch, Counts
from highwater_transforms.delta import DeltaTable, insert
from highwater_transforms.silver import Done


def merge(batch: Batch, counts: Counts, table: DeltaTable) -> Done:
    """Add the kept rows that are new, by an anti-join against the range of keys that the batch touches.

    It is a MERGE that only inserts: the engine runs it as that join and an append, and refuses it when another writer
    added rows meanwhile. A table without a key has no such join: its windows replace themselves.
    """
    names = silver.names(batch.contract)
    rows = silver.present(batch.kept()).select(*names)
    if not batch.contract.primary_key:
        table.replace_windows(rows, batch.plan.window_ids)
        return Done(inserted=counts.kept)
    done = table.merge(rows, b.matched(batch.contract, counts), f"WHEN NOT MATCHED THEN {insert(names)}")
    return Done(done.inserted, unchanged=counts.kept - done.inserted, changed=done.inserted > 0)
