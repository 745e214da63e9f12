"""The windows on their time line: gaps, what is unfinished, and links to a window that is not there."""

import pytest
from looked_at import cells, changed, drawn, rows
from playwright.sync_api import expect

LIVE = """select window_id, low, high, attempt, rows, opened_by from control.window_list
    where table_name = 'trip' and kind = 'live' order by window_id"""
LINE = "Windows of the table along its cursor"


@pytest.mark.parametrize("window", ["0", "999999999", "99999999999999999999"])
def test_a_window_that_is_not_there_is_told_beside_the_nearest(console, visit, window):
    known = {str(row["window_id"]) for row in rows(console.stack, LIVE)}
    page = visit(console, f"/ledger?table=trip&window={window}")
    expect(page.get_by_role("status").filter(has_text="trip has no window")).to_be_visible()
    shown = cells(page.get_by_role("region", name="Newest windows"))
    assert {row[0] for row in shown} >= known
    page.get_by_role("link", name="Newest").click()
    expect(page).to_have_url(f"{console.at}/ledger?table=trip")
    expect(page.get_by_text("trip has no window")).to_have_count(0)


def test_a_window_is_shown_by_its_link_with_its_own_values(console, visit):
    window = rows(console.stack, LIVE)[-1]
    page = visit(console, f"/ledger?table=trip&window={window['window_id']}")
    row = page.locator("tbody tr", has=page.locator("strong", has_text=str(window["window_id"])))
    told = row.locator("td").all_text_contents()
    assert told[:7] == [
        str(window["window_id"]), "live", "merged", window["low"], window["high"], str(window["attempt"]),
        f"{window['rows']:,}",
    ]  # fmt: skip
    assert page.get_by_text("has no window").count() == 0


def test_a_gap_has_a_row_of_its_own_on_the_time_line_and_its_ends_in_words(console, visit):
    newest = rows(console.stack, LIVE)[-1]
    year = str(int(newest["high"][:4]) + 1) + newest["high"][4:]
    later = str(int(newest["high"][:4]) + 2) + newest["high"][4:]
    there = [
        "alter table control.ledger drop constraint live_follows_live",
        f"""insert into control.ledger (table_name, kind, cursor_kind, low, high, status, attempt, contract_version,
            rows, opened_by, merged_by, merged_at)
            select table_name, kind, cursor_kind, '{year}', '{later}', 'merged', 1, contract_version, 0, opened_by,
            merged_by, merged_at from control.ledger where window_id = {newest["window_id"]}""",
    ]
    back = [
        f"delete from control.ledger where table_name = 'trip' and low = '{year}'",
        """alter table control.ledger add constraint live_follows_live foreign key (table_name, chain, follows)
            references control.ledger (table_name, chain, high)""",
    ]
    with changed(console.stack, there, back):
        other = rows(console.stack, LIVE)[-1]["window_id"]
        page = visit(console, "/ledger?table=trip")
        words = f"between window {newest['window_id']} and {other}: {newest['high']} to {year}"
        expect(page.get_by_role("alert").filter(has_text=f"Gap {words}")).to_be_visible()
        expect(page.get_by_role("alert").filter(has_text=f"gap: trip window {other}")).to_be_visible()
        options = drawn(page.get_by_label(LINE))
    (axis,), bars = options["yAxis"], options["series"][0]["data"]
    assert axis["data"][-1] == "gap"
    (gap,) = (bar for bar in bars if bar["value"][0] == len(axis["data"]) - 1)
    assert gap["name"] == f"gap {words}"
    live = [bar["value"] for bar in bars if axis["data"][bar["value"][0]] == "live"]
    assert gap["value"][1:] == [live[-2][2], live[-1][1]]
    assert gap["value"][1] < gap["value"][2]
    page.reload()
    expect(page.get_by_text("The ledger is sound")).to_be_visible()
    assert "gap" not in drawn(page.get_by_label(LINE))["yAxis"][0]["data"]
