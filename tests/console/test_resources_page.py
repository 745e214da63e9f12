"""What an update would change, shown before anybody makes it."""

import re
from collections.abc import Iterator

import pytest
import yaml
from console_process import Console, serve
from looked_at import cells
from playwright.sync_api import expect

import contracts.load


@pytest.fixture(scope="module")
def widened(console, tmp_path_factory) -> Iterator[Console]:
    """The console of a program whose contract of zones has one column more than the stack was made with."""
    folder = tmp_path_factory.mktemp("contracts")
    for file in contracts.load.CONTRACTS_DIR.glob("*.yaml"):
        body = yaml.safe_load(file.read_text())
        if body["table"] == "zone":
            body["columns"].append({"name": "note", "type": "varchar(20)", "description": "A remark"})
        (folder / file.name).write_text(yaml.safe_dump(body))
    with serve(console.stack, ("contracts", folder)) as running:
        yield running


def test_a_preview_shows_each_resource_that_would_change_and_what_of_it(widened, visit):
    page = visit(widened, "/resources")
    page.get_by_role("button", name="Preview an update").click()
    said = page.get_by_text(re.compile(r"An update would create \d+, update \d+, replace \d+ and delete \d+"))
    expect(said).to_be_visible(timeout=120_000)
    created, updated, replaced, deleted, same = (
        int(n.replace(",", "")) for n in re.findall(r"[\d,]*\d", said.text_content())
    )
    assert (created, replaced, deleted) == (0, 0, 0)
    assert same > 60
    found = cells(page.get_by_role("region", name="What an update would change"))
    assert len(found) == updated >= 2
    assert {operation for operation, *_ in found} == {"update"}
    assert all("zone" in name for _, _, name, _ in found), found
    (view,) = (row for row in found if row[2] == "view-mart.dim_zone")
    assert "(update)" in view[3]


def test_resources_are_narrowed_by_type_and_by_words_with_their_numbers(console, visit):
    page = visit(console, "/resources")
    declared = console.stack.registry.all()
    expect(page.get_by_text(f"{len(declared):,} of {len(declared):,} resources", exact=True)).to_be_visible()
    kind = max({r.type for r in declared}, key=lambda t: sum(r.type == t for r in declared))
    of_kind = sum(r.type == kind for r in declared)
    page.get_by_role("link", name=f"{kind.rpartition(':')[2]} {of_kind}", exact=True).click()
    expect(page.get_by_text(f"{of_kind:,} of {len(declared):,} resources", exact=True)).to_be_visible()
    shown = cells(page.get_by_role("region", name="Declared resources"))
    assert {row[1] for row in shown} == {kind}
    assert len(shown) == of_kind
    page.goto(f"{console.at}/resources?find=nothing%20of%20the%20kind")
    expect(page.get_by_text("No resource has that in its name or type")).to_be_visible()
    expect(page.get_by_text("Clear what you look for")).to_be_visible()
