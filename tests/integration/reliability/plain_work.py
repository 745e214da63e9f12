"""What the job without Spark does with one table, by the names that the declared pipelines give their work.

Each takes the job, the table and the table's rows of the plan, and returns what its receipt says beside run and table.
"""

import json
from datetime import datetime


def text(value: object) -> str:
    """A value as the ledger writes it, so that values compare as its bounds do."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return str(value)


def _place(value: str) -> int | str:
    return int(value) if value.lstrip("-").isdigit() else value


def _inside(windows: list[dict], cursor: str) -> bool:
    return any(_place(w["low"]) <= _place(cursor) < _place(w["high"]) for w in windows)


def _version(row: dict, cursor: str) -> tuple:
    return (_place(row[cursor]), row["_window"])


def _contract(windows: list[dict]) -> tuple[str, str]:
    """The names of the key and of the cursor."""
    contract = json.loads(windows[0]["contract"])
    return contract["primary_key"][0], contract["cursor"]


def _receipt(windows: list[dict], landed: int, **more: int) -> dict:
    claimed = [{"window_id": w["window_id"], "attempt": w["attempt"]} for w in windows]
    return {"batch_id": windows[0]["batch_id"], "status": "merged", "windows": claimed, "landed": landed,
            "versions": {"silver": 1, "gold": 1}, "seconds": 0.1, **more}  # fmt: skip


def _newest(held: dict[str, dict], rows: list[dict], key: str, cursor: str) -> None:
    for row in rows:
        old = held.get(row[key])
        if old is None or _version(row, cursor) > _version(old, cursor):
            held[row[key]] = row


def merge(job, table: str, windows: list[dict]) -> dict:
    """The newest version of each key; of what a reload covers, only what it found."""
    key, cursor = _contract(windows)
    held, waiting, reloads = (
        job.held(table),
        job.waiting(table),
        [w for w in windows if w["kind"] == "reload"],
    )
    rows = [
        {name: text(value) for name, value in row.items()} | {"_window": window["window_id"]}
        for window in windows
        for row in job.landed(window)
    ]
    bad = [row for row in rows if job.strict and row["body"].startswith("bad")]
    _newest(held, [row for row in rows if row not in bad], key, cursor)
    _newest(waiting, bad, key, cursor)
    if reloads:
        found, last = {row[key] for row in rows}, max(w["window_id"] for w in reloads)
        held = {
            k: row for k, row in held.items()
            if k in found or row["_window"] > last or not _inside(reloads, row[cursor])
        }  # fmt: skip
    job.hold(table, held)
    job.keep_waiting(table, waiting)
    return _receipt(windows, len(rows), quarantined=len(bad))


def reconcile(job, table: str, windows: list[dict]) -> dict:
    """What was merged before the keys were read, and is among none of them, is gone."""
    key, cursor = _contract(windows)
    found = {text(row[key]) for window in windows for row in job.landed(window)}
    newest = min(w["newest"] for w in windows)
    unmerged = {n for w in windows for n in (w["unmerged"] or "").split(",")}

    def gone(row: dict) -> bool:
        merged = row["_window"] <= newest and str(row["_window"]) not in unmerged
        return merged and _inside(windows, row[cursor]) and row[key] not in found

    held = job.held(table)
    left = {k: row for k, row in held.items() if not gone(row)}
    job.hold(table, left)
    marked = len(held) - len(left)
    return _receipt(windows, len(found), compared=len(held), gone=marked, deleted=marked, revived=0, missed=0)


def release(job, table: str, windows: list[dict]) -> dict:
    """What waits of the plan's windows is judged again. The quarantine is written last, as the wheel does."""
    key, cursor = _contract(windows)
    held, waiting = job.held(table), job.waiting(table)
    mine = {w["window_id"] for w in windows}
    passes = [row for row in waiting.values() if row["_window"] in mine and not job.strict]
    _newest(held, passes, key, cursor)
    job.hold(table, held)
    job.keep_waiting(table, {k: row for k, row in waiting.items() if row not in passes})
    return _receipt(windows, len(passes)) | {"windows": []}


def maintain(job, table: str, contracts: list[dict]) -> dict:
    """There is nothing to pack."""
    return {"container": "silver", "delta_table": table, "status": "done", "optimized": False, "files_before": 1,
            "files_after": 1, "bytes_before": 1, "bytes_after": 1, "seconds": 0.1}  # fmt: skip
