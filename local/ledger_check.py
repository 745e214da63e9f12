"""`highwater ledger check`: every breach of the ledger's promises, in the database and in the lake.

Each finding is {breach, table_name, window_id, detail, repair}, the window null where it is the table's. What the
database alone can show comes from `control.ledger_check()`, which names its own breaches. What needs the lake:

files missing             a landed window whose folder lacks the file that the ledger counts
file unreadable           a landed window whose file has no whole Parquet footer
rows differ               a landed window whose files hold other than the rows that the ledger recorded
watermark ahead of data   a merged window whose rows bronze does not hold, or whose keys silver lacks or has older;
                          without a window: a table that is gone, at an earlier version than a receipt named, or
                          restored to one since

`repair` names what may be done without harm, null where a person must decide:

release      free the claim, which belongs to no run that lives: the next run finishes the window
read_again   open the window again, without path, files and rows: the next run lands it under a new attempt
backfill     read the window's range [low, high) again through the usual path
reload       read the whole table again: a snapshot, or a table whose Delta tables went back

A window that a run moves while it is looked at is looked at no further: only what stayed as it was is told.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as parquet
from psycopg.rows import dict_row

from contracts import Contract
from local import delta_state

RELEASE, READ_AGAIN, BACKFILL, RELOAD = "release", "read_again", "backfill", "reload"
AHEAD = "watermark ahead of data"
# Windows whose rows the job merges; those of other kinds hold keys alone.
INTO_BRONZE = ("live", "backfill", "reload", "quarantine")


@dataclass(frozen=True)
class Finding:
    """One breach; the module's docstring says which there are, and which repairs."""

    breach: str
    table_name: str
    window_id: int | None
    detail: str
    repair: str | None


def check(control: str, lake: Path, contracts: Iterable[Contract]) -> list[Finding]:
    """Every breach, in the order of tables and windows.

    Args:
        control: libpq connection string of the control database, with at least the factory's rights.
        lake: the folder that holds the lake's containers.
        contracts: those of the tables to look at in the lake; the database side looks at all.
    """
    with psycopg.connect(control, row_factory=dict_row, autocommit=True) as connection:
        found = [
            Finding(**row) for row in connection.execute("select * from control.ledger_check()").fetchall()
        ]
        windows = _windows(connection)
        seen = [f for w in windows.values() if w["status"] == "landed" for f in _landed(lake, w)]
        receipts = _receipts(connection)
        for contract in contracts:
            mine = [w for w in windows.values() if w["table_name"] == contract.table]
            seen += _merged(lake, contract, mine, receipts.get(contract.table))
        now = _windows(connection)
    found += [f for f in seen if f.window_id is None or now.get(f.window_id) == windows[f.window_id]]
    return sorted(found, key=lambda f: (f.table_name, f.window_id is None, f.window_id or 0, f.breach))


def _windows(connection: psycopg.Connection) -> dict[int, dict]:
    query = (
        "select window_id, table_name, kind, low, high, status, attempt, path, files, rows"
        " from control.window_list order by table_name, window_id"
    )
    return {row["window_id"]: row for row in connection.execute(query).fetchall()}


def _receipts(connection: psycopg.Connection) -> dict[str, dict[str, int]]:
    """The Delta versions that the newest merged receipt of each table named."""
    query = (
        "select distinct on (table_name) table_name, versions from control.run_report"
        " where versions is not null and versions <> 'null' order by table_name, batch_id desc"
    )
    return {row["table_name"]: row["versions"] for row in connection.execute(query).fetchall()}


def _landed(lake: Path, window: dict) -> list[Finding]:
    """What is wrong with the files of a landed window, as the job will read them."""
    name, number = window["table_name"], window["window_id"]
    if not window["files"] or window["path"] is None:
        return []
    folder = lake / "landing" / window["path"]
    # One file is read by its name: a copy that died may have left another beside it.
    files = sorted(folder.glob("*.parquet")) if window["files"] > 1 else [folder / f"{name}.parquet"]
    there = [file for file in files if file.is_file()]
    if len(there) < window["files"]:
        detail = f"{window['path']} holds {len(there)} of {window['files']} files"
        return [Finding("files missing", name, number, detail, READ_AGAIN)]
    try:
        rows = sum(parquet.read_metadata(file).num_rows for file in there)
    except (pa.ArrowInvalid, OSError) as error:
        detail = f"{window['path']}: {str(error).splitlines()[0]}"
        return [Finding("file unreadable", name, number, detail, READ_AGAIN)]
    if rows != window["rows"]:
        detail = f"the ledger recorded {window['rows']} rows, {window['path']} holds {rows}"
        return [Finding("rows differ", name, number, detail, READ_AGAIN)]
    return []


def _merged(lake: Path, contract: Contract, windows: list[dict], versions: dict | None) -> list[Finding]:
    """Where Delta is behind what the ledger says is merged."""
    merged = {
        w["window_id"]: w
        for w in windows
        if w["status"] == "merged" and w["rows"] and w["kind"] in INTO_BRONZE
    }
    if not merged:
        return []
    found = []
    tables = {"silver": lake / "silver" / contract.table, "gold": lake / "gold" / contract.gold.table}
    for layer, folder in tables.items():
        told = delta_state.behind(folder, (versions or {}).get(layer))
        if told:
            found.append(Finding(AHEAD, contract.table, None, f"{layer}: {told}", RELOAD))
    held, lacking = delta_state.held(lake, contract)
    short = {n: w for n, w in merged.items() if held.get(n, 0) != w["rows"]}
    for number, window in merged.items():
        repair = RELOAD if contract.mode == "snapshot" else BACKFILL
        if window["kind"] == "quarantine":
            repair = None  # the next change of these rows lands them all again
        if _read_since(contract, window, [w for w in merged.values() if w["window_id"] not in short]):
            continue
        if number in short:
            detail = f"the window has {window['rows']} rows, bronze holds {held.get(number, 0)} of them"
            found.append(Finding(AHEAD, contract.table, number, detail, repair))
        elif lacking.get(number):
            detail = f"silver lacks {lacking[number]} of its keys, or has them older"
            found.append(Finding(AHEAD, contract.table, number, detail, repair))
    return found


def _read_since(contract: Contract, window: dict, whole: list[dict]) -> bool:
    """Whether later windows, whose rows are all there, have read the range again."""
    later = [w for w in whole if w["window_id"] > window["window_id"] and w["kind"] in ("backfill", "reload")]
    if contract.mode == "snapshot":
        return any(w["window_id"] > window["window_id"] for w in whole)
    if window["kind"] == "quarantine":
        return False
    value = int if contract.cursor.kind == "integer" else str
    reached = value(window["low"])
    for part in sorted(later, key=lambda w: value(w["low"])):
        if value(part["low"]) <= reached:
            reached = max(reached, value(part["high"]))
    return reached >= value(window["high"])
