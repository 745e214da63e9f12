"""Changes are counted as the database has them, and are exact where exactness is asked for."""

import threading
import time

import psycopg
import pytest

from local import source as highwater_source
from local.errors import HighwaterError
from local.source import seed, simulate
from local.source.generator import ZONES

pytestmark = pytest.mark.postgres


@pytest.fixture
def seeded(source, some_trips):
    seed(source, some_trips, ZONES)
    return source


@pytest.fixture
def snapshot(ask):
    """Rows of a table by key, as text."""
    return lambda table, key: dict(ask(f"select {key}, t::text from mobility.{table} t"))


def changed(before: dict, after: dict) -> tuple[set, set]:
    """Keys that are new, and keys whose row is another."""
    return after.keys() - before.keys(), {k for k in before.keys() & after.keys() if before[k] != after[k]}


def test_inserted_trips_are_exactly_those_named_and_have_their_events(seeded, ask, snapshot):
    before, events = snapshot("trip", "trip_id"), snapshot("trip_event", "event_id")
    ids = highwater_source.insert_trips(seeded, 40, seed=5)
    new, other = changed(before, snapshot("trip", "trip_id"))
    assert (len(ids), set(ids), other) == (40, new, set())
    assert len(snapshot("trip_event", "event_id")) == len(events) + 120
    assert ask("""
        select count(*), count(distinct updated_at), bool_and(status = 'completed'),
            bool_and(pickup_at between now() - interval '4 hours' and now()),
            bool_and(dropoff_at >= pickup_at)
        from mobility.trip where trip_id = any(%s)""", ids) == [(40, 1, True, True, True)]  # fmt: skip
    assert not set(ids) & set(highwater_source.insert_trips(seeded, 40, seed=5))


def test_open_trips_have_no_end_yet(seeded, ask):
    ids = highwater_source.insert_trips(seeded, 10, open_share=1.0)
    assert ask("""
        select t.status, count(*), count(dropoff_at), count(total_amount), min(e.event_type),
            count(e.event_id)
        from mobility.trip t join mobility.trip_event e using (trip_id)
        where trip_id = any(%s) group by 1""", ids) == [("open", 10, 0, 0, "pickup", 10)]  # fmt: skip


def test_updated_trips_are_exactly_those_named_and_none_is_new(seeded, snapshot):
    inserted = highwater_source.insert_trips(seeded, 30)
    before = snapshot("trip", "trip_id")
    ids = highwater_source.update_trips(seeded, 200, seed=1)
    new, other = changed(before, snapshot("trip", "trip_id"))
    assert (len(ids), set(ids), new) == (200, other, set())
    assert not set(ids) & set(inserted)


def test_every_update_changes_more_than_its_time(seeded, ask, snapshot):
    columns = "(tip_amount, total_amount, refunded_amount, status, driver_id)"
    before = dict(ask(f"select trip_id, {columns}::text from mobility.trip"))
    ids = highwater_source.update_trips(seeded, 300, seed=2)
    after = dict(ask(f"select trip_id, {columns}::text from mobility.trip"))
    assert {i for i in before if before[i] != after[i]} == set(ids)
    kinds = dict(ask("""
        select event_type, count(*) from mobility.trip_event e join mobility.trip t using (trip_id)
        where recorded_at > created_at and trip_id = any(%s) and recorded_at = updated_at
        group by 1""", ids))  # fmt: skip
    assert kinds.keys() == {"payment", "refund", "cancel"}
    assert min(kinds.values()) > 5 and sum(kinds.values()) < 300  # a change of driver is no event


def test_the_same_seed_updates_the_same_trips(seeded):
    assert set(highwater_source.update_trips(seeded, 20, seed=3)) == set(
        highwater_source.update_trips(seeded, 20, seed=3)
    )


def test_live_trips_are_updated_when_asked_for(seeded):
    inserted = highwater_source.insert_trips(seeded, 20)
    everything = highwater_source.update_trips(seeded, 598 + 20, live=True)
    assert set(inserted) < set(everything)


def test_only_recent_trips_are_changed_when_asked_for(seeded, ask, snapshot):
    """Asked for the newer half, the older is left alone."""
    [(half, days)] = ask("""
        select half, (extract(epoch from newest - half) / 86400)::float8 from (
            select percentile_disc(0.5) within group (order by pickup_at) as half, max(pickup_at) as newest
            from mobility.trip) t""")  # fmt: skip
    old = {i for (i,) in ask("select trip_id from mobility.trip where pickup_at < %s", half)}
    before = snapshot("trip", "trip_id")
    simulate(seeded, 60, seed=6, days=days)
    _, recent = changed(before, snapshot("trip", "trip_id"))
    assert recent and not recent & old
    before = snapshot("trip", "trip_id")
    simulate(seeded, 60, seed=6)
    _, any_age = changed(before, snapshot("trip", "trip_id"))
    assert any_age & old


def test_more_than_there_is_can_not_be_updated(seeded, snapshot):
    before = snapshot("trip", "trip_id")
    with pytest.raises(HighwaterError) as refused:
        highwater_source.update_trips(seeded, 599)
    assert (refused.value.what, refused.value.why) == (
        "599 trips can't be updated",
        "the source has 598 that can",
    )
    assert snapshot("trip", "trip_id") == before


def test_drivers_change_exactly(seeded, snapshot):
    before = snapshot("driver", "driver_id")
    ids = highwater_source.update_drivers(seeded, 35, seed=4)
    assert changed(before, snapshot("driver", "driver_id")) == (set(), set(ids))
    assert len(ids) == 35


def test_withdrawn_trips_are_marked_and_bad_ones_break_a_rule(seeded, ask):
    withdrawn = highwater_source.delete_trips(seeded, 12)
    assert sorted(ask("select trip_id from mobility.trip where is_deleted")) == sorted(
        (i,) for i in withdrawn
    )
    bad = highwater_source.insert_bad_trips(seeded, 5)
    assert sorted(ask("select trip_id from mobility.trip where dropoff_at < pickup_at")) == sorted(
        (i,) for i in bad
    )


def test_a_simulation_counts_what_the_database_has(seeded, ask, snapshot):
    tables = {"trip": "trip_id", "driver": "driver_id", "trip_event": "event_id"}
    highwater_source.insert_trips(seeded, 30, open_share=1.0)  # some to end
    before = {t: snapshot(t, k) for t, k in tables.items()}
    progress = []
    found = simulate(seeded, 500, seed=7, bad_rows=9, on_progress=lambda *p: progress.append(p))
    after = {t: changed(before[t], snapshot(t, k)) for t, k in tables.items()}

    assert found.total == 500
    assert progress[-1] == ("changes", 500, 500)
    assert len(after["trip"][0]) == found.inserted["trip"] == 500 - (190 + 30 + 15 + 20)
    assert len(after["trip"][1]) == found.updated["trip"] + found.deleted_soft["trip"] == 190 + 30 + 15
    assert len(after["driver"][1]) == found.updated["driver"] == 20
    assert [len(keys) for keys in after["trip_event"]] == [found.inserted["trip_event"], 0]
    assert (
        ask("select count(*) from mobility.trip where is_deleted")
        == [(found.deleted_soft["trip"],)]
        == [(15,)]
    )
    assert (
        ask("select count(*) from mobility.trip where dropoff_at < pickup_at")
        == [(found.bad_rows,)]
        == [(9,)]
    )
    assert found.late_commits >= 1 and found.late_rows >= found.late_commits
    assert ask("select count(*) from mobility.trip where status = 'open'")[0][0] > 0
    assert ask("select count(*) from mobility.trip where dropoff_at is null and status <> 'open'") == [(0,)]


def test_bad_rows_are_off_by_default(seeded, ask):
    assert simulate(seeded, 60).bad_rows == 0
    assert ask("select count(*) from mobility.trip where dropoff_at < pickup_at") == [(0,)]


def test_late_transactions_are_open_while_others_commit(seeded):
    """A reader that stops at the newest committed time sees, later, rows written below it."""
    seen: list[tuple] = []
    over = threading.Event()

    def read() -> None:
        with psycopg.connect(seeded, autocommit=True) as connection:
            while not over.is_set():
                seen.append(
                    connection.execute("select max(updated_at), count(*) from mobility.trip").fetchone()
                )
                time.sleep(0.01)

    reader = threading.Thread(target=read)
    reader.start()
    found = simulate(seeded, 200, seconds=2.0, seed=1)
    over.set()
    reader.join()
    assert found.late_commits >= 2
    assert 2.0 <= found.seconds < 6.0
    with psycopg.connect(seeded) as connection:
        below = [
            connection.execute(
                "select count(*) from mobility.trip where created_at <= %s", [newest]
            ).fetchone()[0]
            > count
            for newest, count in seen
        ]
    assert any(below)


def test_an_empty_source_leads_to_seed(source):
    with pytest.raises(HighwaterError) as refused:
        simulate(source, 10)
    assert refused.value.next_step == "Run `highwater seed` first."


@pytest.mark.parametrize(("changes", "bad_rows"), [(-1, 0), (5, 6), (5, -1)])
def test_numbers_that_make_no_sense_are_refused(seeded, changes, bad_rows):
    with pytest.raises(HighwaterError, match="Nothing can be simulated"):
        simulate(seeded, changes, bad_rows=bad_rows)


def test_no_changes_are_no_changes(seeded, snapshot):
    before = snapshot("trip", "trip_id")
    assert simulate(seeded, 0).total == 0
    assert snapshot("trip", "trip_id") == before
