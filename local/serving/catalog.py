"""The serving database's objects, each kept as its own T-SQL text in a file.

    <server>/<database>/database.sql
    <server>/<database>/schemas/<name>.sql
    <server>/<database>/credentials/<name>.sql
    <server>/<database>/data_sources/<name>.sql
    <server>/<database>/views/<schema>.<name>.sql

There is no database file: its lock would keep readers out while somebody else reads. Files are replaced
atomically, so a reader sees an object before or after a change, never half.
"""

import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import duckdb

from local.errors import HighwaterError
from local.serving import delta, scripts, statements
from local.serving.tsql.errors import Refused
from local.serving.tsql.rowset import Delta
from local.serving.tsql.scope import Column
from local.serving.tsql.types import varchar

KINDS = ("schemas", "credentials", "data_sources", "views", "keys")
BUILT_IN_SCHEMAS = ("dbo", "sys", "INFORMATION_SCHEMA")
_NAME = varchar(128, national=True)


def _checked(name: str) -> str:
    """A name that is safe as a file's."""
    if not name or name.startswith(".") or not all(c.isalnum() or c in "_-. #" for c in name):
        raise Refused(name, "A name here has letters, digits, _, - and spaces.")
    return name


class Catalog:
    """One database of a server folder. `connection` reads Delta; None while objects are being defined."""

    def __init__(self, server: Path, database: str, connection: duckdb.DuckDBPyConnection | None = None):
        self.server, self.database, self.connection = Path(server), database, connection
        self.root = self.server / _checked(database)
        self._tables: dict[str, Delta] = {}

    @property
    def creating(self) -> bool:
        """Whether views are being defined, which needs no data."""
        return self.connection is None

    def require(self) -> "Catalog":
        """Itself, if the database is there.

        Raises:
            HighwaterError: it is not.
        """
        if self.database != "master" and not (self.root / "database.sql").exists():
            raise HighwaterError(
                f"Can't open the serving database {self.database}",
                f"{self.root} does not hold one.",
                "Run `highwater up` first.",
            )
        return self

    def create_database(self, name: str, text: str) -> None:
        folder = self.server / _checked(name)
        for kind in KINDS:
            (folder / kind).mkdir(parents=True, exist_ok=True)
        write(folder / "database.sql", text)

    def drop_database(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)

    def put(self, kind: str, name: str, text: str) -> None:
        write(self.root / kind / f"{_checked(name)}.sql", text)

    def remove(self, kind: str, name: str) -> None:
        (self.root / kind / f"{_checked(name)}.sql").unlink(missing_ok=True)

    def names(self, kind: str) -> list[str]:
        return sorted(p.stem for p in (self.root / kind).glob("*.sql"))

    def text(self, kind: str, name: str) -> str | None:
        """The T-SQL of an object, or None if there is none."""
        try:
            return (self.root / kind / f"{_checked(name)}.sql").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def view(self, schema: str, name: str) -> str | None:
        text = self.text("views", f"{schema}.{name}")
        return None if text is None else scripts.read(text)[0][0].select

    def data_source(self, name: str) -> statements.CreateDataSource | None:
        text = self.text("data_sources", name)
        return None if text is None else scripts.read(text)[0][0]

    def rowset(self, source: str, path: str) -> Delta:
        """The Delta table at `path` of a data source.

        Raises:
            Refused: there is no such data source, or it is not on this machine.
            HighwaterError: the table asks for a reader that Synapse serverless does not have.
        """
        found = self.data_source(source)
        if found is None:
            known = ", ".join(self.names("data_sources")) or "none"
            raise Refused(f"DATA_SOURCE = '{source}'", f"There is no such data source; there are: {known}.")
        url = f"{found.location.rstrip('/')}/{path}"
        if self.connection is None:
            return Delta(url, None)
        if url not in self._tables:
            self._tables[url] = self._opened(url, self.connection)
        return self._tables[url]

    def _opened(self, url: str, connection: duckdb.DuckDBPyConnection) -> Delta:
        parts = urlsplit(url)
        if parts.scheme != "file":
            raise Refused(url, "The laptop serves files of its own lake (file://), nothing on Azure.")
        folder = Path(unquote(parts.path))
        if not delta.exists(folder):
            return Delta(url, None)
        version = delta.reader_version(folder, connection)
        if version > delta.SERVED_READER:
            raise HighwaterError(
                f"{folder.name} can't be served",
                f"It asks for Delta reader version {version}, and Synapse serverless reads version "
                f"{delta.SERVED_READER}.",
                "Turn off deletion vectors, column mapping and TIMESTAMP_NTZ on gold, and reload the table.",
            )
        return Delta(url, delta.columns(url, connection))

    @property
    def databases(self) -> list[str]:
        return ["master", *sorted(p.parent.name for p in self.server.glob("*/database.sql"))]

    def system(self, schema: str, name: str) -> tuple[tuple[Column, ...], list[tuple]] | None:
        """The system views that scripts ask before they create something."""
        views = [tuple(v.split(".", 1)) for v in self.names("views")]
        schemas = sorted({*BUILT_IN_SCHEMAS, *self.names("schemas")})
        sources = [(n, self.data_source(n).location) for n in self.names("data_sources")]
        identity = [(n, "Managed Identity") for n in self.names("credentials")]
        tables = {
            ("sys", "databases"): (("name",), [(d,) for d in self.databases]),
            ("sys", "schemas"): (("name",), [(s,) for s in schemas]),
            ("sys", "views"): (("name", "schema_name"), [(n, s) for s, n in views]),
            ("sys", "external_data_sources"): (("name", "location"), sources),
            ("sys", "database_scoped_credentials"): (("name", "credential_identity"), identity),
            ("sys", "symmetric_keys"): (("name",), [(n,) for n in self.names("keys")]),
            ("INFORMATION_SCHEMA", "TABLES"): (
                ("TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "TABLE_TYPE"),
                [(self.database, s, n, "VIEW") for s, n in views],
            ),
        }
        found = tables.get((schema, name))
        if found is None:
            return None
        columns, rows = found
        return tuple(Column(c, _NAME) for c in columns), rows


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text if text.endswith("\n") else text + "\n")
    Path(temporary).replace(path)
