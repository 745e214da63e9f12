"""Who may look, and whose transactions count."""

import time

import psycopg
import pytest

pytestmark = pytest.mark.postgres


def role(site, name: str, table: str = "thing") -> psycopg.Connection:
    name = f"{name}_{site.control.info.dbname}"
    site.control.execute(f"create role {name} login")
    site.control.execute(f"grant usage on schema mobility to {name}")
    site.control.execute(f"grant select on mobility.{table} to {name}")
    return site.connect(name)


def drop(site, connection: psycopg.Connection) -> None:
    name = connection.info.user
    connection.close()
    site.control.execute(f"drop owned by {name}")
    site.control.execute(f"drop role {name}")


@pytest.mark.parametrize("kind", ["timestamp", "integer"])
def test_a_login_that_cannot_see_transactions_is_told_what_to_grant(site, contract_of, kind):
    thing = site.add(contract_of(cursor=kind))
    blind = role(site, "blind")
    try:
        with pytest.raises(psycopg.errors.InvalidTextRepresentation) as refused:
            site.bounds(thing, connection=blind)
        assert f"Highwater, as {blind.info.user}, cannot see the transactions in flight" in str(refused.value)
        assert "Grant it pg_read_all_stats, or give the cursor a lookback." in str(refused.value)
    finally:
        drop(site, blind)


def test_with_a_lookback_the_contract_answers_for_what_cannot_be_seen(site, contract_of):
    thing = site.add(contract_of(lookback=60))
    blind = role(site, "lookback")
    try:
        site.insert("thing", 1)
        site.settle_clock()
        assert site.bounds(thing, connection=blind)["rows"] == 1
    finally:
        drop(site, blind)


def test_activity_that_is_not_tracked_is_refused(site, contract_of):
    thing = site.add(contract_of())
    reader = site.connect()
    reader.execute("set track_activities = off")
    with pytest.raises(psycopg.errors.InvalidTextRepresentation, match="track_activities is off"):
        site.bounds(thing, connection=reader)


def test_a_session_whose_activity_is_not_tracked_counts_from_its_own_start(site, contract_of):
    thing = site.add(contract_of())
    hidden = site.connect(autocommit=True, name="hidden")
    began = site.one("select backend_start from pg_stat_activity where pid = %s", hidden.info.backend_pid)
    hidden.execute("set track_activities = off")
    hidden.execute("begin")
    hidden.execute("insert into mobility.thing (thing_id) values (1)")
    time.sleep(0.5)
    row = site.bounds(thing)
    assert "hidden" in row["held_by"]
    assert row["candidate"] < began.strftime("%Y-%m-%d %H:%M:%S.%f")


def test_the_factory_s_own_copies_do_not_hold_its_bounds(site, contract_of):
    thing = site.add(contract_of())
    copying = site.connect("highwater_factory", autocommit=False)
    copying.execute("select count(*) from mobility.thing")
    time.sleep(0.5)
    factory = site.connect("highwater_factory")
    assert site.bounds(thing, connection=factory)["held_by"] is None
    assert "highwater_factory" in site.bounds(thing)["held_by"], (
        "to any other login it is a transaction like others"
    )


def test_a_login_that_may_write_holds_its_own_bounds(site, contract_of):
    thing = site.add(contract_of())
    writer = role(site, "writer")
    other = site.connect(writer.info.user, autocommit=False)
    try:
        site.control.execute(f"grant pg_read_all_stats to {writer.info.user}")
        site.control.execute(f"grant update (body) on mobility.thing to {writer.info.user}")
        other.execute("select 1")
        time.sleep(0.5)
        assert writer.info.user in site.bounds(thing, connection=writer)["held_by"]
    finally:
        other.close()
        drop(site, writer)
