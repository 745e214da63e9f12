"""The table of traps in docs/azure.md against the script that undoes them: neither may go stale."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
_ROW = re.compile(r"^\| (\d+) \|.*\| `([^`]+)` \| `([^`]+)` \|$", re.MULTILINE)


def loaded():
    spec = importlib.util.spec_from_file_location("undo_traps", PROJECT / "tests" / "undo_traps.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


TRAPS = loaded().TRAPS


def test_all_twenty_are_undone_and_told_in_the_docs():
    rows = {
        int(n): (file, test) for n, file, test in _ROW.findall((PROJECT / "docs" / "azure.md").read_text())
    }
    assert list(rows) == [trap.number for trap in TRAPS] == list(range(1, 21))
    for trap in TRAPS:
        file, test = rows[trap.number]
        assert trap.file.startswith(file), trap.number
        assert trap.test.partition("::")[2].partition("[")[0] == test, trap.number


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: str(trap.number))
def test_what_is_undone_is_there_once_and_its_test_too(trap):
    assert (PROJECT / trap.file).read_text().count(trap.handled) == 1
    file, _, name = trap.test.partition("::")
    assert f"def {name.partition('[')[0]}(" in (PROJECT / file).read_text()


def test_the_list_of_what_is_to_be_seen_live_leads_to_every_other_page_s_list():
    docs = PROJECT / "docs"
    heading = re.compile(r"^## (.*(?:live subscription|once on Azure).*)$", re.MULTILINE)
    anchors = {
        f"{page.name}#{found.lower().replace(' ', '-')}"
        for page in docs.glob("*.md")
        for found in heading.findall(page.read_text())
        if page.name != "azure.md"
    }
    assert {anchor.partition("#")[0] for anchor in anchors} >= {
        "azure-network.md", "azure-sql.md", "deploy.md", "maintenance.md", "monitoring.md",
    }  # fmt: skip
    linked = set(re.findall(r"\]\(([a-z-]+\.md#[^)]+)\)", (docs / "azure.md").read_text()))
    assert anchors - linked == set()
