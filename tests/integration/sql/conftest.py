"""A control database and a source in one fresh database, and the pipelines' steps played by hand on them."""

import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg.rows import dict_row

from contracts import Contract
from sql import bounds, ddl, ledger

MARGIN = 0.3


def make_contract(table: str = "thing", cursor: str | None = "timestamp", **changes: object) -> Contract:
    """A small contract: `thing_id`, `body` and, unless it is a snapshot, a cursor."""
    columns = [
        {"name": "thing_id", "type": "bigint", "nullable": False},
        {"name": "body", "type": "text"},
    ]
    raw: dict = {"mode": "snapshot"}
    if cursor == "timestamp":
        columns.append({"name": "updated_at", "type": changes.pop("type", "timestamp"),
                        "nullable": changes.pop("nullable", False)})  # fmt: skip
        raw = {"mode": "upsert", "cursor": {"column": "updated_at", "kind": "timestamp"}}
    elif cursor == "integer":
        raw = {"mode": "append", "cursor": {"column": "thing_id", "kind": "integer"}}
    for key in {"lookback", "nulls"} & set(changes):
        raw["cursor"][key] = changes.pop(key)
    chunk_rows = changes.pop("chunk_rows", 500_000)
    source = {
        "schema": "mobility",
        "table": table,
        **({"identity": "thing_id"} if cursor == "integer" else {}),
    }
    contract = Contract.model_validate({
        "table": table, "description": "A thing.", "owner": "tests", "source": source, "columns": columns,
        "primary_key": ["thing_id"], "freshness": 900, "gold": {"table": f"fact_{table}", "role": "fact"},
        **raw, **changes,
    })  # fmt: skip
    return contract.model_copy(update={"chunk_rows": chunk_rows})  # fewer than a contract may ask for


@dataclass
class Site:
    """The fresh database: connections to it, its contracts, and what a lake would hold."""

    connect: Callable[..., psycopg.Connection]
    control: psycopg.Connection
    contracts: dict[str, Contract] = field(default_factory=dict)
    margin: float = MARGIN

    def set_margin(self, seconds: float) -> None:
        self.margin = seconds
        self.control.execute("update control.setting set value = %s where name = 'margin_seconds'", [seconds])

    def add(self, contract: Contract) -> Contract:
        """Make the contract's table in the source and its row in the control schema."""
        self.control.execute(ddl.create_table(contract))
        self.control.execute(ddl.grants(contract))
        self.control.execute(ledger.contract_row(contract))
        self.contracts[contract.table] = contract
        return contract

    def bounds(
        self,
        contract: Contract,
        low: str | None = None,
        candidates: tuple[dict, ...] = (),
        connection: psycopg.Connection | None = None,
        instrument: Callable[[str], str] = str,
    ) -> dict:
        """The row that the bounds query of a contract answers."""
        kind = contract.cursor.kind if contract.cursor else "snapshot"
        text = self.one("select format(%s, coalesce(%s, control.first_low(%s)), %s::text, %s::text)",
                        bounds.bounds(contract), low, kind, self.margin, json.dumps(candidates))  # fmt: skip
        cursor = (connection or self.control).cursor(row_factory=dict_row)
        return cursor.execute(instrument(text)).fetchone()

    def one(self, query: str, *values: object) -> object:
        """The first column of the first row."""
        row = self.control.execute(query, values).fetchone()
        return row[0] if row else None

    def all(self, query: str, *values: object) -> list[tuple]:
        return self.control.execute(query, values).fetchall()

    def insert(self, table: str, *ids: int, body: str = "x", at: str | None = None) -> None:
        """Insert rows, each with the cursor `at` where one is given."""
        columns = "thing_id, body" + (", updated_at" if at else "")
        for key in ids:
            values = [key, body, *([at] if at else [])]
            marks = ", ".join(["%s"] * len(values))
            self.control.execute(f"insert into mobility.{table} ({columns}) values ({marks})", values)

    def settle_clock(self) -> None:
        """Wait until what was written so far lies behind the margin."""
        time.sleep(self.margin + 0.01)

    def watermark(self, table: str = "thing") -> str | None:
        return self.one("select watermark from control.watermark where table_name = %s", table)

    def windows(self, table: str = "thing", kind: str = "live") -> list[tuple]:
        return self.all("select low, high, status, attempt, rows from control.ledger "
                        "where table_name = %s and kind = %s order by window_id", table, kind)  # fmt: skip

    def breaches(self) -> list[tuple]:
        return self.all("select breach, table_name, window_id from control.ledger_check()")


class Crash(Exception):
    """The run died at this step: nothing of it happens any more."""


@dataclass
class Pipeline:
    """The steps of the declared pipelines, with a dictionary for the lake.

    `silver` holds the newest version of each key by cursor, which is what the job's merge promises.
    `steps` names every step that was taken; a run given `crash_at=n` dies just before its n-th one, or, with
    `after=True`, when the step is done and its answer is lost.
    """

    site: Site
    landing: dict[str, list[dict]] = field(default_factory=dict)
    silver: dict[str, dict] = field(default_factory=dict)
    steps: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    crash_at: int | None = None
    after: bool = False

    def run(self, kind: str = "live", tables: str = "*", pipeline: str | None = None,
            crash_at: int | None = None, after: bool = False) -> tuple[int, str]:  # fmt: skip
        """A whole run. Returns what finish_run answers. Raises Crash where it was told to."""
        self.steps, self.crash_at, self.after = [], crash_at, after
        run = f"run-{next(self.numbers)}"
        pipeline = pipeline or {"live": "ingest", "reload": "reload"}[kind]
        for row in self.ask("begin run", "select table_name from control.begin_run(%s, %s, %s, %s)",
                            run, pipeline, kind, tables):  # fmt: skip
            self.load(run, row["table_name"], kind)
        self.merge(run)
        (end,) = self.ask("finish", "select failed, message from control.finish_run(%s)", run)
        return end["failed"], end["message"]

    def load(self, run: str, table: str, kind: str = "live") -> None:
        for window in self.open(run, table, kind):
            self.copy(run, window)

    def open(self, run: str, table: str, kind: str = "live") -> list[dict]:
        (row,) = self.ask(
            "begin table", "select bounds_query from control.begin_table(%s, %s, %s)", run, table, kind
        )
        (found,) = self.ask("bounds", row["bounds_query"])
        return self.ask("open windows", "select * from control.open_windows(%s, %s, %s, %s)",
                        run, table, kind, json.dumps(found, default=str))  # fmt: skip

    def copy(self, run: str, window: dict) -> None:
        rows = self.ask("copy", window["query"])
        self.landing[window["path"]] = rows
        self.ask("landed", "select control.landed(%s, %s, %s, %s, %s)",
                 window["window_id"], window["attempt"], run, 1, len(rows))  # fmt: skip

    def merge(self, run: str) -> None:
        (row,) = self.ask("make plan", "select windows from control.make_plan(%s)", run)
        if row["windows"] == 0:
            return
        plan = self.ask("write plan", "select * from control.plan(%s)", run)
        receipts = []
        for table in sorted({p["table_name"] for p in plan}):
            self.ask(f"job merges {table}", "select 1")
            mine = [p for p in plan if p["table_name"] == table]
            for part in mine:
                if part["kind"] != "quarantine":  # what lies in no window is kept out of silver
                    self.apply(table, self.landing[part["path"]])
            receipts.append(receipt(run, table, mine))
        self.ask("settle", "select control.settle(%s, %s)", run, json.dumps(receipts))

    def apply(self, table: str, rows: list[dict]) -> None:
        """Merge by key: the newest cursor wins, an older or equal replay changes nothing."""
        contract, held = self.site.contracts[table], self.silver.setdefault(table, {})
        if contract.mode == "snapshot":
            held.clear()
        for row in rows:
            old = held.get(row["thing_id"])
            if (
                old is None
                or contract.cursor is None
                or row[contract.cursor.column] >= old[contract.cursor.column]
            ):
                held[row["thing_id"]] = row

    def ask(self, step: str, query: str, *values: object) -> list[dict]:
        self.steps.append(step)
        dies = self.crash_at == len(self.steps)
        if dies and not self.after:
            raise Crash(step)
        rows = self.site.control.cursor(row_factory=dict_row).execute(query, values or None).fetchall()
        if dies:
            raise Crash(step)
        return rows

    def lost_or_doubled(self, table: str) -> list:
        """What differs between the source and silver, both ways."""
        contract = self.site.contracts[table]
        names = ", ".join(contract.column_names)
        source = set(self.site.all(f"select {names} from mobility.{table}"))
        rows = self.silver.get(table, {}).values()
        silver = {tuple(instant(row[c]) for c in contract.column_names) for row in rows}
        return sorted(source ^ silver, key=str)


def instant(value: object) -> object:
    """What has landed as wall time of UTC, as the source hands it out."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


def receipt(run: str, table: str, plan: list[dict], status: str = "merged", **more: object) -> dict:
    windows = [{"window_id": p["window_id"], "attempt": p["attempt"]} for p in plan]
    return {"run_id": run, "table_name": table, "status": status, "windows": windows, **more}


@pytest.fixture(scope="session")
def site_database(postgres_server) -> Iterator[Callable[[str], str]]:
    """One database for all tests here, as a function user -> conninfo. Each test makes its schemas anew."""
    postgres_server.create_database("site")
    yield lambda user: postgres_server.conninfo("site", user)
    postgres_server.drop_database("site")


@pytest.fixture
def site(site_database) -> Iterator[Site]:
    """The control schema and the factory's role as new, no source table, and a margin that suits tests."""
    opened: list[psycopg.Connection] = []

    def connect(user: str = "postgres", autocommit: bool = True, name: str = "test") -> psycopg.Connection:
        connection = psycopg.connect(site_database(user), autocommit=autocommit, application_name=name)
        opened.append(connection)
        return connection

    control = connect()
    control.execute("set synchronous_commit = off")  # these tests are not about a server that loses power
    scripts = [ledger.factory_role(), *(text for _, text in ledger.scripts()), ddl.roles()]
    control.execute("drop schema if exists control, mobility cascade;\n" + "\n".join(scripts))
    made = Site(connect, control)
    made.set_margin(MARGIN)
    yield made
    others = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    control.execute(f"select pg_terminate_backend(pid, 5000) {others}")
    prepared = "select gid from pg_prepared_xacts where database = current_database()"
    for (gid,) in control.execute(prepared).fetchall():
        control.execute(f"rollback prepared '{gid}'")
    for connection in opened:
        connection.close()


@pytest.fixture
def contract_of() -> Callable[..., Contract]:
    return make_contract


@pytest.fixture
def pipeline(site: Site) -> Pipeline:
    return Pipeline(site)


@pytest.fixture
def receipt_of() -> Callable[..., dict]:
    return receipt


@pytest.fixture
def crash() -> type[Exception]:
    return Crash
