"""The statements that define the serving database, and their T-SQL."""

from dataclasses import dataclass

from local.serving.tsql.syntax import COLLATION


@dataclass(frozen=True)
class CreateDatabase:
    name: str


@dataclass(frozen=True)
class CreateSchema:
    name: str


@dataclass(frozen=True)
class CreateMasterKey:
    """Protects credentials on Azure; here there are none to protect."""


@dataclass(frozen=True)
class CreateCredential:
    name: str
    identity: str


@dataclass(frozen=True)
class CreateDataSource:
    name: str
    location: str
    credential: str | None = None


@dataclass(frozen=True)
class DropDataSource:
    name: str


@dataclass(frozen=True)
class CreateView:
    """`select` is the text after AS; `replace` says CREATE OR ALTER."""

    schema: str
    name: str
    select: str
    replace: bool = False


@dataclass(frozen=True)
class DropView:
    schema: str
    name: str
    if_exists: bool = False


@dataclass(frozen=True)
class Conditional:
    """IF [NOT] EXISTS (`query`) `then`."""

    query: str
    negated: bool
    then: "Statement"


Statement = (
    CreateDatabase
    | CreateSchema
    | CreateMasterKey
    | CreateCredential
    | CreateDataSource
    | DropDataSource
    | CreateView
    | DropView
    | Conditional
)


def _quoted(name: str) -> str:
    return "[" + name.replace("]", "]]") + "]"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def text(statement: Statement) -> str:
    """The T-SQL of a statement that stood inside another, as it is kept."""
    match statement:
        case CreateDatabase(name):
            return f"CREATE DATABASE {_quoted(name)} COLLATE {COLLATION};"
        case CreateSchema(name):
            return f"CREATE SCHEMA {_quoted(name)};"
        case CreateCredential(name, identity):
            return f"CREATE DATABASE SCOPED CREDENTIAL {_quoted(name)} WITH IDENTITY = {_literal(identity)};"
        case CreateDataSource(name, location, credential):
            options = f"LOCATION = {_literal(location)}"
            if credential is not None:
                options += f", CREDENTIAL = {_quoted(credential)}"
            return f"CREATE EXTERNAL DATA SOURCE {_quoted(name)} WITH ({options});"
        case CreateView(schema, name, select, _):
            return f"CREATE OR ALTER VIEW {_quoted(schema)}.{_quoted(name)} AS\n{select}"
    return ""
