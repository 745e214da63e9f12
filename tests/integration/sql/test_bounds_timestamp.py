"""The safe high bound of a timestamp cursor, against real transactions."""

import threading
import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

pytestmark = pytest.mark.postgres
MARGIN = timedelta(seconds=0.3)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def start_of(connection: psycopg.Connection) -> datetime:
    return connection.execute("select now()").fetchone()[0]


def test_an_idle_source_is_safe_up_to_the_margin(site, contract_of):
    thing = site.add(contract_of())
    site.insert("thing", 1, 2)
    site.settle_clock()
    before = site.one("select clock_timestamp()")
    row = site.bounds(thing)
    after = site.one("select clock_timestamp()")
    assert before - MARGIN - timedelta(microseconds=1) <= moment(row["high"]) < after - MARGIN
    assert (row["rows"], row["cuts"], row["held_by"], row["held_seconds"]) == (2, "[]", None, None)
    assert row["as_of"] == row["high"]


def test_rows_younger_than_the_margin_wait(site, contract_of):
    thing = site.add(contract_of())
    site.insert("thing", 1)
    assert site.bounds(thing)["rows"] == 0


@pytest.mark.parametrize("wrote", [False, True], ids=["has not written yet", "wrote and waits"])
def test_an_open_transaction_holds_the_bound_below_what_it_may_commit(site, contract_of, wrote):
    thing = site.add(contract_of())
    site.insert("thing", 1)
    site.settle_clock()
    writer = site.connect(autocommit=False, name="slow writer")
    started = start_of(writer)
    if wrote:
        writer.execute("savepoint s")
        writer.execute("insert into mobility.thing (thing_id) values (2)")
    site.insert("thing", 3)
    time.sleep(0.6)
    held = site.bounds(thing)
    assert moment(held["high"]) == started - timedelta(microseconds=1)
    assert held["rows"] == 1
    pid = writer.info.backend_pid
    assert held["held_by"] == f"pid {pid} postgres slow writer client backend"
    assert 0.6 <= held["held_seconds"] < 5
    if not wrote:
        writer.execute("insert into mobility.thing (thing_id) values (2)")
    writer.commit()
    stamp = site.one("select updated_at from mobility.thing where thing_id = 2")
    assert stamp == started and stamp >= moment(held["high"])
    free = site.bounds(thing, held["high"])
    assert (free["rows"], free["held_by"]) == (2, None)


def test_a_transaction_in_another_database_holds_nothing(site, contract_of, postgres_server):
    thing = site.add(contract_of())
    site.insert("thing", 1)
    with psycopg.connect(postgres_server.conninfo("postgres")) as other:
        other.execute("select 1")
        time.sleep(0.5)
        assert site.bounds(thing)["held_by"] is None


def test_a_prepared_transaction_holds_the_watermark(site, contract_of):
    thing = site.add(contract_of())
    site.insert("thing", 1)
    writer = site.connect(autocommit=False)
    writer.execute("insert into mobility.thing (thing_id) values (2)")
    gid = f"gid-{writer.info.dbname}"
    writer.execute(f"prepare transaction '{gid}'")
    writer.commit()
    site.settle_clock()
    held = site.bounds(thing)
    assert (held["high"], held["candidate"], held["as_of"]) == (None, None, None)
    assert held["held_by"] == f"1 prepared transaction(s), the oldest is {gid}"
    assert held["held_seconds"] >= 0.3
    site.control.execute(f"commit prepared '{gid}'")
    assert site.bounds(thing)["rows"] == 2


@pytest.mark.parametrize(
    ("kind", "unit"), [("timestamp(0)", 1_000_000), ("timestamp(3)", 1_000), ("timestamp(6)", 1)]
)
def test_a_column_that_rounds_puts_no_row_below_the_bound(site, contract_of, kind, unit):
    thing = site.add(contract_of(type=kind))
    rounded_down = 0
    for key in range(1, 9 if unit > 1000 else 4):
        time.sleep(0.137)
        writer = site.connect(autocommit=False)
        started = start_of(writer)
        time.sleep(0.35)
        high = site.bounds(thing)["candidate"]
        writer.execute("insert into mobility.thing (thing_id) values (%s)", [key])
        writer.commit()
        writer.close()
        stamp = site.one("select updated_at from mobility.thing where thing_id = %s", key)
        rounded_down += stamp < started
        assert moment(high) <= stamp, (started, stamp)
        assert moment(high).microsecond % unit == 0
        assert timedelta(microseconds=unit) <= started - moment(high) < timedelta(microseconds=2 * unit)
    if unit > 1000:
        assert rounded_down > 0, "no start was rounded down: this run proves nothing"


def test_a_wall_time_cursor_is_read_as_utc_whatever_the_zone_of_the_session(site, contract_of):
    thing = site.add(contract_of(type="localtime"))
    site.insert("thing", 1)
    site.settle_clock()
    far = site.connect()
    far.execute("set timezone = 'America/New_York'")
    row = site.bounds(thing, connection=far)
    assert row["rows"] == 1
    assert abs(moment(row["high"]) + MARGIN - site.one("select clock_timestamp()")) < timedelta(seconds=2)


def test_a_clock_behind_the_watermark_opens_nothing_and_says_so(site, contract_of):
    thing = site.add(contract_of())
    site.insert("thing", 1)
    low = site.one("select to_char(clock_timestamp() + interval '1 hour', 'YYYY-MM-DD HH24:MI:SS.US')")
    row = site.bounds(thing, low)
    assert (row["high"], row["candidate"]) == (None, None)
    assert row["held_by"] == "the clock of the source, which is behind the watermark"
    assert 3590 < row["held_seconds"] <= 3600


def test_a_row_that_commits_between_the_snapshot_and_the_look_is_not_taken_for_nothing(site, contract_of):
    """The statement's snapshot is older than its look: its count of 0 must not close the range."""
    thing = site.add(contract_of())
    low = site.one("select to_char(clock_timestamp(), 'YYYY-MM-DD HH24:MI:SS.US')")
    writer = site.connect(autocommit=False)
    writer.execute("insert into mobility.thing (thing_id) values (1)")
    time.sleep(0.5)
    # The statement waits for the writer's commit before it reads the clock, by a lock.
    writer.execute("select pg_advisory_xact_lock(1)")
    reader = site.connect(autocommit=True)

    def stall(text: str) -> str:
        # PostgreSQL lets go of a transaction's locks just before it takes the transaction from the
        # activity it shows; in between the look would rightly find the writer and wait for it.
        shown = "pg_advisory_xact_lock(1)::text || pg_sleep(0.2)::text"
        wait = f"with stalled as materialized (select {shown} as s) "
        text = text.replace("clock as materialized (", "clock as materialized (" + wait, 1)
        return text.replace("as fresh\n)", "as fresh from stalled where s is not null\n)", 1)

    answer: dict = {}
    asking = threading.Thread(
        target=lambda: answer.update(site.bounds(thing, low, connection=reader, instrument=stall))
    )
    asking.start()
    watcher = site.connect()
    while not watcher.execute(
        "select 1 from pg_locks where locktype = 'advisory' and not granted"
    ).fetchone():
        time.sleep(0.02)
    writer.commit()
    asking.join()
    stamp = site.one("select updated_at from mobility.thing")
    assert answer["rows"] == 0 and answer["held_by"] is None
    assert moment(answer["candidate"]) > stamp, "the row lies below the bound that was found safe"
    assert answer["high"] is None, "closing this range as empty would lose the row"
    candidate = {"value": answer["candidate"], "at": answer["candidate_at"]}
    assert site.bounds(thing, low, (candidate,))["rows"] == 1


def test_an_empty_range_is_closed_by_the_look_after(site, contract_of):
    thing = site.add(contract_of())
    first = site.bounds(thing)
    assert (first["high"], first["rows"]) == (None, 0)
    time.sleep(0.05)
    second = site.bounds(thing, None, ({"value": first["candidate"], "at": first["candidate_at"]},))
    assert (second["high"], second["rows"]) == (first["candidate"], 0)
    assert second["candidate"] > first["candidate"]


def test_equal_timestamps_are_never_split_by_a_cut(site, contract_of):
    thing = site.add(contract_of(chunk_rows=10))
    for key in range(8):
        site.insert("thing", key, at=f"2024-01-01 00:00:0{key}+00")
    site.insert("thing", *range(10, 35), at="2024-01-01 00:00:30+00")
    for key in range(40, 50):
        site.insert("thing", key, at=f"2024-01-01 00:01:{key}+00")
    row = site.bounds(thing)
    # The 11th, 21st and 31st row are among the equal ones, the 41st is the eighth of the last ten.
    assert row["cuts"] == '["2024-01-01 00:00:30.000000", "2024-01-01 00:01:47.000000"]'
    assert row["rows"] == 43


def test_a_lookback_widens_what_is_counted_and_not_the_cuts(site, contract_of):
    thing = site.add(contract_of(lookback=600, chunk_rows=2))
    for key in range(6):
        site.insert("thing", key, at=f"2024-01-01 00:0{key}:00+00")
    row = site.bounds(thing, "2024-01-01 00:04:00.000000")
    assert row["rows"] == 6
    assert row["cuts"] == '["2024-01-01 00:04:00.000000"]'


def test_the_cursor_s_index_alone_answers(site, contract_of):
    thing = site.add(contract_of())
    site.control.execute(
        "insert into mobility.thing "
        "select i, repeat('x', 200), timestamptz '2024-01-01' + i * interval '1 s' "
        "from generate_series(1, 50000) i"
    )
    site.control.execute("vacuum analyze mobility.thing")
    explained: list[str] = []

    def explain(text: str) -> str:
        explained.extend(r[0] for r in site.all("explain (analyze, costs off) " + text.replace("%", "%%")))
        return text

    assert site.bounds(thing, "2024-01-01 13:00:00.000000", instrument=explain)["rows"] == 3201
    plan = "\n".join(explained)
    assert "Index Only Scan using thing_updated_at_cursor" in plan
    assert "Seq Scan on thing" not in plan and "Sort Key: t.updated_at" not in plan


@pytest.fixture
def autovacuum(site):
    """A worker of autovacuum at work on a table, for longer than the test takes."""
    site.control.execute("alter system set autovacuum_naptime = '1s'")
    site.control.execute("select pg_reload_conf()")
    site.control.execute(
        "create table mobility.large with (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0, "
        "autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1) as "
        "select i, repeat('x', 500) as body from generate_series(1, 5000) i"
    )
    site.control.execute("update mobility.large set i = i + 1")
    at_work = (
        "select count(*) from pg_stat_activity where backend_type = 'autovacuum worker' "
        "and query like 'autovacuum: VACUUM %%large%%' and xact_start < clock_timestamp() - interval '1 second'"
    )
    until = time.monotonic() + 60
    while not (found := site.one(at_work)) and time.monotonic() < until:
        time.sleep(0.1)
    assert found == 1
    yield at_work
    site.control.execute("drop table mobility.large")
    site.control.execute("alter system reset autovacuum_naptime")
    site.control.execute("select pg_reload_conf()")


def test_a_vacuum_of_a_large_table_holds_nothing(site, contract_of, autovacuum):
    """It runs for hours in a transaction of its own, and writes no row."""
    thing = site.add(contract_of())
    site.insert("thing", 1)
    site.settle_clock()
    row = site.bounds(thing)
    assert (row["rows"], row["held_by"]) == (1, None)
    assert site.one(autovacuum) == 1, "it was at work all the while"
