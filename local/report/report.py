"""The report, asked: pages and visuals as the files say, and for each visual its query and its rows."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import duckdb

from local.report import model, pbir
from local.report.errors import ReportError
from local.report.expressions import Day, Expressions, Literal, Op
from local.report.filters import Filters
from local.report.pbir import Page, Visual
from local.report.queries import Queries, Question
from local.serving import engine
from local.serving.catalog import Catalog
from local.serving.query import DATABASE
from local.serving.tsql.queries import Binder
from local.serving.tsql.syntax import parse_query

FOLDER = Path(__file__).parents[2] / "powerbi" / "Mobility.Report"
Selections = Mapping[tuple[str, str], Sequence[object]]  # (table, column) -> the values that are let through


@dataclass(frozen=True)
class Shown:
    """A column of an answer: its name, role in the visual, kind (TMDL's dataType) and format string."""

    name: str
    role: str
    kind: str
    format: str
    is_measure: bool


@dataclass(frozen=True)
class Answer:
    """What a visual shows. `sql` is the T-SQL that was asked."""

    columns: tuple[Shown, ...]
    rows: list[tuple]
    sql: str


class Report:
    """A report and its semantic model, read from their files. Reading checks every field and measure."""

    def __init__(self, folder: Path = FOLDER):
        """Raises ReportError when a file is missing or says what is not understood."""
        self.model = model.read(pbir.model_folder(folder))
        self.pages, self._filters = pbir.pages(folder)

    def page(self, name: str) -> Page:
        """A page by its name or id."""
        for page in self.pages:
            if name in (page.name, page.id):
                return page
        raise ReportError(f"There is no page {name!r}", f"Pages: {', '.join(p.name for p in self.pages)}.")

    @cached_property
    def roles(self) -> tuple[str, ...]:
        """The roles that a reader may be in; rows are filtered by them."""
        return tuple(self.model.roles)

    def columns(self, visual: Visual) -> tuple[Shown, ...]:
        """The columns that the visual's answer has, groups first.

        Raises:
            ReportError: a field is not in the model.
        """
        return tuple(shown for shown, _ in self.fields(visual))

    def sql(self, visual: Visual, selections: Selections | None = None, role: str | None = None) -> str:
        """The T-SQL of a visual.

        Args:
            selections: what slicers and clicks let through.
            role: the row-level role of the reader; None reads everything.

        Raises:
            ReportError: the visual can't be asked; it says what and why.
        """
        try:
            return self._queries(role).sql(self._question(visual, selections or {}))
        except ReportError as error:
            raise ReportError(
                f"Can't ask {visual.where}: {error.what}", error.why, error.next_step
            ) from error

    def _queries(self, role: str | None) -> Queries:
        if role is not None and role not in self.model.roles:
            raise ReportError(f"There is no role {role!r}", f"Roles: {', '.join(self.model.roles)}.")
        given = self.model.roles[role] if role else {}
        reader = Expressions(self.model)
        return Queries(self.model, {t: reader.condition(f, f"{role}: {t}") for t, f in given.items()})

    def fields(self, visual: Visual) -> list[tuple[Shown, object]]:
        """Columns, then measures: what is shown of each, and the column or the measure's tree (see `expressions`)."""
        reader, expressions = Filters(self.model), Expressions(self.model)
        found = []
        for projection in visual.projections:
            kind, table, name = reader.field(projection.field, {}, visual.where)
            if kind == "Column":
                column = self.model.column(table, name)
                shown = Shown(projection.shown_as, projection.role, column.kind, column.format, False)
                found.append((shown, column))
            else:
                measure = self.model.measure(name, table)
                shown = Shown(projection.shown_as, projection.role, "", measure.format, True)
                found.append((shown, expressions.measure(name)))
        return sorted(found, key=lambda pair: pair[0].is_measure)

    def _question(self, visual: Visual, selections: Selections) -> Question:
        fields = self.fields(visual)
        columns = [item for shown, item in fields if not shown.is_measure]
        measures = tuple(item for shown, item in fields if shown.is_measure)
        sorters = [self.model.column(c.table, c.sort_by) for c in columns if c.sort_by]
        groups = (*columns, *(s for s in dict.fromkeys(sorters) if s not in columns))
        order = self._order(visual, columns, groups, measures)
        return Question(groups, measures, self._conditions(visual, selections), order, len(columns))

    def _order(self, visual: Visual, columns: list, groups: tuple, measures: tuple) -> tuple:
        """Positions to sort by: as the visual says, else by its columns; then by the rest, so that it is settled."""
        reader = Filters(self.model)
        order: list[tuple[int, bool]] = []
        for field, down in visual.sort:
            kind, table, name = reader.field(field, {}, visual.where)
            if kind == "Column":
                item = self.model.column(table, name)
                item = self.model.column(table, item.sort_by) if item.sort_by else item
            else:
                item = Expressions(self.model).measure(name, table)
            known = [*groups, *measures]
            if item not in known:
                raise ReportError(f"It sorts by {name!r}, which it does not show")
            order.append((known.index(item), down))
        for column in columns:
            place = groups.index(
                self.model.column(column.table, column.sort_by) if column.sort_by else column
            )
            if place not in [p for p, _ in order]:
                order.append((place, False))
        return tuple(order)

    def _conditions(self, visual: Visual, selections: Selections) -> tuple[object, ...]:
        reader = Filters(self.model)
        page = self.page(visual.page)
        given = [
            *reader.conditions(self._filters, "the report"),
            *reader.conditions(page.filters, f"the page {page.name!r}"),
        ]
        for (table, column), values in selections.items():
            if visual.type != "slicer":
                literals = (Day(v.isoformat()) if hasattr(v, "isoformat") else Literal(v) for v in values)
                given.append(Op("IN", (self.model.column(table, column), *literals)))
        own = reader.conditions(visual.filters, visual.where)
        # the best N are chosen among what all other filters let through
        plain = (*given, *(f for f in own if f.name != "TOP"))
        tops = (replace(f, args=(*f.args[:-1], plain)) for f in own if f.name == "TOP")
        return (*plain, *tops)


class Reading:
    """Asks visuals against one state of the served tables: what is read once is not opened again."""

    def __init__(self, report: Report, catalog: Catalog, connection: duckdb.DuckDBPyConnection):
        self.report, self._catalog, self._connection = report, catalog, connection

    def ask(self, visual: Visual, selections: Selections | None = None, role: str | None = None) -> Answer:
        """The rows of a visual.

        Raises:
            ReportError: the visual can't be asked.
            HighwaterError: a view is not there or has no data yet, or the query fails.
        """
        sql = self.report.sql(visual, selections, role)
        return Answer(self.report.columns(visual), self.query(sql, f"Can't ask {visual.where}"), sql)

    def query(self, sql: str, what: str = "The query failed") -> list[tuple]:
        """The rows of a T-SQL SELECT in the same session. `what` names it in errors."""
        bound = Binder(self._catalog).statement(parse_query(sql))
        try:
            return self._connection.execute(bound.sql).fetchall()
        except duckdb.Error as error:
            raise engine.explained(error, what) from error


@contextmanager
def reading(
    report: Report, server: Path | str, database: str = DATABASE, session: engine.Session = engine.session
) -> Iterator[Reading]:
    """A session on the serving database in the folder `server`, to ask any number of visuals.

    `session` opens what the tables are read with; one that is kept open answers sooner.

    Raises:
        HighwaterError: the database is not there.
    """
    catalog = Catalog(Path(server), database).require()
    with session() as connection:
        catalog.connection = connection
        yield Reading(report, catalog, connection)
