"""A real replica: it does not show its primary's transactions, so it is refused, or a lookback stands in."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from local import source_check
from local.postgres import PostgresServer
from sql import extract

pytestmark = pytest.mark.postgres


@pytest.fixture
def replica(site, postgres_server, tmp_path: Path) -> Iterator[Callable[[], psycopg.Connection]]:
    """A standby of the tests' server; a function that connects when it has replayed all that was written so far."""
    standby = PostgresServer(tmp_path / "standby")
    standby.root.mkdir()
    standby._prepare()
    standby._run("pg_basebackup", "-h", str(postgres_server.socket_dir), "-p", "5432", "-U", "postgres", "-R",
                 "-X", "stream", "-c", "fast", "-D", str(standby.data))  # fmt: skip
    with (standby.data / "postgresql.auto.conf").open("a") as conf:
        conf.write(f"unix_socket_directories = '{standby.socket_dir}'\n")
    standby.ensure_running()

    def connect() -> psycopg.Connection:
        written = site.one("select pg_current_wal_lsn()::text")
        connection = psycopg.connect(standby.conninfo("site"), autocommit=True)
        deadline = time.monotonic() + 20
        while not connection.execute("select pg_last_wal_replay_lsn() >= %s::pg_lsn", [written]).fetchone()[
            0
        ]:
            assert time.monotonic() < deadline, "the standby does not follow"
            time.sleep(0.05)
        return connection

    connect.conninfo = standby.conninfo("site", "highwater_factory")
    yield connect
    standby.destroy()


def read(connection, contract, low: str | None, high: str) -> list[int]:
    ask = "select format(%s, coalesce(%s, '0001-01-01 00:00:00.000000'), %s::text)"
    text = connection.execute(ask, [extract.extract(contract), low, high]).fetchone()[0]
    return sorted(row[0] for row in connection.execute(text).fetchall())


def test_a_replica_is_refused_or_read_with_a_lookback(site, contract_of, replica):
    thing, wide = site.add(contract_of()), contract_of(lookback=timedelta(minutes=5))
    site.insert("thing", 1)
    slow = site.connect(autocommit=False)
    slow.execute("insert into mobility.thing (thing_id) values (2)")
    time.sleep(0.5)
    site.insert("thing", 3)
    with replica() as standby:
        with pytest.raises(
            psycopg.errors.InvalidTextRepresentation, match="Read the primary, or give the cursor a"
        ):
            site.bounds(thing, connection=standby)
        assert [b.found for b in source_check.check(replica.conninfo, [thing])["thing"]] == [
            "the source is a replica"
        ]
        assert source_check.check(replica.conninfo, [wide])["thing"] == []
        time.sleep(0.5)
        low = site.bounds(wide, connection=standby)["high"]
        assert 1 in read(standby, wide, None, low)
    slow.commit()
    site.insert("thing", 4)
    site.settle_clock()
    site.insert("thing", 5)  # what is replayed last tells how far the replica is
    with replica() as standby:
        high = site.bounds(wide, low, connection=standby)["high"]
        assert 2 not in read(standby, thing, low, high), "it was in flight where nobody could see it"
        assert {1, 2, 3, 4} <= set(read(standby, wide, low, high))
