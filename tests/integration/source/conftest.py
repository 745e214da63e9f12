"""A source database with the tables of the contracts, and a green taxi file of some hundred real rows."""

import psycopg
import pyarrow.parquet as pq
import pytest

from contracts import load_all
from local.source.generator import MONTH
from sql import ddl


@pytest.fixture
def source(database) -> str:
    """The connection string of a source without rows."""
    with psycopg.connect(database.conninfo()) as connection:
        for contract in load_all():
            connection.execute(ddl.create_table(contract))
    return database.conninfo()


@pytest.fixture
def ask(source):
    """Ask the source: `ask(sql)` gives the rows."""

    def rows(sql: str, *values) -> list[tuple]:
        with psycopg.connect(source) as connection:
            return connection.execute(sql, values).fetchall()

    return rows


@pytest.fixture(scope="session")
def some_trips(tmp_path_factory):
    """600 rows of the bundled month, two of them refunds."""
    path = tmp_path_factory.mktemp("tlc") / "green.parquet"
    pq.write_table(pq.read_table(MONTH).slice(400, 600), path)
    return path
