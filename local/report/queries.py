"""One T-SQL query for what a visual shows: each table is scanned once, and its groups are put together.

Aggregates of one table share its scan, each under its own filters (CASE); tables meet in a UNION ALL by their
groups. What is under no group (REMOVEFILTERS, ALLSELECTED) is a scan of its own with one row.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from local.report.errors import ReportError
from local.report.expressions import ALL, CONTEXT, SELECTED, Aggregate, Op, aggregates, columns
from local.report.model import Column, Relationship, SemanticModel
from local.report.writing import KINDS, Written, condition, literal, quoted, scalar

# An empty place in a UNION, in the type of what stands there in another part of it
_NOTHING = {
    "int": "CAST(NULL AS BIGINT)", "decimal": "NULL", "float": "CAST(NULL AS FLOAT)",
    "text": "CAST(NULL AS VARCHAR(8000))", "date": "CAST(NULL AS DATETIME2(6))", "bool": "CAST(NULL AS BIT)",
}  # fmt: skip


@dataclass(frozen=True)
class Question:
    """What to ask: columns to group by, measures, filters on columns, and the order.

    `order` has positions in groups and measures, and whether it descends. `shown` is how many of the groups
    are answered; the others are there to sort by.
    """

    groups: tuple[Column, ...]
    measures: tuple[object, ...]
    filters: tuple[object, ...] = ()
    order: tuple[tuple[int, bool], ...] = ()
    shown: int | None = None


class Queries:
    """Writes questions as T-SQL. `rows` are the row filters of the reader's role, by table."""

    def __init__(self, model: SemanticModel, rows: dict[str, object] | None = None):
        self._model, self._rows = model, rows or {}

    def sql(self, question: Question) -> str:
        """The query, with columns c0, c1, .. : the groups, then the measures.

        Raises:
            ReportError: tables are not related as the question needs, or a filter would replace another.
        """
        groups, measures = question.groups, question.measures
        found = list(dict.fromkeys(a for m in measures for a in aggregates(m)))
        grouped = [a for a in found if a.scope == CONTEXT]
        single = [a for a in found if a.scope != CONTEXT]
        for aggregate in grouped:
            self._check(aggregate, groups, question.filters)
        body = self._body(groups, grouped, question.filters)
        places = {a: (f"q.a{i}", _kind(a)) for i, a in enumerate(grouped)}
        for i, aggregate in enumerate(single):
            body += f" CROSS JOIN {self._single(aggregate, question.filters)} AS t{i}"
            places[aggregate] = (f"t{i}.a0", _kind(aggregate))
        items = [f"q.g{i} AS c{i}" for i in range(len(groups))]
        for i, tree in enumerate(measures, len(groups)):
            said, kind = scalar(tree, places.__getitem__)
            if kind == "condition":
                raise ReportError("A measure is a condition", said, 'Write IF(condition, "yes", "no").')
            items.append(f"{said} AS c{i}")
        return self._ordered(question, f"SELECT {', '.join(items)} FROM {body}")

    def _ordered(self, question: Question, inner: str) -> str:
        count, total = len(question.groups), len(question.groups) + len(question.measures)
        shown = count if question.shown is None else question.shown
        kept = ", ".join(f"r.c{i}" for i in range(total) if i < shown or i >= count)
        sql = f"SELECT {kept} FROM ({inner}) AS r"
        if count and question.measures:
            # a group of which every measure is blank does not show
            sql += " WHERE " + " OR ".join(f"r.c{i} IS NOT NULL" for i in range(count, total))
        if question.order:
            sql += " ORDER BY " + ", ".join(f"r.c{i}{' DESC' if down else ''}" for i, down in question.order)
        return sql

    def _body(self, groups: Sequence[Column], found: list[Aggregate], filters: tuple) -> str:
        """The scans of all tables under the alias q, with the columns g0.. and a0.."""
        tables = (
            list(dict.fromkeys(a.table for a in found)) or list(dict.fromkeys(g.table for g in groups))[:1]
        )
        if not tables:
            return "(SELECT 1 AS one) AS q"
        scans = [self._scan(t, groups, found, filters) for t in tables]
        if len(scans) == 1:
            return f"({scans[0]}) AS q"
        keys = [f"u.g{i}" for i in range(len(groups))]
        items = [f"{k} AS g{i}" for i, k in enumerate(keys)] + [
            f"MAX(u.a{i}) AS a{i}" for i in range(len(found))
        ]
        by = f" GROUP BY {', '.join(keys)}" if keys else ""
        return f"(SELECT {', '.join(items)} FROM ({' UNION ALL '.join(scans)}) AS u{by}) AS q"

    def _scan(self, table: str, groups: Sequence[Column], found: list[Aggregate], filters: tuple) -> str:
        source = _From(self._model, table)
        keys = [source.at(g)[0] for g in groups]
        where = [condition(f, self._place(source, {})) for f in self._applying(table, filters)]
        scalars: dict[Aggregate, Written] = {}
        joins = ""
        for a in (x for f in found if f.table == table for c in f.filters for x in aggregates(c.condition)):
            if a not in scalars:
                joins += f" CROSS JOIN {self._single(self._settled(a, groups), filters)} AS s{len(scalars)}"
                scalars[a] = (f"s{len(scalars)}.a0", _kind(a))
        place = self._place(source, scalars)
        items, conditions = [f"{k} AS g{i}" for i, k in enumerate(keys)], []
        for i, aggregate in enumerate(found):
            if aggregate.table != table:
                items.append(f"{_NOTHING[_kind(aggregate)]} AS a{i}")
                continue
            said = " AND ".join(condition(f.condition, place) for f in aggregate.filters)
            conditions.append(said)
            items.append(f"{_aggregated(aggregate, source, said)} AS a{i}")
        if conditions and all(conditions):
            where.append("(" + " OR ".join(dict.fromkeys(conditions)) + ")")
        distinct = "" if conditions else "DISTINCT "
        sql = f"SELECT {distinct}{', '.join(items)} FROM {source.text()}{joins}"
        sql += f" WHERE {' AND '.join(where)}" if where else ""
        return sql + (f" GROUP BY {', '.join(keys)}" if keys and conditions else "")

    def _single(self, aggregate: Aggregate, filters: tuple) -> str:
        kept = () if aggregate.scope == ALL else filters
        return f"({self._scan(aggregate.table, (), [aggregate], kept)})"

    def _settled(self, aggregate: Aggregate, groups: Sequence[Column]) -> Aggregate:
        if aggregate.scope == CONTEXT and groups:
            names = ", ".join(f"{g.table}[{g.name}]" for g in groups)
            raise ReportError(
                f"A filter compares with {aggregate.function} over {aggregate.table} in each group",
                f"The visual groups by {names}.", "Take the value under REMOVEFILTERS() or ALLSELECTED().",
            )  # fmt: skip
        return replace(aggregate, scope=SELECTED) if aggregate.scope == CONTEXT else aggregate

    def _applying(self, table: str, filters: Iterable[object]) -> list[object]:
        """The filters that reach a table, the role's among them; one of an unrelated table does not count."""
        roles = [c for t, c in self._rows.items() if self._model.path(table, t) is not None]
        reaching = [
            f for f in filters if all(self._model.path(table, c.table) is not None for c in columns(f))
        ]
        return [*reaching, *roles]

    def _check(self, aggregate: Aggregate, groups: Sequence[Column], filters: tuple) -> None:
        outer = {*groups, *(c for f in filters for c in columns(f))}
        for own in aggregate.filters:
            both = columns(own.condition) & outer
            if both and not own.keeps:
                names = ", ".join(sorted(f"{c.table}[{c.name}]" for c in both))
                raise ReportError(
                    f"A filter of CALCULATE would replace the visual's own on {names}",
                    "That is not understood here.", "Write KEEPFILTERS around it.",
                )  # fmt: skip

    def _place(self, source: "_From", scalars: dict[Aggregate, Written]):
        def at(tree: object) -> Written:
            if isinstance(tree, Column):
                return source.at(tree)
            if isinstance(tree, Op) and tree.name == "TOP":
                return self._top(source, *tree.args), "condition"
            return (
                scalar(tree, scalars.__getitem__)
                if aggregates(tree) or isinstance(tree, Op)
                else literal(tree)
            )

        return at

    def _top(
        self, source: "_From", column: Column, count: int, measure: object, down: bool, filters: tuple
    ) -> str:
        """Membership in the values of a column with the highest (lowest) values of a measure, ties included."""
        inner = self.sql(Question((column,), (measure,), filters))
        ranked = (
            f"SELECT x.c0, RANK() OVER (ORDER BY x.c1{' DESC' if down else ''}) AS place FROM ({inner}) AS x"
        )
        return f"{source.at(column)[0]} IN (SELECT y.c0 FROM ({ranked}) AS y WHERE y.place <= {int(count)})"


def _kind(aggregate: Aggregate) -> str:
    if aggregate.function == "AVERAGE":
        return "float"
    if aggregate.function in ("SUM", "MIN", "MAX"):
        return KINDS[aggregate.column.kind]
    return "int"


def _aggregated(aggregate: Aggregate, source: "_From", said: str) -> str:
    """An aggregate over the rows that satisfy a condition (all, when it is empty)."""

    def given(value: str) -> str:
        return f"CASE WHEN {said} THEN {value} END" if said else value

    if aggregate.column is None:
        counted = f"COUNT_BIG({given('1')})" if said else "COUNT_BIG(*)"
        return f"NULLIF({counted}, 0)"
    column, kind = source.at(aggregate.column)
    match aggregate.function:
        case "SUM":
            return f"SUM({given(f'CAST({column} AS BIGINT)' if kind == 'int' else column)})"
        case "AVERAGE":
            return f"AVG({given(f'CAST({column} AS FLOAT)')})"
        case "MIN" | "MAX" as name:
            return f"{name}({given(column)})"
        case "COUNT":
            return f"NULLIF(COUNT_BIG({given(column)}), 0)"
    distinct = f"COUNT_BIG(DISTINCT {given(column)})"
    if aggregate.function == "DISTINCTCOUNT":  # blank is a value of its own
        also = f"{column} IS NULL" + (f" AND {said}" if said else "")
        distinct += f" + COALESCE(MAX(CASE WHEN {also} THEN 1 ELSE 0 END), 0)"
    return f"NULLIF({distinct}, 0)"


class _From:
    """The FROM clause of a scan: the table, and those joined on the way to columns that were asked for."""

    def __init__(self, model: SemanticModel, table: str):
        self._model, self._table = model, table
        self._joined: dict[tuple[Relationship, ...], str] = {}

    def at(self, column: Column) -> Written:
        path = self._model.path(self._table, column.table)
        if path is None:
            raise ReportError(
                f"{self._table!r} is not related to {column.table!r}",
                f"It can't be seen by {column.table}[{column.name}].",
                "Add a relationship to the definition, or take a column of a related table.",
            )
        alias = "f"
        for end in range(1, len(path) + 1):
            alias = self._joined.setdefault(path[:end], f"d{len(self._joined)}")
        return f"{alias}.{quoted(column.source)}", KINDS[column.kind]

    def text(self) -> str:
        sql = f"{self._view(self._table)} AS f"
        for path, alias in self._joined.items():
            left = self._joined[path[:-1]] if len(path) > 1 else "f"
            many, one = path[-1].many, path[-1].one
            sql += f" LEFT JOIN {self._view(one.table)} AS {alias}"
            sql += f" ON {left}.{quoted(many.source)} = {alias}.{quoted(one.source)}"
        return sql

    def _view(self, table: str) -> str:
        found = self._model.table(table)
        return f"{quoted(found.schema)}.{quoted(found.view)}"
