"""The report's visuals beside the queries on the source that were written by hand."""

import math
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import psycopg
from report_by_hand import BY_HAND, VIEWS, kept

from contracts import Contract
from local.report import Reading


@dataclass
class Numbers:
    """What was found: rows that differ by visual, visuals that show nothing, and what needs no source."""

    wrong: dict = field(default_factory=dict)
    empty: list = field(default_factory=list)
    batches: list = field(default_factory=list)
    of_queens: list = field(default_factory=list)
    expected_of_queens: list = field(default_factory=list)


def compare(
    session: Reading,
    source: psycopg.Connection,
    contracts: tuple[Contract, ...],
    batch: int,
    published: datetime,
) -> Numbers:
    """Ask every visual and its query; there must be one for each."""
    rules = {
        "trip": kept(contracts, "trip", "t"),
        "driver": kept(contracts, "driver", "d"),
        "event": kept(contracts, "trip_event", "e"),
    }
    visuals = {(v.page, v.title): v for p in session.report.pages for v in p.visuals if v.projections}
    found = Numbers()
    # of gold, not of the source
    found.batches = session.ask(visuals.pop(("Data freshness and quality", "Batch of each table"))).rows
    assert visuals.keys() == BY_HAND.keys()
    source.execute(VIEWS.format(**rules))
    for key, visual in visuals.items():
        answer = session.ask(visual)
        given = {"batch": batch, "published": published}
        expected = source.execute(BY_HAND[key].format(**rules), given).fetchall()
        groups = sum(not c.is_measure for c in answer.columns)
        shows = visual.type == "slicer" or any(v is not None for row in answer.rows for v in row[groups:])
        found.empty += [] if shows else [key]
        if wrong := differences(answer.rows, expected, groups):
            found.wrong[key] = wrong[:3]
    found.of_queens = session.ask(visuals["Revenue", "By borough of the pickup"], role="Queens").rows
    queens = "select borough, sum(net) from good where borough = 'Queens' group by 1"
    found.expected_of_queens = source.execute(queens).fetchall()
    return found


def plain(value: object) -> object:
    """A value as both databases give it: a number as a float, a day without its midnight."""
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date()
    return value


def ordered(rows: list[tuple], groups: int) -> list[tuple]:
    return sorted(
        (tuple(map(plain, r)) for r in rows), key=lambda r: [(v is None, str(v)) for v in r[:groups]]
    )


def differences(found: list[tuple], expected: list[tuple], groups: int) -> list[tuple]:
    """Rows that differ, floats beyond their last digits."""

    def same(a: object, b: object) -> bool:
        if isinstance(a, float) and isinstance(b, float):
            return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
        return a == b

    pairs = list(zip(ordered(found, groups), ordered(expected, groups), strict=False))
    wrong = [(a, b) for a, b in pairs if len(a) != len(b) or not all(map(same, a, b))]
    return wrong if len(found) == len(expected) else [("rows", len(found), len(expected)), *wrong]
