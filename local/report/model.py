"""The semantic model as its TMDL files say: tables over views, measures, relationships and roles."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from local.report import tmdl
from local.report.errors import ReportError

_ITEM = re.compile(r'\[\s*Schema\s*=\s*"([^"]+)"\s*,\s*Item\s*=\s*"([^"]+)"\s*\]')
_REFERENCE = re.compile(r"^('(?:[^']|'')+'|[^.']+)\.('(?:[^']|'')+'|[^.']+)$")


@dataclass(frozen=True)
class Column:
    """A column: what it is called, and the column of the view that it shows.

    `kind` is TMDL's dataType: int64, decimal, double, string, dateTime or boolean.
    """

    table: str
    name: str
    source: str
    kind: str
    format: str = ""
    description: str = ""
    hidden: bool = False
    sort_by: str = ""


@dataclass(frozen=True)
class Measure:
    """A measure of a table: its DAX, and the format string of its values."""

    table: str
    name: str
    dax: str
    format: str = ""
    description: str = ""


@dataclass(frozen=True)
class Table:
    """A table and the view that it reads."""

    name: str
    schema: str
    view: str
    columns: dict[str, Column]
    measures: dict[str, Measure]
    description: str = ""


@dataclass(frozen=True)
class Relationship:
    """Rows of `many` point at one row of `one`; a filter goes from `one` to `many`."""

    many: Column
    one: Column
    active: bool = True


@dataclass(frozen=True)
class SemanticModel:
    """The model. `roles` has each role's DAX filter by table."""

    tables: dict[str, Table]
    relationships: tuple[Relationship, ...]
    roles: dict[str, dict[str, str]]

    def column(self, table: str, name: str) -> Column:
        """Raises ReportError, naming what there is, when there is no such column."""
        found = self.table(table).columns.get(name)
        if found is None:
            raise _missing(f"column {name!r} in {table!r}", self.table(table).columns)
        return found

    def table(self, name: str) -> Table:
        if name not in self.tables:
            raise _missing(f"table {name!r}", self.tables)
        return self.tables[name]

    @cached_property
    def measures(self) -> dict[str, Measure]:
        """Every measure by name, which is unique in a model."""
        return {m.name: m for t in self.tables.values() for m in t.measures.values()}

    def measure(self, name: str, table: str | None = None) -> Measure:
        found = self.measures.get(name)
        if found is None or table not in (None, found.table):
            raise _missing(f"measure {name!r}" + (f" in {table!r}" if table else ""), self.measures)
        return found

    def path(self, start: str, end: str) -> tuple[Relationship, ...] | None:
        """The active relationships from a table to one that filters it, or None when none leads there.

        Raises:
            ReportError: two ways lead there.
        """
        if start == end:
            return ()
        onward = [r for r in self.relationships if r.active and r.many.table == start]
        found = [(r, *rest) for r in onward if (rest := self.path(r.one.table, end)) is not None]
        if len(found) > 1:
            raise ReportError(
                f"{start!r} filters by {end!r} in two ways", "Relationships are ambiguous.",
                "Deactivate one of them, or give the second role a table of its own.",
            )  # fmt: skip
        return found[0] if found else None


def _missing(what: str, known) -> ReportError:
    return ReportError(f"There is no {what}", f"There are: {', '.join(sorted(known))}.",
                       "Change the definition, and regenerate: make powerbi")  # fmt: skip


def read(folder: Path) -> SemanticModel:
    """Read a *.SemanticModel folder.

    Raises:
        ReportError: it is not there, or a file says something that is not understood.
    """
    definition = Path(folder) / "definition"
    if not definition.is_dir():
        raise ReportError(f"There is no semantic model in {folder}", "", "Generate it: make powerbi")
    nodes = [t for f in sorted(definition.glob("tables/*.tmdl")) for t in tmdl.read(f).all("table")]
    tables = {t.name: _table(t) for t in nodes}
    bare = SemanticModel(tables, (), {})
    file = definition / "relationships.tmdl"
    related = tmdl.read(file).all("relationship") if file.exists() else []
    roles = [r for f in sorted(definition.glob("roles/*.tmdl")) for r in tmdl.read(f).all("role")]
    return SemanticModel(
        tables,
        tuple(_relationship(r, bare) for r in related),
        {r.name: {p.name: p.text for p in r.all("tablePermission")} for r in roles},
    )


def _table(node: tmdl.Node) -> Table:
    partition = node.one("partition")
    source = partition.one("source") if partition else None
    item = _ITEM.search(source.text) if source else None
    if item is None:
        raise ReportError(f"The table {node.name!r} reads no view", "Its partition names no Schema and Item.")
    columns = {c.name: _column(node.name, c) for c in node.all("column")}
    measures = {
        m.name: Measure(node.name, m.name, m.text, m.properties.get("formatString", ""), m.description)
        for m in node.all("measure")
    }
    return Table(node.name, item[1], item[2], columns, measures, node.description)


def _column(table: str, node: tmdl.Node) -> Column:
    given = node.properties
    if node.text or "sourceColumn" not in given:
        raise ReportError(f"{table}[{node.name}] is a calculated column", "Only columns of views are read.")
    return Column(
        table, node.name, tmdl.unquoted(given["sourceColumn"]), given.get("dataType", "string"),
        given.get("formatString", ""), node.description, given.get("isHidden") == "true",
        tmdl.unquoted(given.get("sortByColumn", "")),
    )  # fmt: skip


def _relationship(node: tmdl.Node, model: SemanticModel) -> Relationship:
    ends = []
    for key in ("fromColumn", "toColumn"):
        found = _REFERENCE.match(node.properties.get(key, ""))
        if not found:
            raise ReportError(f"The relationship {node.name} has no {key}", str(node.properties))
        ends.append(model.column(tmdl.unquoted(found[1]), tmdl.unquoted(found[2])))
    if node.properties.get("crossFilteringBehavior", "oneDirection") != "oneDirection":
        raise ReportError(f"The relationship {node.name} filters in both directions", "One is understood.")
    return Relationship(*ends, node.properties.get("isActive", "true") != "false")
