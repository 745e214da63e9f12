"""The report on the page: one batch for all its visuals, and what is wrong in its files."""

import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from console_process import Console, serve
from playwright.sync_api import expect

from local.report import report as files
from local.serving import query as serving

PAGE = "Data freshness and quality"
OLDER = "Older than the rest"


@pytest.fixture(scope="module")
def misspelt(console, tmp_path_factory) -> Iterator[Console]:
    """The console with a report of which one visual asks for a column that is not in the model."""
    folder = tmp_path_factory.mktemp("report") / "powerbi"
    shutil.copytree(files.FOLDER.parent, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for file in folder.glob("Mobility.Report/definition/pages/*/visuals/*/visual.json"):
        text = file.read_text()
        if "Trips by status" in text:
            file.write_text(text.replace('"Property": "Status"', '"Property": "Statsu"'))
            assert json.loads(file.read_text()) != json.loads(text)
    with serve(console.stack, ("report", folder / "Mobility.Report")) as running:
        yield running


def test_a_wrong_field_name_is_told_in_its_visual_and_the_others_are_drawn(misspelt, visit):
    page = visit(misspelt, f"/business?page={PAGE}")
    wrong = page.locator(".hw-visual", has_text="Trips by status")
    expect(wrong.get_by_role("alert")).to_contain_text("Statsu", timeout=60_000)
    expect(wrong.get_by_role("alert")).to_contain_text("Trip")
    expect(page.locator(".hw-report .q-spinner")).to_have_count(0, timeout=60_000)
    expect(page.get_by_role("alert")).to_have_count(1)
    page.get_by_role("button", name="Revenue").click()
    expect(page.locator(".hw-visual").first).to_be_visible()
    expect(page.locator(".hw-report .q-spinner")).to_have_count(0, timeout=60_000)
    expect(page.get_by_role("alert")).to_have_count(0)


def log(console: Console, table: str) -> Path:
    return console.stack.container("gold") / table / "_delta_log"


@contextmanager
def written(console: Console, table: str):
    """A run that goes on committing to a table: its log never looks the same for long."""
    ended = threading.Event()

    def touch() -> None:
        while not ended.wait(0.02):
            os.utime(log(console, table))

    thread = threading.Thread(target=touch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_a_page_tells_its_batch_and_is_asked_anew_once_another_is_published(console, visit):
    with serving.query(
        console.stack.serving, "SELECT batch_id, published_at FROM mart.published_batch"
    ) as found:
        ((batch, at),) = found.rows()
    page = visit(console, f"/business?page={PAGE}")
    told = page.get_by_role("status").filter(has_text="As of batch")
    expect(told).to_contain_text(f"As of batch {batch:,}, published", timeout=60_000)
    expect(told.locator("time")).to_have_attribute("title", f"{at:%Y-%m-%d %H:%M:%S} UTC")
    expect(told).not_to_contain_text("Ahead")
    expect(page.get_by_text(OLDER)).to_have_count(0)
    table = page.locator(".hw-visual", has_text="Trips by status").locator("table")
    expect(table).to_be_visible()
    table.evaluate("e => { e.dataset.before = '1' }")
    os.utime(log(console, "dim_zone"))  # a table of a run that has published nothing yet
    page.wait_for_timeout(11_000)
    expect(table).to_have_attribute("data-before", "1")
    os.utime(log(console, "published_batch"))
    expect(table).not_to_have_attribute("data-before", "1", timeout=20_000)
    expect(told).to_contain_text(f"As of batch {batch:,}, published")


def test_visuals_that_are_older_than_the_rest_say_so_until_tables_stand_still(console, visit):
    with written(console, "dim_zone"):
        page = visit(console, f"/business?page={PAGE}")
        expect(page.get_by_text(OLDER).first).to_be_visible(timeout=90_000)
    os.utime(log(console, "published_batch"))
    expect(page.get_by_text(OLDER)).to_have_count(0, timeout=60_000)
    expect(page.locator(".hw-answer.hw-waiting")).to_have_count(0, timeout=60_000)
