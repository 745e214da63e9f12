"""The shape of `definition.yaml`: what the report shows, in the names that its readers see."""

import re
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from powerbi.errors import DefinitionError

FILE = Path(__file__).parent / "definition.yaml"
_FIELD = re.compile(r"^(?:(?P<table>[^\[\]]+))?\[(?P<name>[^\[\]]+)\]$")

# Names that formats have here, and Power BI's format string of each
FORMATS = {
    "whole": "#,##0",
    "decimal": "#,##0.00",
    "one": "#,##0.0",
    "money": r"\$#,##0.00;-\$#,##0.00",
    "dollars": r"\$#,##0;-\$#,##0",
    "percent": "0.0%",
    "change": "+0.0%;-0.0%;0.0%",
    "moment": "yyyy-mm-dd hh:nn",
    "day": "yyyy-mm-dd",
    "text": "",
    "id": "0",
}


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Field(_Model):
    """`Zone[Borough]` is a column, `[Trips]` a measure."""

    table: str | None
    name: str

    @property
    def is_measure(self) -> bool:
        return self.table is None


def _field(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = _FIELD.match(value)
    if not found:
        raise ValueError("a field is written as Table[Column] or [Measure]")
    return {"table": found["table"], "name": found["name"]}


def _ends(value: object) -> object:
    if isinstance(value, str) and value.count("->") == 1:
        return tuple(end.strip() for end in value.split("->"))
    return value


AnyField = Annotated[Field, BeforeValidator(_field)]


# `Trip[Zone key] -> Zone[Zone ID]`: many rows, one row
Relationship = Annotated[tuple[AnyField, AnyField], BeforeValidator(_ends)]


class Measure(_Model):
    """A measure: its DAX, how its values look, and what it means."""

    name: str
    dax: str
    format: Literal[tuple(FORMATS)]
    description: str


class Folder(_Model):
    """Measures of one display folder, at home in one table."""

    table: str
    folder: str
    measures: tuple[Measure, ...]


class Extra(_Model):
    """A second table over a view, for a second role of a dimension."""

    view: str
    name: str
    description: str


class ServedColumn(_Model):
    """A column of a view that no contract has: its T-SQL type and what it is."""

    type: str
    description: str


class ServedView(_Model):
    """A view of the schema mart that tells of all tables."""

    view: str
    description: str
    columns: dict[str, ServedColumn]


class RowLevel(_Model):
    """A role for each value of a column; tables that the column can't reach are closed to these roles."""

    column: AnyField
    values: tuple[str, ...]
    closed: tuple[str, ...] = ()


class Refresh(_Model):
    """Pages refresh when the measure changed, which is looked at so often (ISO 8601)."""

    measure: str
    every: str


class Top(_Model):
    """Only the `count` values of a column that have the highest values of a measure."""

    count: int
    of: AnyField
    by: AnyField


class Only(_Model):
    """Only rows whose column has one of the values."""

    column: AnyField
    values: tuple[str | int | bool, ...]


class Visual(_Model):
    """A visual: `at` is its place on the page's grid, as column, row, columns and rows (12 by 12)."""

    key: str
    type: str
    title: str
    alt: str
    at: tuple[int, int, int, int]
    fields: dict[str, tuple[AnyField, ...]] = {}
    sort: AnyField | None = None
    descending: bool = True
    top: Top | None = None
    only: tuple[Only, ...] = ()


class Page(_Model):
    """A page, and the sentence under its name."""

    key: str
    name: str
    says: str
    visuals: tuple[Visual, ...]


class Definition(_Model):
    """All of `definition.yaml`."""

    name: str
    description: str
    date: AnyField | None = None
    hidden: tuple[str, ...]
    sort_by: dict[str, str] = {}
    extra: tuple[Extra, ...] = ()
    views: tuple[ServedView, ...] = ()
    relationships: tuple[Relationship, ...]
    row_level: RowLevel
    refresh: Refresh
    measures: tuple[Folder, ...]
    pages: tuple[Page, ...]


def load(path: Path = FILE) -> Definition:
    """Read the definition.

    Raises:
        DefinitionError: it has the wrong shape; it names the places.
    """
    try:
        return Definition.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise DefinitionError(f"{path.name}: {error}") from error
