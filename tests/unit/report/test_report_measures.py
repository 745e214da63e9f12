"""Measures give what DAX gives, blanks among them, over rows that are small enough to count by hand."""

from datetime import datetime
from decimal import Decimal

import pytest

from local.report import ReportError

DONE = 'CALCULATE(COUNTROWS(Trip), KEEPFILTERS(Trip[Status] = "done"))'


@pytest.mark.parametrize(
    ("dax", "expected"),
    [
        ("SUM(Trip[Amount])", Decimal("18.00")),
        ("SUM(Trip[Seconds])", 180),
        ("AVERAGE(Trip[Seconds])", 45.0),
        ("MIN(Trip[Amount])", Decimal("1.00")),
        ("MAX(Trip[At])", datetime(2023, 1, 3, 10)),
        ("COUNTROWS(Trip)", 5),
        ("COUNT(Trip[Amount])", 4),
        # a blank is a value of its own, unless it is told apart
        ("DISTINCTCOUNT(Trip[Status])", 3),
        ("DISTINCTCOUNTNOBLANK(Trip[Status])", 2),
        # nothing is blank, not 0; and blank is nothing in a sum, but stays blank in a product and a quotient
        ("CALCULATE(COUNTROWS(Trip), KEEPFILTERS(Trip[Status] = \"none\"))", None),
        ("CALCULATE(COUNTROWS(Trip), KEEPFILTERS(Trip[Status] = \"none\")) + 2", 2),
        ("CALCULATE(SUM(Trip[Amount]), KEEPFILTERS(Trip[Trip ID] = 3)) + BLANK()", None),
        ("CALCULATE(SUM(Trip[Amount]), KEEPFILTERS(Trip[Trip ID] = 3)) * 5", None),
        ("DIVIDE(SUM(Trip[Seconds]), 0)", None),
        ("DIVIDE(SUM(Trip[Seconds]), 0, -1)", -1.0),
        ("DIVIDE(7, 2)", 3.5),
        ("SUM(Trip[Seconds]) / 3600", 0.05),
        ("1 + 2 * 3 - (4 - 2)", 5),
        # a blank text is not "lost", a blank number is 0, a blank is not above anything
        ("CALCULATE(COUNTROWS(Trip), KEEPFILTERS(Trip[Status] <> \"lost\"))", 4),
        ("CALCULATE(COUNTROWS(Trip), KEEPFILTERS(Trip[Seconds] = 0))", 2),
        ("CALCULATE(COUNTROWS(Trip), KEEPFILTERS(Trip[Seconds] < 60))", 3),
        ("CALCULATE(COUNTROWS(Trip), KEEPFILTERS(Trip[Seconds] >= 60))", 2),
        ("CALCULATE(COUNTROWS(Trip), KEEPFILTERS(NOT(Trip[Seconds] > 30)))", 3),
        ("CALCULATE(COUNTROWS(Trip), KEEPFILTERS(ISBLANK(Trip[Status])))", 1),
        ("CALCULATE(COUNTROWS(Trip), Trip[Status] IN {\"done\", \"lost\"} && Trip[Gone] = FALSE())", 4),
        ("CALCULATE(COUNTROWS(Trip), Trip[Gone] = TRUE() || Trip[Trip ID] = 1)", 2),
        ("CALCULATE(COUNTROWS(Trip), Trip[At] >= DATE(2023, 1, 3))", 3),
        # a filter on a related table, and filters within filters
        ("CALCULATE(COUNTROWS(Trip), KEEPFILTERS(Zone[Borough] = \"Bronx\"))", 2),
        (f"CALCULATE({DONE}, KEEPFILTERS(Zone[Borough] = \"Queens\"))", 2),
        # a variable is taken where it stands
        ("VAR last = MAX(Trip[At])\nRETURN CALCULATE(COUNTROWS(Trip), KEEPFILTERS(Trip[At] > last - 1))", 3),
        ("VAR last = MAX(Trip[At])\nRETURN CALCULATE(COUNTROWS(Trip), KEEPFILTERS(Trip[At] > last - 1/24))", 1),
        ("VAR a = COUNTROWS(Trip) VAR b = a - 1 RETURN DIVIDE(a, b)", 1.25),
        ("IF(COUNTROWS(Trip) > 4, \"many\", \"few\")", "many"),
        ("IF(ISBLANK(SUM(Trip[Amount])), 0, COALESCE(BLANK(), 8))", 8),
        ("ROUND(DIVIDE(10, 3), 2)", 3.33),
    ],
)  # fmt: skip
def test_a_measure_alone(shows, dax, expected):
    ((found,),) = shows({"M": dax}, ["[M]"], kind="cardVisual", in_role="Data").rows
    assert found == expected


def test_groups_show_unless_every_measure_is_blank(shows):
    measures = {"Trips": "COUNTROWS(Trip)", "Done": DONE, "Asked": "SUM('Count by zone'[Asked])"}
    values = ["Zone[Borough]", "[Trips]", "[Done]", "[Asked]"]
    # a trip of a zone that is not there shows under a blank; tables meet by their groups
    assert shows(measures, values).rows == [
        (None, 1, 1, None), ("Bronx", 2, None, 5), ("Empty", None, None, 9), ("Queens", 2, 2, 7),
    ]  # fmt: skip
    assert [r[0] for r in shows(measures, ["Zone[Borough]", "[Done]"]).rows] == [None, "Queens"]
    assert [r[0] for r in shows(measures, ["Zone[Borough]"]).rows] == ["Bronx", "Empty", "Queens"]


def test_what_is_beside_the_group(shows):
    measures = {
        "Trips": "COUNTROWS(Trip)",
        "Share": "DIVIDE([Trips], CALCULATE([Trips], ALLSELECTED()))",
        "Of all": "DIVIDE([Trips], CALCULATE([Trips], REMOVEFILTERS()))",
        "Latest day": "VAR last = CALCULATE(MAX(Trip[At]), REMOVEFILTERS())\n"
        "RETURN CALCULATE([Trips], KEEPFILTERS(Trip[At] > last - 1))",
    }
    values = ["Zone[Borough]", "[Share]", "[Of all]", "[Latest day]"]
    chosen = {("Zone", "Borough"): ["Bronx", "Queens"]}
    assert shows(measures, values, chosen).rows == [("Bronx", 0.5, 0.4, 1), ("Queens", 0.5, 0.4, 1)]


def test_order_is_the_visuals_and_settled(shows):
    measures = {"Trips": "COUNTROWS(Trip)"}
    by_count = shows(measures, ["Zone[Borough]", "[Trips]"], sort=[("[Trips]", "Descending")])
    assert by_count.rows == [("Bronx", 2), ("Queens", 2), (None, 1)]
    # a column that is sorted by another shows in that order, and the other does not show
    ordered = shows(
        measures, ["Zone[Ordered borough]", "[Trips]"], sort=[("Zone[Ordered borough]", "Descending")]
    )
    assert ordered.rows == [("Queens", 2), ("Bronx", 2), (None, 1)]


def test_columns_say_what_they_are(shows):
    answer = shows({"Trips": "COUNTROWS(Trip)"}, ["[Trips]", "Trip[Amount]"])
    assert [(c.name, c.role, c.kind, c.format, c.is_measure) for c in answer.columns] == [
        ("Trip[Amount]", "Values", "decimal", "0.00", False), ("[Trips]", "Values", "", "0.0", True),
    ]  # fmt: skip


def test_a_role_sees_its_rows_wherever_they_are_asked_for(shows):
    measures = {
        "Trips": "COUNTROWS(Trip)", "Asked": "SUM('Count by zone'[Asked])", "N": "SUM(Alone[N])",
        "Of all": "DIVIDE([Trips], CALCULATE([Trips], REMOVEFILTERS()))",
    }  # fmt: skip
    card = ["[Trips]", "[Asked]", "[N]", "[Of all]"]
    assert shows(measures, card).rows == [(5, 21, 1, 1.0)]
    assert shows(measures, card, role="Bronx").rows == [(2, 5, None, 1.0)]
    assert shows(measures, ["Zone[Borough]"], role="Bronx").rows == [("Bronx",)]
    with pytest.raises(ReportError, match="There is no role 'Kings'"):
        shows(measures, card, role="Kings")


@pytest.mark.parametrize(
    ("dax", "said"),
    [
        ("SUMX(Trip, Trip[Amount])", r"SUMX with 2 arguments"),
        ("SUM(Trip[Status])", r"SUM of the string Trip\[Status\]"),
        ("SUM(Trip[Amounts])", "There is no column 'Amounts' in 'Trip'"),
        ("COUNTROWS(Trips)", "There is no table 'Trips'"),
        ("[Nothing]", "There is no measure 'Nothing'"),
        ("[M] + 1", "refers to itself"),
        ("Trip[Amount]", "outside of an aggregate"),
        ("COUNTROWS(Trip) / SUM(Trip[Seconds])", "/ by what may be 0"),
        ("CALCULATE(COUNTROWS(Trip), FILTER(Trip, Trip[Amount] > 1))", "FILTER as a filter"),
        ("CALCULATE(COUNTROWS(Trip), REMOVEFILTERS(Zone))", "REMOVEFILTERS of tables or columns"),
        ("CALCULATE(COUNTROWS(Trip), USERELATIONSHIP(Trip[Zone ID], Zone[Zone ID]))", "USERELATIONSHIP as a filter"),
        ("CALCULATE([Inner], Trip[Status] = \"done\")", "a filter that replaces another"),
        ("CALCULATE(COUNTROWS(Trip), Zone[Borough] = \"Bronx\")", "would replace the visual's own on Zone"),
        ("SUM(Alone[N])", "'Alone' is not related to 'Zone'"),
        ("VAR last = MAX(Trip[At]) RETURN CALCULATE(COUNTROWS(Trip), Trip[At] = last)", "in each group"),
        ("COUNTROWS(Trip", "it ends too early"),
        ("COUNTROWS(Trip) COUNTROWS(Trip)", "found 'COUNTROWS'"),
        ("COUNTROWS(Trip) > 1", "A measure is a condition"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_by_name(shows, dax, said):
    measures = {"M": dax, "Inner": 'CALCULATE(COUNTROWS(Trip), Trip[Status] = "lost")'}
    with pytest.raises(ReportError, match=said):
        shows(measures, ["Zone[Borough]", "[M]"])
