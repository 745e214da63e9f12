"""Every page and action of the console, on a stack with a run that failed."""

import json
import re

import psycopg
import pytest
from playwright.sync_api import Page, expect

from local.adf.runtime.owner import this_process
from local.azure.trigger_states import TriggerStates
from local.console.pages.run import REFRESH_SECONDS

PAGES = {"1": "Now", "2": "Runs", "3": "Quality", "4": "Business", "5": "Ledger", "6": "Lineage",
         "7": "Resources", "8": "Panels"}  # fmt: skip


def title(page: Page, text: str) -> None:
    expect(page.locator("[role=heading][aria-level='1']")).to_have_text(text)


def test_each_page_has_its_key_and_its_name(console, visit):
    page = visit(console)
    for key, name in [*PAGES.items(), ("1", "Now")]:
        page.keyboard.press(key)
        title(page, name)
        expect(page).to_have_title(f"{name} · Highwater")
        expect(page.locator("nav a[aria-current=page]")).to_have_text(name)
    page.keyboard.press("?")
    expect(page.get_by_text("Find on the page")).to_be_visible()


def test_a_failing_run_is_found_opened_and_explained(console, visit):
    page = visit(console, "/runs?status=Failed")
    row = page.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("ingest")
    expect(row).to_contain_text("the table is not there")
    row.locator("a").click()
    expect(page.get_by_role("alert").first).to_contain_text("the table is not there")
    expect(page.locator("canvas, svg").first).to_be_visible()
    page.get_by_text("Activities as a list").click()
    page.get_by_role("button", name="Copy window").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Load tables[")
    dialog.get_by_text("Output", exact=True).click()
    expect(dialog).to_contain_text("rowsCopied")
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="What the run did to each table")).to_contain_text("failed")
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_role("alertdialog")).to_contain_text("are not read again")
    page.get_by_role("button", name="Cancel").click()


@pytest.fixture
def live_run(console):
    """A run whose first activity is under way, in this process."""
    run = "11111111-2222-4333-8444-555555555555"
    with psycopg.connect(console.stack.conninfo("control"), autocommit=True) as connection:
        connection.execute(
            "insert into adf.pipeline_runs (run_id, pipeline, status, parameters, run_group_id, started_at, owner)"
            " values (%s, 'ingest', 'InProgress', '{}', %s, now() - interval '90 s', %s)",
            [run, run, json.dumps(this_process())],
        )
        connection.execute(
            "insert into adf.activity_runs (activity_run_id, run_id, name, type, path, status, attempt, input,"
            " started_at, position) values (%s, %s, 'Begin run', 'Lookup', 'ingest/Begin run', 'InProgress', 1,"
            """ '{"query": "select 1"}', now() - interval '80 s', 1)""",
            [run, run],
        )
        yield run
        connection.execute("delete from adf.pipeline_runs where run_id = %s", [run])


def test_a_live_run_is_followed_without_closing_what_is_read(console, visit, live_run):
    page = visit(console, f"/runs/{live_run}")
    expect(page.get_by_text("under way")).to_be_visible()
    page.get_by_text("Activities as a list").click()
    expect(page.get_by_text(re.compile(r"Lookup 1 min \d+ s"))).to_be_visible()
    page.get_by_role("button", name="Begin run").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Input", exact=True).click()
    expect(dialog).to_contain_text("select 1")
    page.wait_for_timeout(2.5 * REFRESH_SECONDS * 1000)
    expect(dialog).to_contain_text("select 1")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Begin run")).to_be_visible()


def test_a_run_that_leaves_the_history_while_it_is_followed_is_told(console, visit, live_run):
    page = visit(console, f"/runs/{live_run}")
    expect(page.get_by_text("under way")).to_be_visible()
    with psycopg.connect(console.stack.conninfo("control")) as connection:
        connection.execute("delete from adf.pipeline_runs where run_id = %s", [live_run])
    expect(page.get_by_role("alert")).to_contain_text(f"There is no run {live_run}")
    expect(page.get_by_role("alert")).to_contain_text("highwater runs")


def test_two_runs_are_compared_by_activity(console, visit):
    page = visit(console, "/runs")
    expect(page.locator("tbody a").first).to_be_visible()
    ids = [a.get_attribute("href").rpartition("/")[2] for a in page.locator("tbody a").all()]
    page.goto(f"{console.at}/compare?a={ids[-2]}&b={ids[-1]}")  # the first two that ever ran
    body = page.get_by_role("region", name="Activities of both runs")
    expect(body).to_contain_text("Merge windows")
    expect(body).to_contain_text("not run")


def test_a_trigger_is_stopped_and_started_after_a_question(console, visit):
    states = TriggerStates(console.stack.state)
    name = "every_day"
    page = visit(console)
    page.get_by_role("button", name=f"Stop {name}").click()
    page.get_by_role("button", name="Cancel").click()
    assert states.get(name) == "Started"
    page.get_by_role("button", name=f"Stop {name}").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name=f"Start {name}")).to_be_visible(timeout=20_000)
    assert states.get(name) == "Stopped"
    page.get_by_role("button", name=f"Start {name}").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Start").click()
    expect(page.get_by_role("button", name=f"Stop {name}")).to_be_visible(timeout=20_000)
    assert states.get(name) == "Started"


def test_a_pipeline_runs_with_parameters_and_is_followed_to_its_end(console, visit):
    """Tables without a new row need no job, so the run ends by itself."""
    page = visit(console)
    page.get_by_label("tables").fill("no_such_table")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("alertdialog")).to_contain_text("tables=no_such_table")
    page.get_by_role("alertdialog").get_by_role("button", name="Run").click()
    title(page, "Runs")
    newest = page.locator("tbody tr").first
    expect(newest).to_contain_text("no such table: no_such_table", timeout=60_000)
    with psycopg.connect(console.stack.conninfo("control")) as connection:
        query = "select status, parameters from adf.pipeline_runs where parent is null order by started_at desc limit 1"
        assert connection.execute(query).fetchone() == (
            "Failed",
            {"allow_share": "", "tables": "no_such_table"},
        )
    page.goto(console.at)
    expect(page.get_by_role("alert").first).to_contain_text("no such table")


def test_the_ledger_shows_windows_and_that_it_is_sound(console, visit):
    page = visit(console, "/ledger?table=trip")
    expect(page.get_by_text("The ledger is sound")).to_be_visible()
    rows = page.get_by_role("region", name="Newest windows").locator("tbody tr")
    expect(rows.first).to_contain_text("merged")
    page.get_by_role("button", name="driver").click()
    expect(page).to_have_url(f"{console.at}/ledger?table=driver")


def test_resources_are_found_and_an_update_is_previewed(console, visit):
    page = visit(console, "/resources?find=ingest")
    page.get_by_role("link", name="ingest", exact=True).click()
    page.get_by_role("dialog").get_by_text("Inputs", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("Begin run")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Preview an update").click()
    expect(page.get_by_text("An update would change nothing")).to_be_visible(timeout=120_000)


def test_the_report_is_drawn_from_its_files_and_narrowed_by_its_slicer(console, visit):
    page = visit(console, "/business")
    zones = page.locator(".hw-visual", has_text="Boroughs").locator("tbody tr")
    expect(zones.first).to_be_visible(timeout=60_000)
    assert page.get_by_role("alert").count() == 0
    assert zones.count() > 1
    page.locator(".hw-visual .q-select").click()
    page.get_by_role("option", name="Manhattan").click()
    page.keyboard.press("Escape")
    expect(zones).to_have_count(1, timeout=60_000)
    expect(zones.first).to_contain_text("Manhattan")
    for name in ("Demand by zone and hour", "Revenue", "Driver performance", "Data freshness and quality"):
        page.goto(f"{console.at}/business?page={name}")
        expect(page.locator(".hw-visual").first).to_be_visible(timeout=60_000)
        assert page.get_by_role("alert").count() == 0


def test_times_are_in_the_readers_zone_with_utc_on_hover(console, visit):
    page = visit(console, "/runs", timezone_id="Asia/Tokyo", locale="en-GB")
    moment = page.locator("tbody time").first
    expect(moment).to_have_attribute("title", re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$"))
    utc_hour, shown = int(moment.get_attribute("title")[11:13]), moment.text_content()
    assert f"{(utc_hour + 9) % 24:02}:" in shown


PATHS = (
    "/", "/runs", "/runs/failed", "/compare", "/quality", "/quality?table=trip", "/business",
    "/business?page=Demand by zone and hour", "/business?page=Revenue", "/business?page=Driver performance",
    "/business?page=Data freshness and quality", "/ledger?table=trip", "/lineage", "/lineage?view=mart.fact_trip",
    "/lineage?column=trip.total_amount", "/panels", "/resources", "/resources?find=in",
)  # fmt: skip


def looked_at(visit, console, path: str, **context) -> Page:
    """A page of `PATHS`, complete; of runs the one that failed, and it compared with the newest."""
    page = visit(console, "/runs?status=Failed" if path in ("/runs/failed", "/compare") else path, **context)
    if path == "/runs/failed":
        page.locator("tbody a").last.click()
        expect(page.get_by_text("Activities as a list")).to_be_visible()
    elif path == "/compare":
        failed = page.locator("tbody a").last.text_content()
        newest = console.stack.ask("select run_id from control.run_list order by batch_id desc limit 1")[0][
            "run_id"
        ]
        page.goto(f"{console.at}/compare?a={failed}&b={newest}")
        expect(page.get_by_role("region", name="Activities of both runs")).to_be_visible()
    expect(page.locator(".q-spinner")).to_have_count(0, timeout=60_000)
    page.wait_for_timeout(600)
    return page


@pytest.mark.parametrize("path", PATHS)
def test_a_phone_scrolls_in_one_direction_alone(console, visit, path):
    page = looked_at(visit, console, path, viewport={"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing(console, visit, axe, path, scheme):
    page = looked_at(visit, console, path, color_scheme=scheme)
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    told = [
        {"rule": v["id"], "what": v["help"], "where": [n["target"] for n in v["nodes"]][:4]}
        for v in found["violations"]
    ]
    assert told == [], json.dumps(told, indent=1)


def test_a_list_that_is_followed_says_so_while_the_database_is_away_and_comes_back(console, visit):
    page = visit(console, "/runs")
    expect(page.get_by_role("region", name="Runs")).to_be_visible()
    server = console.stack.server()
    server.stop("immediate")
    try:
        expect(page.get_by_role("alert")).to_contain_text("connection", timeout=15_000)
    finally:
        server.ensure_running()
    expect(page.get_by_role("region", name="Runs")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("alert")).to_have_count(0)
