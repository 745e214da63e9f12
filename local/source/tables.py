"""The tables of the sample source, as their contracts name them."""

from functools import cache

from psycopg import sql

from contracts import CONTRACTS_DIR, Contract, load_file


@cache
def contract(table: str) -> Contract:
    """The contract of a table of the sample source."""
    return load_file(CONTRACTS_DIR / f"{table}.yaml")


def name(table: str) -> sql.Identifier:
    """The quoted schema and name of a table."""
    source = contract(table).source
    return sql.Identifier(source.schema_name, source.table)


def names() -> dict[str, sql.Identifier]:
    """Every table by its contract's name, to format SQL with."""
    return {table: name(table) for table in ("trip", "trip_event", "driver", "zone")}


def type_of(table: str, column: str) -> str:
    """The type of a column in the words that PostgreSQL and DuckDB share, such as `numeric(10,2)`."""
    return contract(table).column(column).parsed.postgres


def query(text: str) -> sql.Composed:
    """SQL with {trip}, {trip_event}, {driver} and {zone} replaced by the tables' names."""
    return sql.SQL(text).format(**names())
