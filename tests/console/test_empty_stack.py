"""What the pages say before anything was run. By its name this comes before the tests that run something."""

from playwright.sync_api import expect


def test_an_empty_stack_says_what_to_do(empty, visit):
    page = visit(empty)
    expect(page.get_by_text("Never loaded")).to_have_count(4)
    page.goto(empty.at + "/runs")
    expect(page.get_by_text("No run is recorded")).to_be_visible()
    expect(page.get_by_text("highwater run ingest")).to_be_visible()
    page.goto(empty.at + "/ledger?table=trip")
    expect(page.get_by_text("No window of trip yet")).to_be_visible()
    page.goto(empty.at + "/quality?table=trip")
    expect(page.get_by_text("No row broke a rule in this time")).to_be_visible()
    expect(page.get_by_text("Nothing waits in quarantine of trip")).to_be_visible()
    page.goto(empty.at + "/panels")
    expect(page.get_by_text("Nothing in this time range.")).to_have_count(
        4
    )  # but for the freshness of each table
    page.goto(empty.at + "/business")
    expect(page.get_by_text("Nothing is published yet")).to_be_visible()
    expect(page.get_by_text("Run `highwater run ingest`, or start one on the page Now.")).to_be_visible()
    expect(page.get_by_role("button", name="Revenue")).to_be_visible()
    page.goto(empty.at + "/compare")
    expect(page.get_by_text("Two runs are needed")).to_be_visible()
    expect(page.get_by_text("the page Runs lists them")).to_be_visible()
    page.goto(empty.at + "/lineage")  # of the program's files: it needs no run
    expect(page.get_by_role("region", name="Views").locator("tbody tr").first).to_be_visible()
    page.goto(empty.at + "/lineage?view=mart.nothing")
    expect(page.get_by_text("Nothing is called mart.nothing")).to_be_visible()
    expect(page.get_by_text("Choose a view or a source column above.")).to_be_visible()
    page.goto(empty.at + "/resources?find=no such thing")
    expect(page.get_by_text("No resource has that in its name or type")).to_be_visible()
    page.goto(empty.at + "/runs/none")
    expect(page.get_by_role("alert")).to_contain_text("There is no run none")
