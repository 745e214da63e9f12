"""A row that is deleted at the source must reach the lake: each of our contracts says how."""

from contracts import load_all


def test_every_table_whose_rows_may_go_says_how_that_is_seen():
    """A snapshot is compared whole, and a table that only grows has no deletes."""
    seen = {c.table: (c.mode, c.deletes.kind) for c in load_all()}
    assert [table for table, (mode, kind) in seen.items() if mode == "upsert" and kind == "none"] == []
    assert {"upsert", "append", "snapshot"} == {mode for mode, _ in seen.values()}
