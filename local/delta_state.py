"""What Delta tables of the lake hold of the ledger's windows, read without Spark: from logs and key columns."""

import json
from pathlib import Path

from contracts import Contract
from local.serving import delta, engine
from local.serving.tsql.values import identifier, quoted


def version(folder: Path) -> int | None:
    """The newest version of a table, from its log alone; None when there is no table."""
    log = folder / "_delta_log"
    numbers = [int(p.name.split(".")[0]) for p in log.glob("*") if p.name.split(".")[0].isdigit()]
    return max(numbers) if numbers else None


def behind(folder: Path, known: int | None) -> str | None:
    """Why the table is older than the version that a receipt named; None when it is not.

    A restore makes a new version of old content: one that is younger than the receipt is told too.
    """
    newest = version(folder)
    if newest is None:
        return "the table is gone"
    if known is None:
        return None
    if newest < int(known):
        return f"at version {newest}, a receipt named {known}"
    for commit in sorted((folder / "_delta_log").glob("*.json")):
        if not commit.stem.isdigit() or int(commit.stem) <= int(known):
            continue
        for line in commit.read_text(encoding="utf-8").splitlines():
            if '"commitInfo"' in line and json.loads(line)["commitInfo"].get("operation") == "RESTORE":
                return f"restored by version {int(commit.stem)}, after a receipt named {known}"
    return None


def held(lake: Path, contract: Contract) -> tuple[dict[int, int], dict[int, int]]:
    """By window: how many rows bronze holds, and of how many kept ones silver lacks the key or has it older."""
    bronze, silver = (lake / layer / contract.table for layer in ("bronze", "silver"))
    if not delta.exists(bronze):
        return {}, {}
    with engine.session() as connection:
        scan = f"delta_scan({quoted(bronze.resolve().as_uri())})"
        rows = connection.execute(f"select _window_id, count(*) from {scan} group by 1").fetchall()
        if not contract.primary_key or not delta.exists(silver):
            return dict(rows), {}
        same = [f"s.{identifier(k)} = b.{identifier(k)}" for k in contract.primary_key]
        if contract.cursor and contract.mode == "upsert":
            cursor = identifier(contract.cursor.column)
            same.append(f"(b.{cursor} is null or s.{cursor} >= b.{cursor})")
        lacking = connection.execute(
            f"select b._window_id, count(*) from {scan} b"
            f" anti join delta_scan({quoted(silver.resolve().as_uri())}) s on {' and '.join(same)}"
            " where b._place = 'kept' group by 1"
        ).fetchall()
        return dict(rows), dict(lacking)
