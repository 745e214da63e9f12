"""Script: statements on a database, with what they return.

https://learn.microsoft.com/azure/data-factory/transform-data-using-script
"""

import psycopg

from local.adf.connectors import postgres
from local.adf.connectors.rows import as_row, size_of
from local.adf.connectors.scriptparameters import bound
from local.adf.runtime.handlers import handles
from local.adf.runtime.task import Task

MAX_ROWS, MAX_BYTES = 5_000, 2 * 1024 * 1024


@handles("Script", policy=True, required=("scripts",))
def script(task: Task) -> dict:
    """Run the blocks in order on one connection; a failure leaves what was committed before it."""
    blocks = task.value("scripts")
    sets: list[dict] = []
    affected = 0
    output: dict = {}
    with (
        postgres.session(task.connection(), task.stop, f"adf {task.run_id}") as opened,
        psycopg.ClientCursor(opened) as cursor,  # parameters go with a block of several statements
    ):
        for block in blocks:
            text, parameters = str(block.get("text") or ""), block.get("parameters")
            if parameters:
                cursor.execute(*bound(text, parameters))
            else:
                cursor.execute(text)
            while True:
                affected += _collect(task, cursor, block.get("type", "Query"), sets, output)
                if not cursor.nextset():
                    break
    task.rows = affected if not sets else sum(one["rowCount"] for one in sets)
    return {
        "resultSetCount": len(sets),
        "recordsAffected": affected,
        "resultSets": sets,
        "outputParameters": {},
        "outputLogs": "",
        **output,
    }


def _collect(task: Task, cursor: psycopg.Cursor, kind: str, sets: list[dict], output: dict) -> int:
    """Take the current result; how many rows it changed."""
    if cursor.description is None:
        return max(cursor.rowcount, 0)
    if kind == "NonQuery":
        return 0
    names = [column.name for column in cursor.description]
    rows = [as_row(names, row) for row in cursor.fetchmany(MAX_ROWS)]
    used = sum(size_of(one["rows"]) for one in sets)
    kept = []
    for row in rows:
        used += size_of(row)
        if used > MAX_BYTES:
            break
        kept.append(row)
    if len(kept) < cursor.rowcount:
        output["outputTruncated"] = True
        task.warn(
            f"The script '{task.activity.name}' returned {cursor.rowcount:,} rows and its output has "
            f"the first {len(kept):,}: it is cut at {MAX_ROWS:,} rows and 2 MB, which the service tells in "
            "outputTruncated alone."
        )
    sets.append({"rowCount": cursor.rowcount, "rows": kept})
    return 0
