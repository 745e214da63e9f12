"""The safe high bound of an integer cursor, whose values commit out of order."""

import threading
import time

import pytest

pytestmark = pytest.mark.postgres
INSERT = "insert into mobility.thing (body) values ('x') returning thing_id"


def candidate(row: dict) -> dict:
    return {"value": row["candidate"], "at": row["candidate_at"]}


def test_values_of_finished_transactions_are_safe_after_the_wait(site, contract_of):
    thing = site.add(contract_of(cursor="integer"))
    for _ in range(3):
        site.control.execute(INSERT)
    before = time.monotonic()
    row = site.bounds(thing)
    assert time.monotonic() - before >= 0.3
    assert (row["high"], row["rows"], row["candidate"], row["held_by"]) == ("4", 3, None, None)
    assert row["as_of"] == row["candidate_at"]


def test_without_new_values_it_answers_without_waiting(site, contract_of):
    thing = site.add(contract_of(cursor="integer"))
    site.control.execute(INSERT)
    before = time.monotonic()
    row = site.bounds(thing, "2")
    assert time.monotonic() - before < 0.25
    assert (row["high"], row["rows"], row["candidate"], row["held_by"]) == (None, 0, None, None)
    assert row["as_of"] == row["candidate_at"]


def test_an_empty_table_has_no_bound(site, contract_of):
    thing = site.add(contract_of(cursor="integer"))
    assert site.bounds(thing)["high"] is None


def test_a_lower_value_that_has_not_committed_holds_the_bound(site, contract_of):
    thing = site.add(contract_of(cursor="integer"))
    slow = site.connect(autocommit=False, name="slow")
    assert slow.execute(INSERT).fetchone() == (1,)
    assert site.one(INSERT) == 2
    held = site.bounds(thing)
    assert (held["high"], held["rows"], held["candidate"], held["as_of"]) == (None, 0, "3", None)
    assert "slow" in held["held_by"] and held["held_seconds"] >= 0.3
    slow.commit()
    free = site.bounds(thing, None, (candidate(held),))
    assert (free["high"], free["rows"]) == ("3", 2)


def test_a_transaction_that_has_taken_no_value_yet_holds_it_too(site, contract_of):
    thing = site.add(contract_of(cursor="integer"))
    slow = site.connect(autocommit=False)
    slow.execute("select 1")
    site.control.execute(INSERT)
    assert site.bounds(thing)["high"] is None


def test_an_earlier_candidate_is_used_once_its_own_transactions_are_over(site, contract_of):
    """Some transaction is always in flight here, so no candidate is ever safe in its own run."""
    thing = site.add(contract_of(cursor="integer"))
    first = site.connect(autocommit=False)
    assert first.execute(INSERT).fetchone() == (1,)
    assert site.one(INSERT) == 2
    held = site.bounds(thing)
    second = site.connect(autocommit=False, name="second")
    assert second.execute(INSERT).fetchone() == (3,)
    first.commit()
    assert site.one(INSERT) == 4
    moved = site.bounds(thing, None, (candidate(held),))
    assert (moved["high"], moved["rows"], moved["candidate"]) == ("3", 2, "5")
    assert moved["as_of"] == held["candidate_at"]
    assert "second" in moved["held_by"]
    second.commit()
    end = site.bounds(thing, "3", (candidate(moved),))
    assert (end["high"], end["rows"]) == ("5", 2)


def test_a_transaction_that_starts_during_the_wait_holds_nothing(site, contract_of):
    thing = site.add(contract_of(cursor="integer"))
    site.control.execute(INSERT)
    late = site.connect(autocommit=False)
    late.rollback()
    starter = threading.Timer(0.15, lambda: late.execute(INSERT))
    starter.start()
    row = site.bounds(thing, connection=site.connect())
    starter.join()
    assert site.one("select count(*) from pg_stat_activity where xact_start is not null and pid = %s",
                    late.info.backend_pid) == 1  # fmt: skip
    assert (row["high"], row["held_by"]) == ("2", None)
    late.commit()
    assert site.bounds(thing, "2")["high"] == "3"


def test_activity_is_looked_at_after_the_wait_and_not_as_it_was_before(site, contract_of):
    """A transaction that began before the candidate and ends during the wait must be seen to have ended."""
    thing = site.add(contract_of(cursor="integer"))
    slow = site.connect(autocommit=False)
    slow.execute("select 1")
    site.control.execute(INSERT)
    ender = threading.Timer(0.1, slow.commit)
    ender.start()
    row = site.bounds(thing, connection=site.connect())
    ender.join()
    assert row["high"] == "2"


def test_inside_a_transaction_that_has_looked_before_it_looks_again(site, contract_of):
    """pg_stat_activity shows one transaction the same picture throughout, unless it is told to look again."""
    thing = site.add(contract_of(cursor="integer"))
    site.control.execute(INSERT)
    reader = site.connect(autocommit=False)
    assert reader.execute("select count(*) from pg_stat_activity").fetchone()[0] > 0
    slow = site.connect(autocommit=False, name="began after that look")
    slow.execute("select 1")
    assert site.bounds(thing, connection=reader)["high"] is None


def test_a_prepared_transaction_holds_the_watermark_of_integers(site, contract_of):
    thing = site.add(contract_of(cursor="integer"))
    writer = site.connect(autocommit=False)
    writer.execute(INSERT)
    gid = f"int-{writer.info.dbname}"
    writer.execute(f"prepare transaction '{gid}'")
    writer.commit()
    site.control.execute(INSERT)
    held = site.bounds(thing)
    assert (held["high"], held["candidate"]) == (None, "3")
    assert held["held_by"].endswith(gid)
    site.control.execute(f"commit prepared '{gid}'")
    assert site.bounds(thing, None, (candidate(held),))["high"] == "3"


def test_the_highest_integers_do_not_overflow(site, contract_of):
    thing = site.add(contract_of(cursor="integer", lookback=10))
    site.insert("thing", 9223372036854775806, 9223372036854775807)
    row = site.bounds(thing)
    assert (row["high"], row["rows"]) == ("9223372036854775807", 1)


def test_cuts_of_integers_fall_on_every_nth_row(site, contract_of):
    thing = site.add(contract_of(cursor="integer", chunk_rows=4))
    for _ in range(10):
        site.control.execute(INSERT)
    site.control.execute("delete from mobility.thing where thing_id = 3")
    assert site.bounds(thing)["cuts"] == '["10", "6"]'
    assert site.bounds(thing, "4")["cuts"] == '["8"]'


def test_a_sequence_with_a_cache_in_two_sessions_loses_nothing_with_a_lookback(site, contract_of, pipeline):
    """Each session hands out its own twenty: after 21 was read, 2 to 20 commit below the watermark."""
    site.add(contract_of(cursor="integer", lookback=40))
    site.control.execute("alter table mobility.thing alter column thing_id set cache 20")
    one, two = site.connect(), site.connect()
    assert [s.execute(INSERT).fetchone()[0] for s in (one, two)] == [1, 21]
    assert pipeline.run() == (0, "")
    assert site.watermark() == "22"
    assert one.execute(INSERT).fetchone() == (2,)
    assert pipeline.run() == (0, ""), "no value is new: what is late is read all the same"
    assert (site.watermark(), pipeline.lost_or_doubled("thing")) == ("22", [])
    backfills = site.windows(kind="backfill")
    assert pipeline.run() == (0, "")
    assert site.windows(kind="backfill") == backfills, "it was read; the next idle run reads nothing"
    assert one.execute(INSERT).fetchone() == (3,)
    assert two.execute(INSERT).fetchone() == (22,)
    assert pipeline.run() == (0, "")
    assert (site.watermark(), pipeline.lost_or_doubled("thing")) == ("23", [])
    assert site.breaches() == []


def test_without_the_lookback_a_cached_sequence_loses_rows_which_is_why_a_contract_needs_it(
    site, contract_of, pipeline
):
    site.add(contract_of(cursor="integer"))
    site.control.execute("alter table mobility.thing alter column thing_id set cache 20")
    one, two = site.connect(), site.connect()
    for session in (one, two):
        session.execute(INSERT)
    pipeline.run()
    one.execute(INSERT)
    pipeline.run()
    assert pipeline.lost_or_doubled("thing") == [(2, "x")]
