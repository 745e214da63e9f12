"""Colours are told apart by people with colour-blindness, and nothing is told by colour alone."""

import re
from itertools import pairwise

import pytest
from colour_sight import SIGHTS, closest, distance, seen

from local.adf import ActivityRun
from local.console import heat, parts, words
from local.console.activities import Line
from local.console.pages import ledger, now, run
from powerbi.theme import COLORS

APART = 15
PALETTES = {
    "series": words.SERIES,
    "statuses": sorted({colour for colour, _ in words.STATUSES.values()}),
    "windows": [*ledger.KINDS.values(), ledger.UNFINISHED],
    "theme": COLORS,
}


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("palette", PALETTES)
def test_every_two_colours_of_a_palette_look_different(palette, sight):
    found = closest(PALETTES[palette], sight)
    assert found[0] >= APART, found


def test_the_measure_finds_colours_that_a_protanope_takes_for_each_other():
    red, brown = "#D55E00", "#8A6D00"
    assert distance(red, brown, "trichromat") > APART
    assert distance(red, brown, "protanope") < 5


@pytest.mark.parametrize("sight", SIGHTS)
def test_the_heat_map_only_gets_darker(sight):
    light = [seen(colour, sight)[0] for colour in heat.RAMP]
    assert all(a - b > 10 for a, b in pairwise(light))


def test_a_status_is_an_icon_of_its_own_and_its_word():
    icons = [icon for _, icon in words.STATUSES.values()]
    assert len(set(icons)) == len(icons)
    for name, (colour, icon) in words.STATUSES.items():
        text = parts.status_html(name)
        assert f">{icon}</i>{name}</span>" in text and colour in text
        assert (
            re.sub("<i.*?</i>", "", text).count(colour) == 0
        )  # the word is in the colour of the text around it


def test_a_tables_freshness_is_an_icon_and_a_word():
    rows = [
        {"lag_seconds": None, "fresh": False}, {"lag_seconds": 1, "fresh": True}, {"lag_seconds": 9, "fresh": False},
    ]  # fmt: skip
    told = [now._fresh(row) for row in rows]
    assert [word for *_, word in told] == ["Never loaded", "Fresh", "Late"]
    assert len({icon for icon, *_ in told}) == 3


@pytest.mark.parametrize(
    ("status", "name"),
    [("Succeeded", "Copy"), ("Failed", "Copy (Failed)"), ("InProgress", "Copy (InProgress)")],
)
def test_a_bar_of_a_run_that_did_not_succeed_says_so_beside_it(status, name):
    activity = ActivityRun("1", "Copy", "Copy", "Copy", status, "", "", 0.0)
    assert run.row_name(Line(0, "Copy", activity)) == name
    assert run.row_name(Line(1, "Copy", activity)) == "\u00a0\u00a0" + name


def test_windows_that_are_not_merged_have_a_row_of_their_own():
    base = {"rows": 1, "attempt": 1}
    windows = [
        base | {"window_id": i, "kind": kind, "status": status, "low": str(i), "high": str(i + 1)}
        for i, (kind, status) in enumerate(
            [("live", "merged"), ("live", "landed"), ("live", "open"), ("backfill", "open")]
        )
    ]
    rows, bars = ledger.drawn("integer", windows)
    assert rows == ["live", "live, landed", "live, open", "backfill, open"]
    assert [(rows[bar.row], bar.colour) for bar in bars] == [
        ("live", words.BLUE), *((row, ledger.UNFINISHED) for row in rows[1:]),
    ]  # fmt: skip
