"""What each declared pipeline is given to do before a run of it breaks, and what must hold once it has healed.

A scene changes the source, and gives the parameters of the run that breaks and of the one that heals it.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from healing import assert_settled

from local.adf import Runtime

MARGIN = 0.02
FIRST_LOAD = 120  # of each table: some pipelines are for rows that go, one of each table a break

CHANGE = """
insert into mobility.thing (thing_id, body, updated_at)
select (select coalesce(max(thing_id), 0) from mobility.thing) + n, 'new', clock_timestamp()
from generate_series(1, 3) n;
update mobility.thing set body = 'changed ' || thing_id, updated_at = clock_timestamp()
where thing_id % 4 = (select count(*) from mobility.thing) % 4;
insert into mobility.event (body) select n::text from generate_series(1, 3) n;
"""
GONE = """
delete from mobility.thing where thing_id = (select min(thing_id) from mobility.thing);
delete from mobility.event where thing_id = (select min(thing_id) from mobility.event);
"""
SILENT = """
set session_replication_role = replica;
update mobility.thing set body = 'silent ' || (select count(*) from mobility.thing)
where thing_id = (select max(thing_id) from mobility.thing);
"""


def tell(made, *statements: str) -> None:
    with psycopg.connect(made.conninfo()) as connection:
        for statement in statements:
            connection.execute(statement)


def change(made) -> dict[str, str]:
    """New and changed rows, old enough to be read."""
    tell(made, CHANGE)
    time.sleep(MARGIN + 0.02)
    return {}


def _late(made) -> dict[str, str]:
    """Rows that no window will read any more, on a day of their own, in two windows."""
    ((count,),) = made.source("select count(*) from mobility.thing")
    day = f"date '2000-01-01' + {count}"
    tell(
        made,
        "insert into mobility.thing (thing_id, body, updated_at)"
        f" select {count * 1000} + n, 'late', {day} + n * interval '1 hour' from generate_series(1, 3) n",
    )
    ((low, high),) = made.source(f"select ({day})::text, ({day} + 1)::text")
    return {"tables": "thing", "from": low, "to": high, "chunk_rows": "2"}


def _gone(made) -> dict[str, str]:
    tell(made, GONE)
    return {}


def _silent(made) -> dict[str, str]:
    """Rows are gone, and one has changed though its cursor has not moved."""
    tell(made, GONE, SILENT)
    return {"tables": "thing,event"}


def _held(made) -> dict[str, str]:
    """A row waits in quarantine, and the rule that it broke is gone."""
    tell(made, "insert into mobility.thing (thing_id, body, updated_at)"
               " select max(thing_id) + 1, 'bad', clock_timestamp() from mobility.thing")  # fmt: skip
    time.sleep(MARGIN + 0.02)
    made.job.strict = True
    made.run()
    made.job.strict = False
    assert made.job.waiting("thing") != {}
    return {"tables": "thing"}


def _landed(made) -> str:
    """A run has died before its job: the window that landed."""
    tell(made, CHANGE.split(";")[0])
    time.sleep(MARGIN + 0.02)
    made.job.without_receipt = ("thing",)
    assert Runtime(made.factory, made.lake / "runs", made.job).run("ingest").status == "Failed"
    made.job.without_receipt = ()
    ((window,),) = _ask(made, "select window_id from control.window_list where status = 'landed'")
    return str(window)


def _superseded(made) -> dict[str, str]:
    """A window was merged by its second attempt, long ago, and a copy that died has left a file under it."""
    window = _landed(made)
    made.run()
    tell(made, "update control.ledger set merged_at = merged_at - interval '2 days'")
    stray = made.lake / "landing" / "thing" / window / "2" / "thing.parquet"
    stray.parent.mkdir()
    stray.write_bytes(b"PAR1")
    os.utime(stray, (time.time() - 3 * 86400,) * 2)
    return {}


def _to_be_read_again(made) -> dict[str, str]:
    return {"apply": "yes", "windows": _landed(made)}


def _ask(made, query: str) -> list[tuple]:
    with psycopg.connect(made.conninfo()) as connection:
        return connection.execute(query).fetchall()


def assert_equal(made, fault: object) -> None:
    """What the job holds is what the source holds, each row once; nothing is left in the ledger or in quarantine."""
    for table in ("thing", "event"):
        source = made.source(f"select thing_id::text, body from mobility.{table} order by 1")
        held = sorted((key, row["body"]) for key, row in made.job.held(table).items())
        assert held == source, f"after {fault}: {table}"
        assert made.job.waiting(table) == {}, fault
    assert_settled(made, fault)


def _swept(made, fault: object) -> None:
    """What is left of landing is what the ledger knows, and all of it."""
    assert_equal(made, fault)
    landing: Path = made.lake / "landing"
    known = {path for (path,) in _ask(made, "select path from control.ledger where path is not null")}
    left = {str(file.parent.relative_to(landing)) for file in landing.glob("[!_]*/*/*/*")}
    assert left == known, fault
    newest = "select status from control.maintenance order by started desc limit 1"
    assert _ask(made, newest) == [("succeeded",)], fault


def _read_again(made, fault: object) -> None:
    """The window that the repair opened is read by the next run of all."""
    made.run()
    assert_equal(made, fault)


@dataclass(frozen=True)
class Scene:
    """`begin` gives a run something to do, and its parameters; `healed` fails unless all is as it should be."""

    begin: Callable[[object], dict[str, str]]
    healed: Callable[[object, object], None] = assert_equal


SCENES = {
    "ingest": Scene(change),
    "backfill": Scene(_late),
    "reconcile": Scene(_gone),
    "reload": Scene(_silent),
    "release": Scene(_held),
    "maintain": Scene(_superseded, _swept),
    "repair": Scene(_to_be_read_again, _read_again),
    "status": Scene(lambda made: {}),
}
