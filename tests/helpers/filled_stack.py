"""A local stack as it looks after years: thousands of runs and millions of trips, made without running anything.

Gold is what the contracts say of the sample's month over and over; the control database and the history hold one run
every five minutes; some rows wait in quarantine.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pyarrow as pa
from delta_writer import INSTANT, write
from gold_by_contract import gold

from contracts import Contract, load_all
from local import source
from local.adf.history.schema import prepare
from local.serving import engine
from local.source.generator import MONTH, ZONES
from local.stack import LocalStack
from local.verify import source_query

CONTROL = Path(__file__).with_name("filled_control.sql")
# Trips end in more ways than the bundled month says.
ENDINGS = """
    update mobility.trip set status = 'cancelled', total_amount = 0 where trip_id % 13 = 0;
    update mobility.trip set status = 'open', dropoff_at = null where trip_id % 59 = 0;
    update mobility.trip set status = 'refunded', refunded_amount = total_amount
        where trip_id % 17 = 0 and total_amount > 0;
    update mobility.trip set is_deleted = true where trip_id % 401 = 0;
    update mobility.trip set driver_id = null where trip_id % 211 = 0;
"""
SHIFT_DAYS, SHIFT_KEYS = 35, 100_000_000
FILE_ROWS = 250_000
# So many trips are made at once and then written, however many are wanted.
AT_ONCE = 2_000_000


def fill(stack: LocalStack, *, trips: int, runs: int, drivers: int = 200, month: int | None = None) -> None:
    """Fill an empty stack: gold with at least `trips`, and `runs` runs. `month`: only so many trips of the month."""
    source.seed(stack.source, MONTH, ZONES, drivers=drivers, limit=month)
    with psycopg.connect(stack.source) as connection:
        connection.execute(ENDINGS)
    with psycopg.connect(stack.conninfo("control"), autocommit=True) as connection:
        prepare(connection)
        connection.execute("select set_config('highwater.runs', %s, false)", [str(runs)])
        connection.execute(CONTROL.read_text())
        batch, run = connection.execute(
            "select batch_id, run_id from control.run order by 1 desc limit 1"
        ).fetchone()
    fill_gold(stack, trips, batch, run)
    fill_quarantine(stack)


def fill_gold(stack: LocalStack, trips: int, batch: int, run: str) -> None:
    """Write every gold table: the trips of the source, repeated until there are so many, each time further back."""
    container = stack.container("gold")
    with engine.session(reads_delta=False, reads_postgres=True) as connection:
        connection.execute(f"attach '{stack.source}' as s (type postgres, read_only)")
        for contract in sorted(load_all(), key=lambda c: c.gold.role):  # dimensions first
            rows = connection.execute("select * from postgres_query('s', ?)", [source_query(contract)])
            connection.register("landed", rows.to_arrow_table())
            if contract.gold.role != "fact":
                fill_tables(container, contract, gold(contract, connection, "landed", batch))
                continue
            (month,) = connection.execute("select count(*) from s.mobility.trip").fetchone()
            times, step = -(-trips // month), max(1, AT_ONCE // month)
            for first in range(0, times, step):
                view = repeated(contract, first, min(first + step, times))
                connection.execute(f"create or replace view repeated as {view}")
                fill_tables(
                    container, contract, gold(contract, connection, "repeated", batch), more=first > 0
                )
    names = "|".join(name for contract in load_all() for name in contract.gold.tables)
    published = {"batch_id": [batch], "run_id": [run], "published_at": pa.array([datetime.now(UTC)], INSTANT),
                 "tables": [f"|{names}|"]}  # fmt: skip
    write(container / "published_batch", pa.table(published))


def fill_tables(container: Path, contract: Contract, tables: Iterable, more: bool = False) -> None:
    """Write tables as `gold` gives them; `more`: add to what they have, but for those that stand still."""
    still = {static.table for static in contract.gold.static}
    for table, content in tables:
        if not (more and table in still):
            write(container / table, content, files=1 + content.num_rows // FILE_ROWS)


def repeated(contract: Contract, first: int, end: int) -> str:
    """The landed rows once for each number from `first` to before `end`: keys further up, times further back."""
    keys = [c.name for c in contract.columns if c.name in ("trip_id", "event_id")]
    changed = [f"{name} + i * {SHIFT_KEYS} as {name}" for name in keys]
    changed += [f"{c.name} - to_days(i::int * {SHIFT_DAYS}) as {c.name}" for c in contract.columns
                if c.parsed.name == "timestamp"]  # fmt: skip
    return f"select * exclude (i) replace ({', '.join(changed)}) from landed, range({first}, {end}) as t (i)"


def fill_quarantine(stack: LocalStack, rows: int = 60) -> None:
    """Trips of the source as they came, each with a rule that it broke."""
    (contract,) = (c for c in load_all() if c.table == "trip")
    columns = ", ".join(c.name for c in contract.columns)
    with psycopg.connect(stack.source) as connection:
        connection.execute("set timezone = 'UTC'")
        found = connection.execute(
            f"select to_jsonb(t) from (select {columns} from mobility.trip order by trip_id limit %s) t",
            [rows],
        ).fetchall()
    with psycopg.connect(stack.conninfo("control")) as connection:
        windows = connection.execute(
            "select window_id, r.batch_id, landed_at from control.ledger l join control.run r on r.run_id = l.merged_by"
            " where l.table_name = 'trip' order by window_id desc limit %s", [rows]
        ).fetchall()  # fmt: skip
    held = []
    for number, (values,) in enumerate(found):
        window, batch, landed = windows[number % len(windows)]
        values = {k: v.replace("+00:00", "Z") if isinstance(v, str) else v for k, v in values.items()}
        rules = ["dropoff_after_pickup"] if number % 5 else ["refund_within_total", "dropoff_after_pickup"]
        if number % 20 == 7:
            rules, values = ["value_unreadable"], values | {"_poison": json.dumps({"dropoff_at": "infinity"})}
        values["dropoff_at"] = None if "_poison" in values else values["created_at"]
        held.append((window, 1, batch, landed, rules, json.dumps(values)))
    names = ("_window_id", "_attempt", "_batch_id", "_loaded_at", "rules", "row")
    kinds = (pa.int64(), pa.int32(), pa.int64(), INSTANT, pa.list_(pa.string()), pa.string())
    arrays = [pa.array(column, kind) for column, kind in zip(zip(*held, strict=True), kinds, strict=True)]
    write(stack.container("quarantine") / contract.table, pa.table(dict(zip(names, arrays, strict=True))))
