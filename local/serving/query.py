"""Asking the serving layer: one T-SQL SELECT in, Arrow batches out."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from local.serving import engine
from local.serving.catalog import Catalog
from local.serving.tsql.queries import Binder
from local.serving.tsql.scope import Bound, Column
from local.serving.tsql.syntax import parse_query
from local.serving.tsql.values import identifier

DATABASE = "highwater"


@dataclass(frozen=True)
class Result:
    """An answer that is still being read: use it once, inside `query`'s `with`.

    `columns` have the names and T-SQL types of the select list; a column without a name has an empty one.
    """

    columns: tuple[Column, ...]
    reader: pa.RecordBatchReader

    @property
    def names(self) -> list[str]:
        return [c.name or "" for c in self.columns]

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Record batches under the select list's names.

        Raises:
            HighwaterError: the query failed while it ran, such as on a division by zero.
        """
        try:
            for batch in self.reader:
                yield pa.RecordBatch.from_arrays(batch.columns, names=self.names)
        except (duckdb.Error, pa.ArrowException, RuntimeError) as error:
            raise engine.explained(error, "The query failed") from error

    def rows(self) -> Iterator[tuple]:
        """The rows as Python values, a batch at a time in memory."""
        for batch in self.batches():
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def table(self) -> pa.Table:
        """The whole answer in memory."""
        schema = pa.schema([(n, f.type) for n, f in zip(self.names, self.reader.schema, strict=True)])
        return pa.Table.from_batches(list(self.batches()), schema)


@contextmanager
def query(server: Path | str, sql: str, database: str = DATABASE) -> Iterator[Result]:
    """Run one T-SQL SELECT against the serving database in the folder `server`.

    Raises:
        HighwaterError: the database is not there, the T-SQL is refused (`tsql.errors.Refused`), a table has
            no data yet, or the query fails.
    """
    tree = parse_query(sql)
    catalog = Catalog(Path(server), database).require()
    with engine.session() as connection:
        catalog.connection = connection
        bound = Binder(catalog).statement(tree)
        try:
            reader = connection.execute(bound.sql).to_arrow_reader(100_000)
        except duckdb.Error as error:
            raise engine.explained(error, "The query failed") from error
        yield Result(bound.columns, reader)


def named(bound: Bound) -> str:
    """The bound query with its columns under their own names, as a subquery needs them."""
    items = [f"c{i} AS {identifier(c.name or f'column_{i}')}" for i, c in enumerate(bound.columns, 1)]
    return f"SELECT {', '.join(items)} FROM ({bound.sql}) AS q"
