"""The model's tables, as the contracts have them: one for each served view of the schema mart."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import BaseModel

from contracts import Contract
from powerbi.definition import FORMATS, Definition, Field, ServedView
from powerbi.errors import DefinitionError
from powerbi.ids import caption, table_caption
from sql import serving

SCHEMA = "mart"
# T-SQL's type, without its arguments -> TMDL's dataType
_KINDS = {
    "BIT": "boolean", "SMALLINT": "int64", "INT": "int64", "BIGINT": "int64", "DECIMAL": "decimal",
    "FLOAT": "double", "VARCHAR": "string", "DATE": "dateTime", "DATETIME2": "dateTime",
}  # fmt: skip
# What every view may have beside a contract's own columns
_KNOWN = {
    "valid_from": "The version is valid from here on",
    "valid_to": "and until here; empty while it is the current one",
    "is_current": "The version is the current one",
    "batch_id": "Run that wrote the row last",
}


@dataclass(frozen=True)
class Column:
    """A column of the model: `source` is its name in the view."""

    name: str
    source: str
    kind: str
    is_day: bool
    description: str

    @property
    def format(self) -> str:
        if self.kind == "dateTime":
            return FORMATS["day" if self.is_day else "moment"]
        return {"int64": FORMATS["id"], "decimal": FORMATS["decimal"], "double": FORMATS["decimal"]}.get(
            self.kind, ""
        )


@dataclass(frozen=True)
class Table:
    """A table of the model over a view of the schema mart."""

    name: str
    view: str
    description: str
    columns: tuple[Column, ...] = field(default=())


class Tables:
    """Every table by name, with look-ups that say what there is when something is not there."""

    def __init__(self, contracts: Iterable[Contract], definition: Definition):
        by_view = {t.view: t for c in contracts for t in _tables(c)}
        by_view |= {v.view: _told(v) for v in definition.views}
        self.all = {t.name: t for t in by_view.values()}
        for extra in definition.extra:
            if extra.view not in by_view:
                raise DefinitionError(f"extra: no view {extra.view}; there are {', '.join(by_view)}")
            self.all[extra.name] = Table(
                extra.name, extra.view, extra.description, by_view[extra.view].columns
            )

    def table(self, name: str, where: str) -> Table:
        if name not in self.all:
            raise DefinitionError(f"{where}: no table {name!r}; there are {', '.join(sorted(self.all))}")
        return self.all[name]

    def column(self, given: Field, where: str) -> Column:
        """The column that a field names.

        Raises:
            DefinitionError: there is none.
        """
        if given.table is None:
            raise DefinitionError(f"{where}: [{given.name}] is a measure, and a column is needed")
        table = self.table(given.table, where)
        for column in table.columns:
            if column.name == given.name:
                return column
        names = ", ".join(c.name for c in table.columns)
        raise DefinitionError(f"{where}: no column {given.name!r} in {table.name!r}; there are {names}")


def _tables(contract: Contract) -> Iterable[Table]:
    described = _descriptions(contract)
    for view in serving.views(contract):
        if view.schema != SCHEMA or view.shows_removed:  # what is gone is for who copies on, not for a report
            continue
        text, columns = described.get(view.name, (contract.description, {}))
        yield Table(
            table_caption(view.name), view.name, text,
            tuple(
                Column(caption(served), served, _kind(type_), type_.upper() == "DATE",
                       columns.get(served) or _KNOWN.get(served, ""))
                for _, type_, served in view.columns
            ),
        )  # fmt: skip


def _told(view: ServedView) -> Table:
    columns = tuple(
        Column(caption(name), name, _kind(c.type), c.type == "DATE", c.description)
        for name, c in view.columns.items()
    )
    return Table(table_caption(view.view), view.view, view.description, columns)


def _kind(tsql: str) -> str:
    return _KINDS[tsql.split("(")[0].split()[0].upper()]


def _descriptions(contract: Contract) -> dict[str, tuple[str, dict[str, str]]]:
    """Of each gold table what it is, and what each of its columns is."""
    own = {c.name: c.description for c in contract.columns}
    parts = [*contract.gold.aggregates, *contract.gold.static]
    own |= {n: d for n, d in _named(contract.gold, skip=parts).items() if d}
    found = {contract.gold.table: (contract.description, own)}
    for part in parts:
        found[part.table] = (part.description or contract.description, _named(part))
    return found


def _named(part: BaseModel, skip: list = ()) -> dict[str, str]:
    """Every name and description in a part of a contract, however deep."""
    found: dict[str, str] = {}
    if {"name", "description"} <= type(part).model_fields.keys():
        found[part.name] = part.description
    for key in type(part).model_fields:
        value = getattr(part, key)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, BaseModel) and item not in skip:
                found |= _named(item)
    return found
