"""What several tiers of tests share: a real PostgreSQL for the session, and a fresh database a test."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.postgres import PostgresServer

_numbers = itertools.count(1)
# Folders whose tests share what is dear to start.
SHARING = ("transforms", "databricks")


@pytest.hookimpl(tryfirst=True)  # before the workers read the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Which tests stay on one worker: those of a file, and all that share a Spark server or a stack."""
    for item in items:
        folder = item.path.parent.relative_to(Path(__file__).parent)
        shared = folder.parts[0] == "e2e" or folder.name in SHARING
        item.add_marker(pytest.mark.xdist_group(str(folder) if shared else str(folder / item.path.name)))


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
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    server = PostgresServer(Path(tmp_path_factory.mktemp("postgres")) / "server")
    server.ensure_running()
    yield server
    server.destroy()


@pytest.fixture
def database(postgres_server: PostgresServer) -> Iterator[Database]:
    name = f"test_{next(_numbers)}"
    postgres_server.create_database(name)
    yield Database(postgres_server, name)
    postgres_server.drop_database(name)
