"""Where the rows of a Copy come from."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from local.adf.activities.lookups import query_of
from local.adf.connectors import lake, postgres, relations
from local.adf.connectors.engine import engine
from local.adf.connectors.extract import extract
from local.adf.connectors.relations import Relation
from local.adf.definition.resolve import Data
from local.adf.errors import ActivityError
from local.adf.runtime.task import Task


def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Table:
    """What is written to one file, or to one series of files.

    Attributes:
        relations: one below the other.
        path: of the file, relative to the source's folder; None when there is no such.
        rows: how many there are, where the source says so by itself.
        on_stop: ends the query at its source.
    """

    relations: tuple[Relation, ...]
    path: str | None = None
    files: tuple[Path, ...] = ()
    rows: int | None = None
    on_stop: Callable[[], None] = field(default=_nothing)


class QuerySource:
    """A query on PostgreSQL."""

    def __init__(self, task: Task, origin: Data, source: Mapping):
        self.task, self.connection = task, origin.connection
        self.application = f"adf {task.run_id}"
        with postgres.session(origin.connection, task.stop, self.application) as opened:
            self.asked = extract(opened, query_of(origin, source))
        if self.asked.as_text:
            task.warn(f"Written as text, for Parquet has no type for them: {', '.join(self.asked.as_text)}.")

    def run(self, write: Callable[[object, Table], list]) -> list:
        """Hand the rows to `write`; errors say where they came from."""
        relation = Relation(
            "postgres_query('source', ?)", dict.fromkeys(self.asked.names, ""), [self.asked.query]
        )
        table = Table((relation,), on_stop=lambda: postgres.end_sessions(self.connection, self.application))
        try:
            with engine(postgres.conninfo(self.connection, self.application)) as database:
                return write(database, table)
        except ActivityError as error:
            raise ActivityError(
                f"{error.message} (source: linked service '{self.connection.name}')", error.code, error.kind
            ) from None


@contextmanager
def file_tables(origin: Data, source: Mapping, sink: Mapping) -> Iterator[tuple[object, list[Table]]]:
    """The engine, and a table for each file of the source; one of them all when they are merged."""
    store = source.get("storeSettings") or {}
    files, base = lake.files(origin, store), lake.base(origin, store)
    behavior = (sink.get("storeSettings") or {}).get("copyBehavior")
    with engine() as database, ExitStack() as stack:
        found = [
            stack.enter_context(relations.opened(database, origin, source, file, base)) for file in files
        ]
        if behavior == "MergeFiles":
            counts = [_rows(database, origin, file) for file in files]
            rows = None if None in counts else sum(counts)
            yield database, [Table(tuple(_alike(found)), None, tuple(files), rows)]
            return
        yield (
            database,
            [
                Table((relation,), relation.path, (file,), _rows(database, origin, file))
                for relation, file in zip(found, files, strict=True)
            ],
        )


def _alike(found: list[Relation]) -> list[Relation]:
    for relation in found[1:]:
        if set(relation.columns) != set(found[0].columns):
            raise ActivityError(
                f"{relation.path} has other columns than {found[0].path}: files of different columns can't "
                "be merged.",
                "UserErrorSchemaMismatch",
            )
    return found


def _rows(database, origin: Data, file: Path) -> int | None:
    if origin.type != "Parquet":
        return None
    return database.execute("select num_rows from parquet_file_metadata(?)", [str(file)]).fetchone()[0]
