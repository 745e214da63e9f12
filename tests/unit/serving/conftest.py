"""T-SQL evaluated by a real DuckDB, without Delta."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from local.serving import engine
from local.serving.catalog import Catalog
from local.serving.tsql.queries import Binder
from local.serving.tsql.scope import Bound
from local.serving.tsql.syntax import parse_query

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456)


@pytest.fixture(scope="session")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with engine.session(reads_delta=False) as connection:
        yield connection


@pytest.fixture
def bind(tmp_path: Path) -> Callable[[str], Bound]:
    """The bound query of a T-SQL text; the clock stands at NOW."""
    return lambda sql: Binder(Catalog(tmp_path, "master"), NOW).statement(parse_query(sql))


@pytest.fixture
def ask(duck: duckdb.DuckDBPyConnection, bind: Callable[[str], Bound]) -> Callable[[str], list[tuple]]:
    """The rows that a T-SQL text answers."""
    return lambda sql: duck.execute(bind(sql).sql).fetchall()
