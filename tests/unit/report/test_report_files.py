"""Reading a report's files: filters, and what is refused with its place."""

from dataclasses import replace

import pytest
from small_report import RELATIONSHIPS, TABLES, column, measure

from local.report import Report, ReportError

TRIPS = {"Trips": "COUNTROWS(Trip)"}
BY_BOROUGH = ["Zone[Borough]", "[Trips]"]


def where(condition: dict) -> dict:
    sources = [{"Name": "z", "Entity": "Zone", "Type": 0}, {"Name": "t", "Entity": "Trip", "Type": 0}]
    return {"name": "f", "filter": {"Version": 2, "From": sources, "Where": [{"Condition": condition}]}}


def at(source: str, name: str) -> dict:
    return {"Column": {"Expression": {"SourceRef": {"Source": source}}, "Property": name}}


def literal(text: str) -> dict:
    return {"Literal": {"Value": text}}


def within(expression: dict, *values: str) -> dict:
    return {"In": {"Expressions": [expression], "Values": [[literal(v)] for v in values]}}


def compared(kind: int, left: dict, value: str) -> dict:
    return {"Comparison": {"ComparisonKind": kind, "Left": left, "Right": literal(value)}}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (within(at("z", "Borough"), "'Bronx'"), [("Bronx", 2)]),
        (within(at("z", "Borough"), "'Bronx'", "null"), [(None, 1), ("Bronx", 2)]),
        ({"Not": {"Expression": within(at("z", "Borough"), "'Bronx'")}}, [(None, 1), ("Queens", 2)]),
        (compared(1, at("t", "Amount"), "2.5D"), [("Queens", 2)]),
        (compared(2, at("t", "At"), "datetime'2023-01-03T09:00:00'"), [("Bronx", 1), ("Queens", 1)]),
        ({"And": {"Left": compared(0, at("t", "Gone"), "false"), "Right": compared(4, at("t", "Trip ID"), "3L")}},
         [("Bronx", 1), ("Queens", 2)]),
        ({"Or": {"Left": compared(0, at("t", "Status"), "'lost'"), "Right": compared(3, at("t", "Trip ID"), "2L")}},
         [("Bronx", 1), ("Queens", 1)]),
    ],
)  # fmt: skip
def test_a_filter_of_a_visual(shows, condition, expected):
    assert shows(TRIPS, BY_BOROUGH, filters=[where(condition)]).rows == expected


def top(count: int, name: str = "Trips") -> dict:
    order = {"Direction": 2, "Expression": measure(name)}
    inner = {"From": [{"Name": "z", "Entity": "Zone", "Type": 0}], "Select": [at("z", "Borough")],
             "OrderBy": [order], "Top": count}  # fmt: skip
    found = where({"In": {"Expressions": [at("z", "Borough")], "Table": {"SourceRef": {"Source": "best"}}}})
    found["filter"]["From"].append({"Name": "best", "Expression": {"Subquery": {"Query": inner}}, "Type": 2})
    return found


def test_the_best_of_what_other_filters_let_through_ties_included(shows):
    measures = {**TRIPS, "Amount": "SUM(Trip[Amount])"}
    best = shows(measures, ["Zone[Borough]", "[Amount]"], filters=[top(1, "Amount")]).rows
    assert [r[0] for r in best] == ["Queens"]
    assert shows(TRIPS, BY_BOROUGH, filters=[top(1)]).rows == [("Bronx", 2), ("Queens", 2)]
    chosen = {("Zone", "Borough"): ["Bronx"]}
    assert shows(measures, ["Zone[Borough]", "[Trips]"], chosen, filters=[top(1, "Amount")]).rows == [
        ("Bronx", 2)
    ]


def test_a_filter_that_is_set_to_nothing_lets_everything_through(shows):
    assert len(shows(TRIPS, BY_BOROUGH, filters=[{"name": "f", "type": "Categorical"}]).rows) == 3


def test_title_and_place_are_the_files(write):
    visual = write(TRIPS, BY_BOROUGH).pages[0].visuals[0]
    assert (visual.title, visual.type, visual.position.width) == ("It's shown", "tableEx", 30)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"values": ["Zone[Name]"]}, "\"It's shown\" of the page 'Page': There is no column 'Name' in 'Zone'"),
        ({"values": ["[Trip]"]}, "There is no measure 'Trip'"),
        ({"kind": "funnel"}, "a visual of the type funnel"),
        ({"kind": "lineChart"}, "has no role Values"),
        ({"sort": [("Trip[Amount]", "Ascending")]}, "sorts by 'Amount', which it does not show"),
        ({"filters": [where({"Between": {}})]}, "the condition Between"),
        ({"filters": [where({"Comparison": {"ComparisonKind": 0, "Left": measure("Trips"), "Right": literal("1L")}})]},
         "a filter on the measure 'Trips'"),
        ({"tables": TABLES.replace("\tcolumn N\n", "\tcolumn N = 1 + 1\n")}, "Alone.N. is a calculated column"),
        ({"tables": TABLES.replace("Item=", "It=")}, "The table 'Zone' reads no view"),
        ({"tables": TABLES.replace("\tcolumn N\n", "\tcolumn N\n\t\t\t\tdeep: 1\n")}, "indented deeper"),
        ({"tables": TABLES.replace("column Place", "column Seat")}, "There is no column 'Place' in 'Zone'"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_is_refused_with_its_place(write, given, said):
    given = {"measures": TRIPS, "values": ["Zone[Ordered borough]", "[Trips]"], **given}
    with pytest.raises(ReportError, match=said):
        report = write(given.pop("measures"), given.pop("values"), **given)
        report.sql(report.pages[0].visuals[0])


def test_a_table_that_is_reached_in_two_ways_is_refused(write, tmp_path):
    report = write(TRIPS, BY_BOROUGH)
    twice = RELATIONSHIPS + RELATIONSHIPS.replace("relationship ", "relationship again")
    (tmp_path / "M.SemanticModel/definition/relationships.tmdl").write_text(twice)
    report = Report(tmp_path / "M.Report")
    with pytest.raises(ReportError, match="in two ways"):
        report.sql(report.pages[0].visuals[0])


def test_a_field_of_another_kind_is_refused(write):
    report = write(TRIPS, BY_BOROUGH)
    visual = report.pages[0].visuals[0]
    other = replace(visual.projections[0], field={"Aggregation": {"Expression": column("Trip", "Amount")}})
    with pytest.raises(ReportError, match="a field of the kind Aggregation"):
        report.sql(replace(visual, projections=(other,)))
