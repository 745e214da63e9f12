"""What several tiers of tests share: a real PostgreSQL for the session, and a fresh database a test."""

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from local.databricks.server import SparkServer
from local.postgres import PostgresServer
from local.state import State

# Tests have few rows; a server that is tuned for many spends most of its time on compiling. One can ask for that too.
os.environ.setdefault("HIGHWATER_SPARK", "small")

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Database:
    """A fresh database: `host` is the socket's folder; `conninfo(user)` connects to it."""

    server: PostgresServer
    name: str

    @property
    def host(self) -> str:
        return str(self.server.socket_dir)

    def conninfo(self, user: str = "postgres") -> str:
        return self.server.conninfo(self.name, user)


@pytest.fixture(scope="session")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    """The state of the session's one laptop: whoever needs Spark shares its server, which is slow to warm up."""
    state = State(Path(tmp_path_factory.mktemp("hw")) / "s")
    yield state
    SparkServer(state).stop()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    server = PostgresServer(Path(tmp_path_factory.mktemp("postgres")) / "server")
    server.ensure_running()
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as connection:
        # A database a test is many files; no test here pulls the plug of the machine.
        connection.execute("alter system set fsync = off")
        connection.execute("select pg_reload_conf()")
    yield server
    server.destroy()


@pytest.fixture
def database(postgres_server: PostgresServer) -> Iterator[Database]:
    name = f"test_{next(_numbers)}"
    postgres_server.create_database(name)
    yield Database(postgres_server, name)
    postgres_server.drop_database(name)
