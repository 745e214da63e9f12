"""Silver of a table that only grows: rows whose key is there already are not added again."""

from highwater_transforms import batch as b
from highwater_transforms import silver
from highwater_transforms.batch import Batch, Counts
from highwater_transforms.delta import DeltaTable, insert, update
from highwater_transforms.silver import Done
from highwater_transforms.system import REMOVED


def merge(batch: Batch, counts: Counts, table: DeltaTable) -> Done:
    """Add the kept rows that are new, by an anti-join against the range of keys that the batch touches.

    It is a MERGE that only inserts: the engine runs it as that join and an append, and refuses it when another writer
    added rows meanwhile. A table without a key has no such join: its windows replace themselves.
    """
    names = silver.names(batch.contract)
    rows = silver.present(batch.kept()).select(*names)
    if not batch.contract.primary_key:
        table.replace_windows(rows, batch.plan.window_ids, checked=True)
        return Done(inserted=counts.kept)
    clauses = [f"WHEN NOT MATCHED THEN {insert(names)}"]
    if batch.contract.deletes_by_keys:  # a key that was marked as removed and is read again is there
        clauses.insert(0, f"WHEN MATCHED AND t.{REMOVED} THEN {update(names)}")
    done = table.merge(rows, b.matched(batch.contract, counts), *clauses)
    written = done.inserted + done.updated
    return Done(done.inserted, done.updated, unchanged=counts.kept - written, changed=written > 0)
