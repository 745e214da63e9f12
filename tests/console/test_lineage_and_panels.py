"""From a source column to the visuals that show it; the workbook's panels."""

from playwright.sync_api import expect

from infra.panels import PANELS


def test_a_source_column_is_followed_to_a_visual_and_its_page(console, visit):
    page = visit(console, "/lineage")
    views = page.get_by_role("region", name="Views")
    expect(page.get_by_label("Source tables, views and pages of the report")).to_be_visible()
    views.get_by_role("link", name="mart.agg_zone_hour", exact=True).click()
    columns = page.get_by_role("region", name="Columns of mart.agg_zone_hour")
    row = columns.locator("tbody tr", has=page.get_by_text("revenue", exact=True))
    row.get_by_role("link", name="trip.total_amount").click()
    expect(page).to_have_url(f"{console.at}/lineage?column=trip.total_amount")
    found = page.get_by_role("region", name="What becomes of trip.total_amount")
    expect(found).to_contain_text("net_amount")
    found.get_by_role("link", name="Revenue: By payment").first.click()
    expect(page).to_have_url(f"{console.at}/business?page=Revenue")
    page.goto(f"{console.at}/lineage?column=trip.nothing")
    expect(page.get_by_text("Nothing is called trip.nothing")).to_be_visible()


def test_the_panels_show_the_runs_and_a_measure_is_chosen(console, visit):
    page = visit(console, "/panels")
    titles = page.locator("[role=heading][aria-level='2']")
    expect(titles).to_have_text([panel.title for panel in PANELS])
    runs = page.get_by_role("region", name="Runs")
    expect(runs).to_contain_text("failed")
    expect(page.get_by_label("Rows and quarantine: RowsRead")).to_be_visible()
    page.get_by_role("button", name="Quarantined").click()
    expect(page.get_by_label("Rows and quarantine: Quarantined")).to_be_visible()
    page.get_by_role("button", name="30 d").click()
    expect(page).to_have_url(f"{console.at}/panels?hours=720")
    runs.locator("tbody a").first.click()
    expect(page.get_by_text("Activities as a list")).to_be_visible()
