"""How fresh a table is against its target, and what holds it back: the very numbers of the control database."""

import re

from looked_at import changed, rows
from playwright.sync_api import expect

from local.console import words

STATUS = "select * from control.status where table_name = 'trip'"
NEWEST = (
    "run_id = (select run_id from control.run_table where table_name = 'trip' order by batch_id desc limit 1)"
)


def card(page, table: str = "trip"):
    return page.locator(".hw-grid > *", has=page.get_by_role("heading", name=table, exact=True))


def test_the_lag_stands_against_its_target_with_units(console, visit):
    (before,) = rows(console.stack, STATUS)
    page = visit(console)
    text = card(page).text_content()
    (after,) = rows(console.stack, STATUS)
    lag, allowed = re.search(r"Lag(.+?) of (.+?) allowed", text).groups()
    tenths = range(int(before["lag_seconds"] * 10), int(after["lag_seconds"] * 10) + 2)
    assert lag in {words.duration(t / 10) for t in tenths}
    assert allowed == words.duration(after["freshness_target_seconds"])
    assert before["fresh"]
    assert "Fresh" in text
    expect(card(page)).to_contain_text(f"Rows read{words.count(after['last_run_rows'])}")
    expect(card(page).get_by_role("link")).to_have_text(after["last_run"][:8])
    expect(card(page)).not_to_contain_text("Held back")
    watermark = card(page).locator("time").first
    expect(watermark).to_have_attribute("title", f"{after['watermark'][:19]} UTC")


def test_a_table_past_its_target_turns_late_while_the_page_is_open(console, visit):
    page = visit(console)
    expect(card(page)).to_contain_text("Fresh")
    (row,) = rows(console.stack, STATUS)
    set_to = "update control.contract set freshness_seconds = {} where table_name = 'trip'"
    with changed(console.stack, [set_to.format(1)], [set_to.format(row["freshness_target_seconds"])]):
        expect(card(page)).to_contain_text("Late", timeout=10_000)
        expect(card(page)).to_contain_text("of 1.0 s allowed")
        expect(card(page).locator("i", has_text="error")).to_be_visible()
    expect(card(page)).to_contain_text("Fresh", timeout=10_000)


def test_what_holds_a_table_back_is_named_with_how_long(console, visit):
    page = visit(console)
    held = f"update control.run_table set held_by = {{}}, held_seconds = {{}} where table_name = 'trip' and {NEWEST}"
    with changed(
        console.stack, [held.format("'month end close (pid 4711)'", 125)], [held.format("null", "null")]
    ):
        expect(card(page)).to_contain_text("Held back2 min 5 s by month end close (pid 4711)", timeout=10_000)
    expect(card(page)).not_to_contain_text("Held back", timeout=10_000)
