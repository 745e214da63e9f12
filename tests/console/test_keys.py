"""Keys, and light and dark."""

import re

from playwright.sync_api import expect

DARK = re.compile(r"\bbody--dark\b")


def test_a_slash_finds_on_the_page_until_escape(console, visit):
    page = visit(console, "/lineage")
    shown = page.get_by_role("region", name="Views").locator("tbody tr:visible")
    expect(shown.first).to_be_visible()
    texts = shown.all_text_contents()
    wanted = [text for text in texts if "dim_driver" in text]
    assert 0 < len(wanted) < len(texts)
    page.keyboard.press("/")
    field = page.get_by_label("Find on this page")
    expect(field).to_be_focused()
    page.keyboard.type("DIM_DRIVER")  # its letters are no keys here
    expect(shown).to_have_text(wanted)
    expect(page.locator("body")).not_to_have_class(DARK)
    page.keyboard.press("Escape")
    expect(shown).to_have_text(texts)
    expect(field).not_to_be_focused()
    expect(field).to_have_value("")


def test_what_is_looked_for_stays_hidden_when_the_page_looks_again_and_ends_with_it(console, visit):
    page = visit(console)
    cards = page.locator(".hw-grid > *:visible")
    expect(cards).to_have_count(4)
    page.keyboard.press("/")
    page.keyboard.type("driver")
    expect(cards).to_have_count(1)
    expect(cards).to_contain_text("driver")
    page.wait_for_timeout(6_000)  # the tables are drawn anew each 5 s
    expect(cards).to_have_count(1)
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(page.locator("tbody tr:visible").first).to_be_visible()
    expect(page.get_by_label("Find on this page")).to_have_value("")


def test_on_resources_a_slash_looks_through_all_of_them(console, visit):
    page = visit(console, "/resources")
    page.keyboard.press("/")
    expect(page.get_by_label("Find by name or type")).to_be_focused()
    page.keyboard.type("every_day")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{console.at}/resources?find=every_day")
    found = page.get_by_role("region", name="Declared resources").locator("tbody tr")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("every_day")


def test_dark_and_light_turn_by_key_and_by_button_and_are_remembered(console, visit):
    page = visit(console, color_scheme="light")
    body = page.locator("body")
    background = "getComputedStyle(document.body).backgroundColor"
    expect(body).not_to_have_class(DARK)
    light = page.evaluate(background)
    page.keyboard.press("d")
    expect(body).to_have_class(DARK)
    assert page.evaluate(background) != light
    page.reload()
    expect(body).to_have_class(DARK)
    page.get_by_role("button", name="Dark or light").click()
    expect(body).not_to_have_class(DARK)
    assert page.evaluate(background) == light


def test_the_reader_s_own_setting_is_the_first(console, visit):
    expect(visit(console, color_scheme="dark").locator("body")).to_have_class(DARK)


def test_nothing_slides_for_who_wants_less_motion(console, visit):
    slide = "e => parseFloat(getComputedStyle(e).transitionDuration)"
    for motion, slides in (("no-preference", True), ("reduce", False)):
        button = visit(console, "/runs", reduced_motion=motion).get_by_role("button", name="Compare")
        button = button.locator(".q-focus-helper")
        assert (button.evaluate(slide) > 0.1) == slides, motion


def test_a_question_mark_shows_every_key(console, visit):
    page = visit(console)
    page.keyboard.press("?")
    keys = [
        ("1", "Now"), ("2", "Runs"), ("3", "Quality"), ("4", "Business"), ("5", "Ledger"), ("6", "Lineage"),
        ("7", "Resources"), ("8", "Panels"), ("/", "Find on the page"), ("d", "Dark or light"), ("?", "These keys"),
    ]  # fmt: skip
    told = page.get_by_role("dialog").locator(".hw-facts > *")
    expect(told).to_have_text([text for pair in keys for text in pair])
