"""`contracts check --source`: a source that can't give what a contract asks for is told so, key by key."""

from datetime import timedelta

import pytest

from contracts import load_all
from local import source_check
from sql import ddl

pytestmark = pytest.mark.postgres


@pytest.fixture
def told(site):
    """The keys and findings of a contract against the source, asked as the factory or as another login."""

    def check(contract, user: str = "highwater_factory", options: str = "") -> list[tuple]:
        info = site.control.info
        conninfo = f"host={info.host} port={info.port} dbname={info.dbname} user={user} options='{options}'"
        return [(b.key, b.found) for b in source_check.check(conninfo, [contract])[contract.table]]

    return check


def test_the_sample_source_gives_what_every_contract_asks_for(site, told):
    for contract in load_all():
        site.control.execute(ddl.create_table(contract))
        site.control.execute(ddl.grants(contract))
        assert told(contract) == [], contract.table


def test_a_table_that_is_not_there_or_may_not_be_read(site, contract_of, told):
    thing = contract_of()
    assert told(thing) == [("source.table", "mobility.thing")]
    site.control.execute(ddl.create_table(thing))
    assert told(thing) == [("source.table", "highwater_factory may not select from mobility.thing")]


def test_columns_types_and_the_index(site, contract_of, told):
    thing = site.add(contract_of(type="timestamp(3)"))
    site.control.execute("alter table mobility.thing alter column body type varchar(9)")
    site.control.execute("drop index mobility.thing_updated_at_cursor")
    site.control.execute("create index on mobility.thing (updated_at) where thing_id > 5")
    assert told(thing) == [("columns.body.type", "character varying(9)"), ("cursor.column", None)]
    site.control.execute("create index on mobility.thing (updated_at, body)")
    site.control.execute(
        "alter table mobility.thing drop column body, alter column updated_at type timestamptz(6)"
    )
    assert told(thing) == [
        ("columns.body", None), ("columns.updated_at.type", "timestamp(6) with time zone"), ("cursor.column", None)
    ]  # fmt: skip


@pytest.mark.parametrize("cursor", ["timestamp", "integer"])
def test_a_login_that_cannot_see_transactions_needs_the_grant_or_a_lookback(site, contract_of, told, cursor):
    thing = site.add(contract_of(cursor=cursor))
    site.control.execute("create role blind login; grant usage on schema mobility to blind;"
                         "grant select on mobility.thing to blind")  # fmt: skip
    try:
        assert told(thing, "blind") == [("cursor.lookback", "blind has no pg_read_all_stats")]
        lookback = 100 if cursor == "integer" else timedelta(minutes=5)
        assert told(contract_of(cursor=cursor, lookback=lookback), "blind") == []
        assert told(thing, options="") == []
    finally:
        site.control.execute("drop owned by blind; drop role blind")


def test_a_cached_sequence_and_null_cursors(site, contract_of, told):
    event = site.add(contract_of(table="event", cursor="integer"))
    site.control.execute("alter table mobility.event alter column thing_id set cache 20")
    assert told(event) == [("cursor.lookback", "cache 20")]
    assert told(contract_of(table="event", cursor="integer", lookback=40)) == []
    site.add(contract_of(nullable=True))
    assert told(contract_of()) == [("cursor.nulls", "updated_at nullable")]
    assert told(contract_of(nullable=True, nulls="refuse")) == []
    site.control.execute("insert into mobility.thing values (1, 'x', null)")
    assert told(contract_of(nullable=True, nulls="refuse")) == [
        ("cursor.nulls", "updated_at is null in some rows")
    ]
    assert told(contract_of(nullable=True, nulls="skip")) == []


def test_wall_time_behind_utc_needs_a_lookback_that_covers_it(site, contract_of, told):
    thing = site.add(contract_of(type="localtime"))
    assert told(thing, options="-c TimeZone=UTC") == []
    assert told(thing, options="-c TimeZone=Europe/Berlin") == []
    assert told(thing, options="-c TimeZone=America/New_York") == [("cursor.lookback", "0:00:00")]
    wide = contract_of(type="localtime", lookback=timedelta(hours=5))
    assert told(wide, options="-c TimeZone=America/New_York") == []
