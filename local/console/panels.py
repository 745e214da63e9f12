"""The workbook's panels, asked of the control database: rows of a table, or values along time."""

from dataclasses import dataclass

import psycopg
from psycopg import sql

from infra.panels import Panel

STEPS = 120
MOST_ROWS = 200
_TIME = psycopg.adapters.types["timestamptz"].oid
_NUMBERS = {
    psycopg.adapters.types[name].oid for name in ("int2", "int4", "int8", "float4", "float8", "numeric")
}


@dataclass(frozen=True)
class Answer:
    """What a panel shows.

    Attributes:
        columns: the names of all that the panel asks for.
        values: those that are numbers; a chart has one line or bar a series of each.
        rows: of a table the rows as they are, the newest first and at most so many; of a chart one of each step of
            time and series, (at, series, *values).
    """

    columns: tuple[str, ...]
    values: tuple[str, ...]
    rows: list[tuple]


def answer(connection: psycopg.Connection, panel: Panel, hours: int) -> Answer:
    """Ask a panel of the control database for the last hours; one without a time of its own is of now.

    A chart's values are taken together by steps of time: of bars the sum, of lines the highest.
    """
    inner = sql.SQL("({}) as panel").format(sql.SQL(panel.sql))
    described = connection.execute(sql.SQL("select * from {} limit 0").format(inner)).description
    columns = tuple(c.name for c in described)
    values = tuple(c.name for c in described if c.type_code in _NUMBERS)
    since = sql.SQL("")
    if described[0].type_code == _TIME:
        since = sql.SQL("where {} >= now() - {} * interval '1 hour'").format(
            sql.Identifier(columns[0]), sql.Literal(hours)
        )
    if panel.chart == "table":
        query = sql.SQL("select * from {} {} limit {}").format(inner, since, sql.Literal(MOST_ROWS))
    else:
        query = _steps(inner, since, columns, values, "sum" if panel.chart == "barchart" else "max", hours)
    return Answer(columns, values, connection.execute(query).fetchall())


def _steps(
    inner: sql.Composed, since: sql.Composable, columns: tuple, values: tuple, together: str, hours: int
) -> sql.Composed:
    seconds = max(60, hours * 3600 // STEPS)
    taken = [sql.SQL("{}({})").format(sql.SQL(together), sql.Identifier(v)) for v in values]
    return sql.SQL(
        "select date_bin({} * interval '1 s', {}, timestamptz '2000-01-01') as at, {}, {} from {} {}"
        " group by 1, 2 order by 1, 2"
    ).format(
        sql.Literal(seconds), *(sql.Identifier(name) for name in columns[:2]), sql.SQL(", ").join(taken), inner, since
    )  # fmt: skip
