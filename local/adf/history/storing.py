"""Copies records of runs to the database. Every statement may be repeated: what is stored stays as it is."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from local.adf.history.lines import Batch, batch_of
from local.adf.runtime.owner import is_alive

INTERRUPTED = "Interrupted"

_STARTED = """
    insert into adf.pipeline_runs (run_id, pipeline, status, parameters, trigger, parent, run_group_id, rerun_of,
        started_at, owner)
    values (%(run_id)s, %(pipeline)s, 'InProgress', %(parameters)s, %(trigger)s, %(parent)s, %(run_group_id)s,
        %(rerun_of)s, %(started_at)s, %(owner)s)
    on conflict (run_id) do nothing"""
_STATUS = "update adf.pipeline_runs set status = %(status)s where run_id = %(run_id)s and ended_at is null"
_COLUMNS = (
    "activity_run_id", "run_id", "name", "type", "path", "status", "attempt", "item", "input", "output", "error",
    "warnings", "row_count", "reused_from", "started_at", "ended_at", "seconds", "position",
)  # fmt: skip
_ACTIVITY = (
    f"insert into adf.activity_runs ({', '.join(_COLUMNS)})"
    f" values ({', '.join(f'%({column})s' for column in _COLUMNS)}) on conflict (activity_run_id) do "
)
_BEGUN = _ACTIVITY + "nothing"
_DONE = _ACTIVITY + "update set " + ", ".join(f"{column} = excluded.{column}" for column in _COLUMNS[2:])
_FINISHED = """
    update adf.pipeline_runs
    set status = %(status)s, error = %(error)s, return_value = %(return_value)s, ended_at = %(ended_at)s,
        seconds = %(seconds)s
    where run_id = %(run_id)s"""


@dataclass
class Spool:
    """A record's file, and how far of it is stored.

    Attributes:
        offset: bytes.
        position: lines.
    """

    path: Path
    offset: int = 0
    position: int = 0

    @property
    def run_id(self) -> str:
        return self.path.stem


def store(connection: psycopg.Connection, spool: Spool) -> bool:
    """Store what the file has gained; whether the run's end was in it, in which case the file is removed.

    Raises:
        psycopg.Error: nothing of it was stored.
    """
    try:
        with spool.path.open("rb") as file:
            file.seek(spool.offset)
            data = file.read()
    except FileNotFoundError:  # another process stored all of it
        return True
    data = data[: data.rfind(b"\n") + 1]  # a line that is still being written comes next time
    lines = data.splitlines()
    batch = batch_of(spool.run_id, _parsed(lines, spool.position))
    with connection.transaction():
        _write(connection, batch)
    spool.offset += len(data)
    spool.position += len(lines)
    if batch.ended:
        spool.path.unlink(missing_ok=True)
    return batch.ended


def _parsed(lines: Sequence[bytes], first: int) -> Iterator[tuple[int, dict]]:
    """The lines with their numbers; one that a full disk cut in two is left out."""
    for number, line in enumerate(lines, first):
        try:
            yield number, json.loads(line)
        except ValueError:
            continue


def _write(connection: psycopg.Connection, batch: Batch) -> None:
    with connection.cursor() as cursor:
        for statement, rows in (
            (_STARTED, batch.started),
            (_STATUS, batch.status),
            (_BEGUN, batch.begun),
            (_DONE, batch.done),
            (_FINISHED, batch.finished),
        ):
            if rows:
                cursor.executemany(statement, rows)


def catch_up(connection: psycopg.Connection, folder: Path) -> list[Path]:
    """Store the records that are still files, and mark the runs whose process died.

    Returns:
        The files that can't be stored, for they are damaged; they stay as they are.

    Raises:
        psycopg.Error: the database can't be written.
    """
    damaged = []
    for path in sorted(folder.glob("*.jsonl")):
        try:
            store(connection, Spool(path))
        except (psycopg.DataError, psycopg.IntegrityError, KeyError, TypeError, ValueError):
            damaged.append(path)
    for run_id in mark_interrupted(connection):
        (folder / f"{run_id}.jsonl").unlink(missing_ok=True)
    return damaged


def mark_interrupted(connection: psycopg.Connection) -> set[str]:
    """Give the runs whose process died an end: the last that is known of them. Their ids."""
    query = "select run_id, owner from adf.pipeline_runs where ended_at is null"
    dead = [run_id for run_id, owner in connection.execute(query).fetchall() if not is_alive(owner)]
    if not dead:
        return set()
    message = "The process that ran it ended before it did."
    error = json.dumps({"errorCode": INTERRUPTED, "message": message, "failureType": "SystemError",
                        "target": "", "details": ""})  # fmt: skip
    with connection.transaction():
        connection.execute(
            """
            update adf.pipeline_runs r
            set status = %(status)s, error = %(error)s, ended_at = last.at,
                seconds = extract(epoch from last.at - r.started_at)
            from (
                select p.run_id, greatest(p.started_at, max(a.started_at), max(a.ended_at)) as at
                from adf.pipeline_runs p left join adf.activity_runs a using (run_id)
                where p.run_id = any(%(runs)s)
                group by p.run_id
            ) last
            where r.run_id = last.run_id and r.ended_at is null""",
            {"status": INTERRUPTED, "error": error, "runs": dead},
        )
        connection.execute(
            "update adf.activity_runs set status = %s where run_id = any(%s) and ended_at is null",
            [INTERRUPTED, dead],
        )
    return set(dead)
