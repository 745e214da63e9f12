"""What a Copy or a Lookup reads, as something that DuckDB can select from."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from local.adf.connectors import delimited
from local.adf.definition.resolve import Data
from local.adf.errors import ActivityError

if TYPE_CHECKING:
    import duckdb

_NESTED = ("STRUCT", "MAP", "UNION")


@dataclass(frozen=True)
class Relation:
    """One table of a source.

    Attributes:
        source: what stands after FROM.
        columns: name -> DuckDB's type, in order.
        path: of the file, relative to the folder that the dataset names; None for a query.
        named: whether the columns have names of their own; a text file without a header has none.
    """

    source: str
    columns: Mapping[str, str]
    parameters: list = field(default_factory=list)
    path: str | None = None
    named: bool = True


@contextmanager
def opened(
    database: "duckdb.DuckDBPyConnection", data: Data, source: Mapping, file: Path, base: Path
) -> Iterator[Relation]:
    """A file of a Parquet or DelimitedText dataset; what had to be unpacked for it is removed at the end.

    Raises:
        ActivityError: it can't be read, or has columns of nested types.
    """
    shown = file.relative_to(base).as_posix()
    if data.type == "Parquet":
        yield _parquet(database, file, shown)
        return
    scratch = Path(tempfile.mkdtemp(prefix="adf-"))
    try:
        text = delimited.plain(data, file, scratch)
        layout = delimited.layout(data, source, text)
        columns = dict.fromkeys(layout.names, "VARCHAR")
        yield Relation(layout.sql, columns, layout.parameters, shown, layout.has_header)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _parquet(database: "duckdb.DuckDBPyConnection", file: Path, shown: str) -> Relation:
    import duckdb

    try:
        found = database.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(file)]).fetchall()
    except duckdb.Error as error:
        raise ActivityError(
            f"{shown} is not a Parquet file that can be read. {error}", "UserErrorInvalidParquetFile"
        ) from None
    columns = {row[0]: row[1] for row in found}
    nested = next(
        (name for name, kind in columns.items() if kind.startswith(_NESTED) or kind.endswith("]")), None
    )
    if nested is not None:
        raise ActivityError(
            f"The column '{nested}' of {shown} is of the nested type {columns[nested]}, which a Copy does not take.",
            "UserErrorUnsupportedParquetType",
        )
    return Relation("read_parquet(?)", columns, [str(file)], shown)


def quoted(name: str) -> str:
    """A name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A string in SQL."""
    return "'" + text.replace("'", "''") + "'"
