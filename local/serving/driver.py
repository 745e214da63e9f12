"""The driver that `pulumi up` opens for the laptop's Synapse: it runs the T-SQL scripts that Azure gets."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path

from duckdb import DuckDBPyConnection

from local.errors import HighwaterError
from local.serving import engine, scripts
from local.serving import statements as s
from local.serving.catalog import BUILT_IN_SCHEMAS, Catalog
from local.serving.tsql.errors import Refused
from local.serving.tsql.queries import Binder
from local.serving.tsql.syntax import parse_query

_KEY = "##MS_DatabaseMasterKey##"


@contextmanager
def duckdb(server: str, database: str, user: str = "") -> Iterator["Session"]:
    """A session on one database of the server folder `server`; `master` is always there.

    Raises:
        HighwaterError: the database is not there.
    """
    folder = Path(server)
    if not folder.is_absolute():
        raise HighwaterError("Can't open the laptop's Synapse", f"{server!r} is no absolute folder.",
                             "Its endpoint comes from `highwater up`.")  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with ExitStack() as held:
        yield Session(Catalog(folder, database).require(), user, held)


class Session:
    """Runs scripts against a catalog. A view is checked when it is made; its data may come later."""

    def __init__(self, catalog: Catalog, user: str, held: ExitStack):
        self.catalog, self.user, self._held = catalog, user, held

    @cached_property
    def _connection(self) -> DuckDBPyConnection:
        """What answers the conditions of IF; opened when the first one comes."""
        return self._held.enter_context(engine.session(reads_delta=False))

    def execute(self, script: str) -> None:
        """Run every statement of a script, batch by batch.

        Raises:
            Refused: a statement is not T-SQL, or not one that the serving database takes. Nothing of the
                script is run then, as the whole is read first.
            HighwaterError: an object is there already, or is missing.
        """
        for statement, text in scripts.read(script):
            self._run(statement, text)

    def _run(self, statement: s.Statement, text: str) -> None:
        match statement:
            case s.Conditional(query, negated, then):
                if self._any(query) != negated:
                    self._run(then, s.text(then))
            case s.CreateDatabase(name):
                self._fresh(name not in Catalog(self.catalog.server, "master").databases, "database", name)
                self.catalog.create_database(name, text)
            case s.CreateSchema(name):
                self._fresh(name not in (*BUILT_IN_SCHEMAS, *self.catalog.names("schemas")), "schema", name)
                self.catalog.put("schemas", name, text)
            case s.CreateMasterKey():
                self._fresh(_KEY not in self.catalog.names("keys"), "master key", _KEY)
                self.catalog.put("keys", _KEY, "CREATE MASTER KEY")
            case s.CreateCredential(name, _):
                self._fresh(name not in self.catalog.names("credentials"), "credential", name)
                self.catalog.put("credentials", name, text)
            case s.CreateDataSource(name, _, credential):
                self._fresh(name not in self.catalog.names("data_sources"), "external data source", name)
                if credential is not None and credential not in self.catalog.names("credentials"):
                    raise Refused(f"CREDENTIAL = {credential}", "There is no such credential.")
                self.catalog.put("data_sources", name, text)
            case s.DropDataSource(name):
                self._there(name in self.catalog.names("data_sources"), "external data source", name)
                self.catalog.remove("data_sources", name)
            case s.CreateView():
                self._create_view(statement, text)
            case s.DropView(schema, name, if_exists):
                there = f"{schema}.{name}" in self.catalog.names("views")
                self._there(there or if_exists, "view", f"{schema}.{name}")
                self.catalog.remove("views", f"{schema}.{name}")

    def _create_view(self, view: s.CreateView, text: str) -> None:
        full = f"{view.schema}.{view.name}"
        if view.schema not in (*BUILT_IN_SCHEMAS[:1], *self.catalog.names("schemas")):
            raise Refused(f"CREATE VIEW {full}", f"There is no schema {view.schema}.")
        self._fresh(view.replace or full not in self.catalog.names("views"), "view", full)
        Binder(self.catalog).view(parse_query(view.select), full)
        self.catalog.put("views", full, text)

    def _any(self, query: str) -> bool:
        bound = Binder(self.catalog).statement(parse_query(query))
        return bool(self._connection.execute(f"SELECT EXISTS ({bound.sql})").fetchone()[0])

    def _fresh(self, fresh: bool, kind: str, name: str) -> None:
        if not fresh:
            raise HighwaterError(
                f"Can't create the {kind} {name}", "It is there already.", "Guard it with IF NOT EXISTS."
            )

    def _there(self, there: bool, kind: str, name: str) -> None:
        if not there:
            raise HighwaterError(
                f"Can't drop the {kind} {name}", "It is not there.", "Guard it with IF EXISTS."
            )
