"""Which columns of which views the report's visuals are made of."""

from contracts import load_all
from local.console.pages import lineage
from local.lineage import served_columns
from local.lineage.visuals import Use, uses
from local.report import Report


def test_a_measure_leads_to_the_columns_that_it_aggregates_and_those_of_its_conditions():
    report = Report()
    found = uses(report)
    revenue = {(u.view, u.column) for u in found if u.page == "Revenue" and u.visual == "By payment"}
    assert ("mart.fact_trip", "net_amount") in revenue
    assert ("mart.dim_payment", "payment_name") in revenue
    assert len(found) == len(set(found)) > 40
    assert Use("Revenue", "By payment", "Net revenue", "mart.fact_trip", "net_amount") in found


def test_every_column_that_a_visual_shows_is_served():
    served = {(c.view, c.column) for c in served_columns(load_all())}
    # views of what was published are no contract's
    own = {"mart.published_batch", "mart.published_batches", "mart.batch_status", "mart.freshness"}
    assert {(u.view, u.column) for u in uses(Report()) if u.view not in own} <= served


def test_a_source_column_is_followed_to_the_visuals_and_the_whole_has_three_layers():
    columns, shown = lineage.known()
    arrows, layers = lineage.along("trip.total_amount", columns, shown)
    assert ("trip.total_amount", "mart.fact_trip.net_amount") in arrows
    assert ("mart.fact_trip.net_amount", "Revenue: By payment") in arrows
    assert layers[0] == ["trip.total_amount"]
    for made, stood in (lineage.whole(columns, shown), (arrows, layers)):
        names = [name for layer in stood for name in layer]
        assert len(names) == len(set(names))  # a name stands once, or the drawing breaks
        assert {end for arrow in made for end in arrow} <= set(names)
