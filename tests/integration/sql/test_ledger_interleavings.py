"""Random interleavings of writers and of runs of six pipelines, with deaths, zombies and expired leases.

After every step the ledger is checked and no watermark has gone back; in the end, when all writers are done
and one more run has finished, nothing is lost and nothing doubled. HIGHWATER_HISTORIES sets their number.
"""

import json
import os
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

pytestmark = pytest.mark.postgres
HISTORIES = int(os.environ.get("HIGHWATER_HISTORIES", "12"))
# Two pipelines of kind live, so that runs meet on the same windows.
PIPELINES = {
    "ingest": "live",
    "catch up": "live",
    "reload": "reload",
    "backfill thing": "backfill",
    "backfill event": "backfill",
    "reconcile": "reconcile",
}
# Where a backfill of a table begins.
FIRST = {"thing": "2000-01-01", "event": "0"}
TABLES = {"thing": "live", "event": "live"}
CHANGE = (
    "update mobility.thing set body = body || '.' where thing_id = "
    "(select thing_id from mobility.thing order by random() for update skip locked limit 1)"
)


def play(pipeline, run: str, name: str) -> Iterator[str]:
    """The steps of one run, one at a time. It ends early when a step is refused, as a run does."""
    kind = PIPELINES[name]
    begin = "select table_name from control.begin_run(%s, %s, %s, '*')"
    if kind in ("backfill", "reconcile"):
        table, low = ("*", "") if kind == "reconcile" else (name.split()[1], FIRST[name.split()[1]])
        begin = (
            f"select table_name from control.begin_request(%s, %s, %s, '{table}', '{low}', '', '3', '', '')"
        )
    begun = pipeline.ask("begin run", begin, run, name, kind)
    yield "begun"
    for table in (row["table_name"] for row in begun):
        (row,) = pipeline.ask("begin table", "select bounds_query from control.begin_table(%s, %s, %s)",
                              run, table, kind)  # fmt: skip
        yield "asked"
        (found,) = pipeline.ask("bounds", row["bounds_query"])
        yield "bounded"
        windows = pipeline.ask("open windows", "select * from control.open_windows(%s, %s, %s, %s)",
                               run, table, kind, json.dumps(found, default=str))  # fmt: skip
        yield "opened"
        for window in windows:
            rows = pipeline.ask("copy", window["query"])
            pipeline.landing[window["path"]] = rows
            yield "copied"
            pipeline.ask("landed", "select control.landed(%s, %s, %s, 1, %s)",
                         window["window_id"], window["attempt"], run, len(rows))  # fmt: skip
            yield "landed"
    pipeline.ask("make plan", "select windows from control.make_plan(%s)", run)
    yield "planned"
    plan = pipeline.ask("write plan", "select * from control.plan(%s)", run)
    yield "plan written"
    receipts = []
    for table in sorted({part["table_name"] for part in plan}):
        mine = [part for part in plan if part["table_name"] == table]
        for part in mine if kind != "reconcile" else []:  # what lands there is keys
            pipeline.apply(table, pipeline.landing[part["path"]])
        yield "merged"
        windows = [{"window_id": p["window_id"], "attempt": p["attempt"]} for p in mine]
        receipts.append({"run_id": run, "table_name": table, "status": "merged", "windows": windows})
    pipeline.ask("settle", "select control.settle(%s, %s)", run, json.dumps(receipts))
    yield "settled"
    pipeline.ask("finish", "select failed from control.finish_run(%s)", run)


class Histories(RuleBasedStateMachine):
    """One history. `site` and `pipeline` are set by the test."""

    site = None
    pipeline = None

    def __init__(self) -> None:
        super().__init__()
        self.site.control.execute(
            "truncate control.ledger, control.run_table, control.run, control.candidate, mobility.thing, "
            "mobility.event restart identity cascade"
        )
        self.pipeline.landing.clear()
        self.pipeline.silver.clear()
        self.runs: list[Iterator[str]] = []
        self.writers: list[psycopg.Connection] = [self.site.connect(autocommit=False) for _ in range(2)]
        self.count = 0
        self.marks: dict[str, str | None] = {}

    def number(self) -> int:
        self.count += 1
        return self.count

    @rule(rows=st.integers(1, 7))
    def write(self, rows: int) -> None:
        for _ in range(rows):
            self.site.insert("thing", self.number())
            self.site.control.execute("insert into mobility.event (body) values ('x')")

    @rule()
    def change(self) -> None:
        self.site.control.execute(CHANGE)

    @rule(writer=st.integers(0, 1), what=st.sampled_from(["look", "thing", "event", "change"]))
    def write_slowly(self, writer: int, what: str) -> None:
        statement = {
            "look": "select 1",
            "thing": f"insert into mobility.thing (thing_id) values ({self.number()})",
            "event": "insert into mobility.event (body) values ('slow')",
            "change": CHANGE,
        }
        self.writers[writer].execute(statement[what])

    @rule(writer=st.integers(0, 1), well=st.booleans())
    def end_slow_write(self, writer: int, well: bool) -> None:
        self.writers[writer].commit() if well else self.writers[writer].rollback()

    @precondition(lambda self: len(self.runs) < 3)
    @rule(name=st.sampled_from(sorted(PIPELINES)))
    def start(self, name: str) -> None:
        self.runs.append(play(self.pipeline, f"run-{self.number()}", name))
        self.step(len(self.runs) - 1, 1)

    @precondition(lambda self: self.runs)
    @rule(which=st.integers(0, 2), steps=st.integers(1, 12))
    def step(self, which: int, steps: int) -> None:
        run = self.runs[which % len(self.runs)]
        try:
            for _ in range(steps):
                next(run)
        except (StopIteration, psycopg.errors.RaiseException):
            self.runs.remove(run)

    @precondition(lambda self: self.runs)
    @rule(which=st.integers(0, 2))
    def die(self, which: int) -> None:
        self.runs.pop(which % len(self.runs))

    @rule()
    def expire(self) -> None:
        self.site.control.execute("update control.ledger set lease_until = now() - interval '1 s' "
                                  "where claimed_by is not null")  # fmt: skip

    @invariant()
    def ledger_is_sound(self) -> None:
        assert self.site.breaches() == []
        for table in TABLES:
            mark, kind = self.site.watermark(table), "integer" if table == "event" else "timestamp"
            before = self.marks.get(table)
            assert before is None or before == mark or self.site.one(
                "select control.precedes(%s, %s, %s)", kind, before, mark)  # fmt: skip
            self.marks[table] = mark

    def teardown(self) -> None:
        for writer in self.writers:
            writer.commit()
            writer.close()
        self.expire()
        for name in PIPELINES:
            self.site.settle_clock()
            try:
                for _ in play(self.pipeline, f"last-{self.number()}", name):
                    pass
            except psycopg.errors.RaiseException as refused:
                assert PIPELINES[name] == "backfill" and "nothing is merged yet" in str(refused)
        assert self.site.one("select count(*) from control.ledger where status <> 'merged'") == 0
        for table in TABLES:
            assert self.pipeline.lost_or_doubled(table) == []
        self.ledger_is_sound()


def test_nothing_is_lost_or_doubled_in_any_history(site, contract_of, pipeline):
    site.set_margin(0.02)
    site.add(contract_of(chunk_rows=4, deletes={"kind": "keys"}))
    site.add(contract_of(table="event", cursor="integer", chunk_rows=4, deletes={"kind": "keys"}))
    machine = type("Bound", (Histories,), {"site": site, "pipeline": pipeline})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=40,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
