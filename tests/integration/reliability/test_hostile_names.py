"""Whoever may write into landing chooses names and texts: none of them becomes SQL, a path, or another table's rows."""

import json
from pathlib import Path

import pytest
from scenes import SCENES, assert_equal, change

from local import ledger_check

pytestmark = pytest.mark.postgres

NAMES = (
    "x'; drop table control.ledger; --.parquet",
    '"; drop schema control cascade; --.parquet',
    "$(touch owned).parquet",
    "*.parquet",
    "[a-z]?.parquet",
    "..%2F..%2Fkept.parquet",
    "@{pipeline().RunId}.parquet",
    "new\nline.parquet",
    "thing.parquet.parquet",
)
STATEMENT = "thing'; drop table control.ledger; --"


def litter(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        (folder / name).write_bytes(b"PAR1 of a stranger")


def forge(receipts: Path, run: str) -> None:
    """Receipts that the job has not written: of a table that is a statement, and of a path that leads out."""
    receipt = {
        "run_id": run, "table_name": STATEMENT, "status": "failed", "error": STATEMENT, "landed": 1,
        "windows": [{"window_id": 1, "attempt": 1}], "rules": {STATEMENT: 1}, "unread": [1],
    }  # fmt: skip
    for folder, more in (
        ("a'; drop table control.ledger; --", {}),
        ("%2e%2e", {"table_name": "../../kept"}),
        ("b", {"status": "merged", "versions": {STATEMENT: 1}}),
    ):
        (receipts / folder).mkdir(parents=True)
        (receipts / folder / "part-0.json").write_text(json.dumps(receipt | more) + "\n")


@pytest.fixture
def kept(made) -> Path:
    """A file beside the lake, which no name may reach."""
    file = made.lake.parent / "kept.parquet"
    file.write_text("kept")
    return file


def test_names_and_receipts_of_strangers_are_neither_statements_nor_paths(made, kept):
    change(made)
    ((newest,),) = made.source("select max(window_id) from control.ledger")
    before = {folder.name for folder in (made.lake / "landing" / "_receipts").iterdir()}
    forged: list[str] = []
    found: list[list] = []

    def strangers(step: str) -> None:
        landing = made.lake / "landing"
        if step.endswith("Copy window:before"):
            for window in range(newest + 1, newest + 4):
                litter(landing / "thing" / str(window) / "1")
        if step.endswith("/Merge:before"):  # all has landed; this job keeps no Delta table to compare with
            all_found = ledger_check.check(made.conninfo(), made.lake, made.contracts)
            found.append([f for f in all_found if f.breach != "watermark ahead of data"])
        if step.endswith("/Receipts:before"):
            (run,) = {folder.name for folder in (landing / "_receipts").iterdir()} - before
            forged.append(run)
            litter(landing / "_receipts" / run)
            forge(landing / "_receipts" / run, run)

    made.run(strangers)
    assert (len(forged), found) == (1, [[]])
    assert_equal(made, "strangers in landing")
    assert kept.read_text() == "kept" and list(made.lake.parent.glob("owned*")) == []


def test_a_sweep_takes_strangers_with_their_folder_and_nothing_beside_it(made, kept):
    SCENES["maintain"].begin(made)
    landing = made.lake / "landing"
    (swept,) = (file.parent for file in landing.glob("thing/*/2/thing.parquet"))
    litter(swept)
    (swept / "out").symlink_to(kept.parent)
    made.run(pipeline="maintain")
    assert not swept.exists()
    assert kept.read_text() == "kept"
    SCENES["maintain"].healed(made, "a sweep")
