"""Rows that wait are found, read and released in the browser."""

import json
import subprocess

import psycopg
from console_process import BAD_TRIPS, HIGHWATER, environment
from looked_at import cells, rows
from playwright.sync_api import expect

RULE = "dropoff_after_pickup"


def test_a_rule_that_rows_broke_leads_to_the_rows_with_their_window_and_values(console, visit):
    page = visit(console, "/quality")
    first = page.get_by_role("region", name="Rules and what they found").locator("tbody tr").first
    expect(first).to_contain_text(RULE)
    expect(first).to_contain_text("dropoff_at >= pickup_at")
    expect(page.get_by_label("Rows that broke a rule, along time")).to_be_visible()
    expect(page.get_by_text("Choose a table to see its rows")).to_be_visible()
    first.get_by_role("link", name=RULE).click()
    expect(page.get_by_text(f"page 1 of 1, {BAD_TRIPS} rows")).to_be_visible()
    expect(page).to_have_url(f"{console.at}/quality?table=trip&rule={RULE}&hours=168")
    row = page.locator(".hw-held").first
    expect(row).to_contain_text(RULE)
    expect(row.get_by_role("link", name="window")).to_be_visible()
    expect(row).to_contain_text("pickup_at")
    expect(row.get_by_text("total_amount")).to_be_hidden()
    row.locator("summary").click()
    expect(row.get_by_text("total_amount")).to_be_visible()
    page.goto(f"{console.at}/runs?status=Succeeded")
    page.get_by_role("region", name="Runs").locator("tbody a").first.click()
    tables = page.get_by_role("region", name="What the run did to each table")
    tables.get_by_role("link", name=str(BAD_TRIPS), exact=True).click()
    expect(page).to_have_url(f"{console.at}/quality?table=trip")
    page.goto(f"{console.at}/quality?table=driver")
    expect(page.get_by_text("Nothing waits in quarantine of driver")).to_be_visible()


def test_a_row_is_released_after_a_question_and_stays_while_it_breaks_its_rule(console, visit):
    page = visit(console, "/quality?table=trip")
    button = page.locator(".hw-held button").first
    key = button.get_attribute("aria-label").removeprefix("Release ")
    button.click()
    page.get_by_role("button", name="Cancel").click()
    button.click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text(f"Judge {key} of trip again?")
    question.get_by_role("button", name="Release").click()
    newest = page.get_by_role("region", name="Runs").locator("tbody tr").first
    expect(newest).to_contain_text("release")
    expect(newest).to_contain_text("Succeeded", timeout=240_000)
    with psycopg.connect(console.stack.conninfo("control")) as connection:
        query = "select parameters from adf.pipeline_runs where pipeline = 'release' and parent is null"
        ((parameters,),) = connection.execute(query).fetchall()
    assert parameters == {"tables": "trip", "rules": "", "keys": json.dumps([key])}
    page.goto(f"{console.at}/quality?table=trip")
    expect(page.get_by_text(f"{BAD_TRIPS} rows")).to_be_visible()
    expect(page.get_by_role("button", name=f"Release {key}")).to_be_visible()


def test_all_rows_are_released_after_a_question_with_their_number_and_stay_while_the_rule_stands(
    console, visit
):
    page = visit(console, f"/quality?table=trip&rule={RULE}")
    page.get_by_role("button", name=f"Release all that broke {RULE}").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text(f"Judge {BAD_TRIPS} rows of trip that broke {RULE} again?")
    question.get_by_role("button", name="Release").click()
    expect(page).to_have_url(f"{console.at}/runs")
    asked = (
        "select run_id, parameters from adf.pipeline_runs where pipeline = 'release' order by started_at desc"
    )
    newest = page.locator("tbody tr").first
    expect(newest).to_contain_text("InProgress", timeout=30_000)
    expect(newest).to_contain_text("Succeeded", timeout=240_000)
    run = rows(console.stack, asked)[0]
    assert run["parameters"] == {"tables": "trip", "rules": RULE, "keys": ""}
    page.goto(f"{console.at}/runs/{run['run_id']}")
    told = cells(page.get_by_role("region", name="What the run did to each table"))
    assert [(row[0], row[1], row[7]) for row in told] == [("trip", "succeeded", str(BAD_TRIPS))]
    page.goto(f"{console.at}/quality?table=trip&rule={RULE}")
    expect(page.get_by_text(f"page 1 of 1, {BAD_TRIPS} rows")).to_be_visible()


def ingest(console) -> None:
    command = [HIGHWATER, "run", "ingest", "--json"]
    done = subprocess.run(command, env=environment(console.stack.state), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_table_that_is_read_whole_is_read_again_once_its_row_is_put_right(console, visit):
    def name(value: str) -> None:
        with psycopg.connect(console.stack.source) as connection:
            connection.execute(f"update mobility.zone set zone_name = {value} where zone_id = 1")

    with psycopg.connect(console.stack.source) as connection:
        query = "select quote_literal(zone_name) from mobility.zone where zone_id = 1"
        ((was,),) = connection.execute(query).fetchall()
    name("chr(1)")  # a control character has no place in the lake
    ingest(console)
    page = visit(console, "/quality?table=zone")
    held = page.locator(".hw-held")
    expect(held).to_have_count(1)
    expect(held).to_contain_text("value_unreadable")
    expect(page.get_by_role("button", name="Release")).to_have_count(0)
    name(was)
    page.get_by_role("button", name="Read zone again").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("Read zone again?")
    question.get_by_role("button", name="Read").click()
    newest = page.get_by_role("region", name="Runs").locator("tbody tr").first
    expect(newest).to_contain_text("reload")
    expect(newest).to_contain_text("Succeeded", timeout=240_000)
    page.goto(f"{console.at}/quality?table=zone")
    expect(page.get_by_text("Nothing waits in quarantine of zone")).to_be_visible()
