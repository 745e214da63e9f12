"""Lookup: rows of a query or of files as an activity's output.

https://learn.microsoft.com/azure/data-factory/control-flow-lookup-activity
"""

from collections.abc import Iterator

import psycopg

from local.adf.connectors import jsonfiles, lake, postgres, relations
from local.adf.connectors.engine import engine
from local.adf.connectors.rows import as_row, size_of
from local.adf.definition.resolve import Data
from local.adf.errors import ActivityError
from local.adf.runtime.handlers import handles
from local.adf.runtime.task import Task

MAX_ROWS, MAX_BYTES = 5_000, 4 * 1024 * 1024


@handles("Lookup", policy=True, required=("dataset", "source"))
def lookup(task: Task) -> dict:
    """The first row, or up to 5,000 rows of at most 4 MB; what is cut off is warned of."""
    source = task.value("source")
    first_only = bool(task.value("firstRowOnly", True))
    data = task.data(task.activity.properties["dataset"])
    task.input["dataset"] = data.name
    found, total, size = [], 0, 0
    for row in _rows(task, data, source):
        total += 1
        if total <= (1 if first_only else MAX_ROWS):
            found.append(row)
            size += size_of(row)
            if size > MAX_BYTES:
                raise ActivityError(
                    f"The lookup '{task.activity.name}' returns more than 4 MB ({total} rows so far); the "
                    "output of an activity is limited to that.",
                    "2001",
                )
    task.rows = len(found)
    if not first_only and total > MAX_ROWS:
        task.warn(
            f"The lookup found {total:,} rows and gives the first {MAX_ROWS:,}: the service drops the others."
        )
    if first_only:
        return {"firstRow": found[0]} if found else {}
    return {"count": len(found), "value": found}


def _rows(task: Task, data: Data, source: dict) -> Iterator[dict]:
    if source.get("type") == "AzurePostgreSqlSource":
        return _query(task, data, source)
    if source.get("type") == "JsonSource":
        return jsonfiles.read(lake.files(data, source.get("storeSettings") or {}))
    if source.get("type") in ("ParquetSource", "DelimitedTextSource"):
        return _file(data, source)
    raise ActivityError(f"A Lookup over a source of type {source.get('type')} is not supported.")


def _file(data: Data, source: dict) -> Iterator[dict]:
    """All rows of one file: the service looks into one alone."""
    store = source.get("storeSettings") or {}
    found = lake.files(data, store)
    if len(found) > 1:
        raise ActivityError(
            f"The dataset '{data.name}' gives {len(found)} files; a Lookup over {data.type} takes one.",
            "UserErrorInvalidDataset",
        )
    with (
        engine() as database,
        relations.opened(database, data, source, found[0], found[0].parent) as relation,
    ):
        cursor = database.execute(f"SELECT * FROM {relation.source}", relation.parameters)
        while rows := cursor.fetchmany(1_000):
            yield from (as_row(list(relation.columns), row) for row in rows)


def _query(task: Task, data: Data, source: dict) -> Iterator[dict]:
    """All rows of the query, read one by one. It runs to its end and commits whatever is taken of it."""
    query = query_of(data, source)
    exact = bool(task.value("treatDecimalAsString", False))
    with (
        postgres.session(data.connection, task.stop, f"adf {task.run_id}") as opened,
        opened.cursor() as cursor,
    ):
        names: list[str] | None = None
        try:
            for row in cursor.stream(query):
                names = names or [column.name for column in cursor.description]
                yield as_row(names, row, exact)
        except psycopg.ProgrammingError as error:
            if error.sqlstate is not None:
                raise
            # The driver's own complaint, not the server's: there was nothing to read.
            raise ActivityError(
                f"The query of '{task.activity.name}' gives no result set; a Lookup needs one."
            ) from None


def query_of(data: Data, source: dict) -> str:
    """The source's query, else all of the dataset's table.

    Raises:
        ActivityError: there is neither.
    """
    query = source.get("query")
    if isinstance(query, str) and query.strip():
        return query
    table = data.properties.get("table") or data.properties.get("tableName")
    if not isinstance(table, str) or not table:
        raise ActivityError(f"The source has no query, and its dataset '{data.name}' no table.")
    schema = data.properties.get("schema")
    parts = [str(schema), table] if isinstance(schema, str) and schema else table.split(".")
    return "select * from " + ".".join('"' + part.strip('"').replace('"', '""') + '"' for part in parts)
