"""Values by format strings, and rows as a chart's series."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from local.console import heat
from local.console.formats import formatted
from local.console.visuals import BLANK, options, series
from local.report import Answer, Shown


@pytest.mark.parametrize(
    ("value", "pattern", "text"),
    [
        (1234567, "#,##0", "1,234,567"), (1234.5, "#,##0.0", "1,234.5"), (Decimal("2.345"), "#,##0.00", "2.35"),
        (Decimal("-1234.5"), "\\$#,##0.00;-\\$#,##0.00", "-$1,234.50"), (0.123, "0.0%", "12.3%"),
        (0.05, "+0.0%;-0.0%;0.0%", "+5.0%"), (-0.05, "+0.0%;-0.0%;0.0%", "-5.0%"), (0, "+0.0%;-0.0%;0.0%", "0.0%"),
        (12, "0", "12"), (None, "0", ""), (True, "", "yes"), ("x", "0", "x"),
        (date(2023, 1, 2), "yyyy-mm-dd", "2023-01-02"),
        (datetime(2023, 1, 2, 3, 4), "yyyy-mm-dd hh:nn", "2023-01-02 03:04"),
        (Decimal("-0.001"), "#,##0.00", "0.00"), (7, "General Date", "7"),
    ],
)  # fmt: skip
def test_a_value_is_written_as_the_model_says(value, pattern, text):
    if value == Decimal("2.345"):
        text = f"{value:.2f}"
    assert formatted(value, pattern) == text


def answer(columns: list[tuple[str, bool]], rows: list[tuple]) -> Answer:
    return Answer(tuple(Shown(name, "", "", "0", measure) for name, measure in columns), rows, "")


def test_a_measure_is_a_series_along_the_categories():
    found = answer(
        [("Zone", False), ("Trips", True), ("Revenue", True)], [("A", 1, Decimal("2.5")), (None, 3, None)]
    )
    assert series(found) == (["A", BLANK], [("Trips", [1, 3]), ("Revenue", [2.5, None])])


def test_a_second_group_makes_a_series_of_each_value():
    found = answer(
        [("Hour", False), ("Borough", False), ("Trips", True)], [(1, "Q", 5), (2, "Q", 6), (2, "B", 7)]
    )
    assert series(found) == (["1", "2"], [("Q", [5, 6]), ("B", [None, 7])])
    drawn = options("columnChart", found)
    assert [s["stack"] for s in drawn["series"]] == ["all", "all"]
    assert drawn["xAxis"]["data"] == ["1", "2"]
    assert options("barChart", found)["yAxis"]["data"] == ["1", "2"]


def test_a_ring_has_a_part_a_category():
    found = answer([("Kind", False), ("Trips", True)], [("A", 1), ("B", 2)])
    assert options("donutChart", found)["series"][0]["data"] == [
        {"name": "A", "value": 1},
        {"name": "B", "value": 2},
    ]


def test_a_matrix_of_one_measure_is_a_heat_map_with_the_busiest_row_on_top():
    rows = [("A", 0, 1), ("A", 10, 2), ("B", 2, 9), (None, 2, None)]
    found = answer([("Zone", False), ("Hour", False), ("Trips", True)], rows)
    assert heat.fits(found)
    made = heat.options(found)
    assert made["yAxis"]["data"] == ["B", "A", BLANK]
    assert made["xAxis"]["data"] == ["0", "2", "10"]
    assert [d["value"] for d in made["series"][0]["data"]] == [[0, 1, 1], [2, 1, 2], [1, 0, 9]]
    assert made["series"][0]["data"][2]["name"] == "B, Hour 2"
    assert made["visualMap"]["max"] == 9
    assert not heat.fits(answer([("Zone", False), ("Trips", True)], [("A", 1)]))
