"""The sample source's tables in a real PostgreSQL."""

from datetime import datetime

import psycopg
import pytest

from contracts import load_all
from sql import ddl, extract

pytestmark = pytest.mark.postgres


def test_every_contract_s_table_can_be_made_twice_and_read_by_the_factory(site):
    factory = site.connect("highwater_factory")
    for contract in load_all():
        for _ in range(2):
            site.add(contract)
        low, high = {"timestamp": ("0001-01-01 00:00:00.000000", "2999-01-01 00:00:00.000000"),
                     "integer": ("-9223372036854775808", "9223372036854775807")}.get(
                         contract.cursor.kind if contract.cursor else "", ("", ""))  # fmt: skip
        query = site.one("select format(%s, %s::text, %s::text)", extract.extract(contract), low, high)
        cursor = factory.execute(query)
        assert tuple(c.name for c in cursor.description) == (*contract.column_names, extract.POISON)
        assert cursor.fetchall() == []


def test_an_update_is_stamped_with_the_start_of_its_transaction(site, contract_of):
    site.add(contract_of())
    site.insert("thing", 1, at="2024-01-01 00:00:00+00")
    writer = site.connect(autocommit=False)
    (start,) = writer.execute("select now()").fetchone()
    writer.execute("select pg_sleep(0.05)")
    writer.execute("update mobility.thing set body = 'y', updated_at = '2020-01-01'")
    writer.commit()
    assert site.one("select updated_at from mobility.thing") == start


def test_a_new_column_of_the_contract_is_added_to_the_table(site, contract_of):
    thing = site.add(contract_of())
    site.insert("thing", 1)
    more = type(thing.columns[1])(name="note", type="varchar(10)")
    site.control.execute(ddl.create_table(thing.model_copy(update={"columns": (*thing.columns, more)})))
    assert site.all("select thing_id, note from mobility.thing") == [(1, None)]


def test_the_extract_reads_instants_as_utc_whatever_the_zone_of_the_session(site, contract_of):
    thing = site.add(contract_of(lookback=60))
    for key, at in enumerate(("2024-03-10 01:59:29+00", "2024-03-10 01:59:30+00", "2024-03-10 02:00:30+00")):
        site.insert("thing", key, at=at)
    query = site.one("select format(%s, %s::text, %s::text)", extract.extract(thing),
                     "2024-03-10 02:00:30.000000", "2024-03-10 02:00:30.000001")  # fmt: skip
    far = site.connect()
    far.execute("set timezone = 'America/New_York'")
    assert far.execute(query).fetchall() == [
        (1, "x", datetime(2024, 3, 10, 1, 59, 30), None), (2, "x", datetime(2024, 3, 10, 2, 0, 30), None)]  # fmt: skip


def test_a_column_that_is_gone_fails_the_copy_by_name(site, contract_of):
    thing = site.add(contract_of())
    site.control.execute("alter table mobility.thing drop column body")
    query = site.one("select format(%s, %s::text, %s::text)", extract.extract(thing),
                     "2024-03-10 02:00:30.000000", "2024-03-10 02:00:30.000001")  # fmt: skip
    with pytest.raises(psycopg.errors.UndefinedColumn, match="body"):
        site.control.execute(query)
