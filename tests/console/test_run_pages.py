"""Runs: the list's filters, one run's activities behind their bars, two runs compared, a failed one run again."""

import json

import pytest
from looked_at import cells, changed, click_bar, drawn, rows
from playwright.sync_api import Page, expect

from local.console import words

TOP = "select run_id, pipeline, status from adf.pipeline_runs where parent is null order by started_at desc"
CHART = "Activities of the run along time"


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


@pytest.fixture
def failed(console) -> str:
    """The run that failed since the source lacked a table."""
    found = rows(console.stack, TOP.replace("where", "where rerun_of is null and pipeline = 'ingest' and"))
    return next(run["run_id"] for run in reversed(found) if run["status"] == "Failed")


def test_runs_are_narrowed_by_status_and_by_pipeline_in_an_address_that_can_be_kept(console, visit):
    page = visit(console, "/runs")
    listed = page.get_by_role("region", name="Runs")
    known = rows(console.stack, TOP)
    assert [(r[0], r[1]) for r in cells(listed)] == [(k["run_id"][:8], k["pipeline"]) for k in known]
    choose(page, "Status", "Failed")
    expect(page).to_have_url(f"{console.at}/runs?status=Failed")
    wanted = [k["run_id"][:8] for k in known if k["status"] == "Failed"]
    expect(page.get_by_text(f"page 1 of 1, {len(wanted)} runs")).to_be_visible()
    assert [r[0] for r in cells(listed)] == wanted
    choose(page, "Pipeline", "ingest")
    expect(page).to_have_url(f"{console.at}/runs?pipeline=ingest&status=Failed")
    choose(page, "Status", "all")
    expect(page).to_have_url(f"{console.at}/runs?pipeline=ingest")
    ingests = [k["run_id"][:8] for k in known if k["pipeline"] == "ingest"]
    expect(page.get_by_text(f"page 1 of 1, {len(ingests)} runs")).to_be_visible()
    assert [r[0] for r in cells(listed)] == ingests
    page.goto(f"{console.at}/runs?status=Cancelled")
    expect(page.get_by_text("No run is recorded that fits")).to_be_visible()
    expect(page.get_by_text("Choose other filters.")).to_be_visible()


def test_a_bar_opens_its_activity_with_input_output_error_and_attempts(console, visit, failed):
    page = visit(console, f"/runs/{failed}")
    chart = page.get_by_label(CHART)
    options = drawn(chart)
    names = options["yAxis"][0]["data"]
    assert any(name.endswith(" (Failed)") for name in names)
    broken = max(i for i, name in enumerate(names) if name.endswith("(Failed)"))
    assert "Failed, " in options["series"][0]["data"][broken]["name"]
    click_bar(page, chart, broken)
    dialog = page.get_by_role("dialog")
    name = names[broken].strip("\u00a0").removesuffix(" (Failed)")
    expect(dialog.get_by_role("heading")).to_have_text(name)
    query = "select * from adf.activity_runs where name = %s and status = 'Failed' order by started_at desc"
    known = {a["error"]["message"]: a for a in rows(console.stack, query, name)}
    message = dialog.get_by_role("alert").text_content()
    activity = known[message]
    facts = dialog.locator(".hw-facts > *").all_text_contents()
    told = dict(zip(facts[::2], facts[1::2], strict=True))
    assert (told["Type"], told["Attempts"]) == (activity["type"], str(activity["attempt"]))
    assert told["Took"] == words.duration(activity["seconds"])
    for title in ("Input", "Output", "Error"):
        value = activity[title.lower()]
        if value in (None, {}):
            expect(dialog.get_by_text(title, exact=True)).to_have_count(0)
            continue
        dialog.get_by_text(title, exact=True).click()
        text = json.dumps(value, indent=2, ensure_ascii=False)
        expect(
            dialog.locator("code, pre").filter(has_text=text.splitlines()[1].strip()).first
        ).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)


def test_an_activity_tells_how_often_it_was_tried(console, visit, failed):
    (tried,) = rows(
        console.stack,
        "select activity_run_id as id, name from adf.activity_runs where run_id = %s order by started_at limit 1",
        failed,
    )
    attempts = f"update adf.activity_runs set attempt = {{}} where activity_run_id = '{tried['id']}'"
    with changed(console.stack, [attempts.format(3)], [attempts.format(1)]):
        page = visit(console, f"/runs/{failed}")
        page.get_by_text("Activities as a list").click()
        page.get_by_role("button", name=tried["name"], exact=True).first.click()
        expect(page.get_by_role("dialog").locator(".hw-facts")).to_contain_text("Attempts3")


def test_two_runs_are_chosen_from_the_list_and_compared_by_their_numbers(console, visit, failed):
    whole = next(
        run["run_id"]
        for run in rows(console.stack, TOP)
        if (run["pipeline"], run["status"]) == ("ingest", "Succeeded")
    )
    page = visit(console, "/runs")
    page.get_by_label("Compare run").fill(failed[:8])
    page.get_by_label("with", exact=True).fill(whole[:8])
    page.get_by_role("button", name="Compare").click()
    expect(page).to_have_url(f"{console.at}/compare?a={failed[:8]}&b={whole[:8]}")
    found = {row[0]: row[1:] for row in cells(page.get_by_role("region", name="Activities of both runs"))}
    query = "select path, seconds, row_count from adf.activity_runs where run_id = %s"
    one, other = ({a["path"]: a for a in rows(console.stack, query, run)} for run in (failed, whole))
    assert set(one) | set(other) <= set(found)
    for path in set(one) | set(other):
        a, b = one.get(path), other.get(path)
        times = [f"{x['seconds']:,.1f}" if x else "not run" for x in (a, b)]
        counts = [words.count(x["row_count"]) if x else "" for x in (a, b)]
        difference = (b["seconds"] if b else 0) - (a["seconds"] if a else 0)
        assert found[path] == [*times, f"{difference:+,.1f}", *counts], path
    assert any("not run" in row for row in found.values())
    page.goto(f"{console.at}/compare?a={failed[:8]}&b=zzz")
    expect(page.get_by_role("alert")).to_contain_text("There is no run zzz")


def test_a_failed_run_is_run_again_with_the_same_parameters(console, visit, failed):
    page = visit(console, f"/runs/{failed}")
    page.get_by_role("button", name="Run again").click()
    question = page.get_by_role("alertdialog")
    expect(question).to_contain_text("Run ingest again?")
    question.get_by_role("button", name="Run again").click()
    expect(page).to_have_url(f"{console.at}/runs")
    newest = page.locator("tbody tr").first
    expect(newest).to_contain_text(f"re-run of {failed[:8]}", timeout=30_000)
    expect(newest).to_contain_text("Succeeded", timeout=240_000)
    newest.locator("a").first.click()
    expect(page.get_by_role("link", name=f"re-run of {failed[:8]}")).to_have_attribute(
        "href", f"/runs/{failed}"
    )
    (again,) = rows(console.stack, "select status, run_id from adf.pipeline_runs where rerun_of = %s", failed)
    assert again["status"] == "Succeeded"
    expect(page).to_have_url(f"{console.at}/runs/{again['run_id']}")
