"""A run's rows by stage: three counts that agree, and every way in which they may not."""

import json
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
from delta_writer import write

from local import run_report
from local.run_report import Stages

COUNTS = {"landed": 7, "inserted": 2, "updated": 1, "unchanged": 1, "quarantined": 1, "duplicates": 1, "superseded": 1,
          "deleted": 0}  # fmt: skip
PLACES = ("kept", "kept", "kept", "kept", "quarantined", "duplicate", "superseded")


@dataclass
class Lake:
    """What the report asks of a stack, and a run `r` of batch 3 that read table `t`."""

    root: Path
    read: int = 7

    def container(self, name: str) -> Path:
        return self.root / name

    def bronze(self, *places: str, batch: int = 3) -> None:
        write(
            self.container("bronze") / "t", pa.table({"_place": places, "_batch_id": [batch] * len(places)})
        )

    def receipt(self, **counts) -> None:
        folder = self.container("landing") / "_receipts" / "r" / "t"
        folder.mkdir(parents=True)
        told = {"table_name": "t", "status": "merged"} | COUNTS | counts
        (folder / "part-0.json").write_text(json.dumps(told) + "\n")

    def stages(self) -> Stages:
        (found,) = run_report.stages(self, "r")
        return found


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    made = Lake(tmp_path)
    row = {"table_name": "t", "status": "succeeded", "batch_id": 3}
    monkeypatch.setattr(run_report, "report", lambda stack, run: [row | {"rows": stack.read}])
    return made


def test_counts_that_agree_add_up(lake):
    lake.bronze("kept", batch=2)  # another run's
    lake.bronze(*PLACES)
    lake.receipt()
    found = lake.stages()
    assert (found.read, found.bronze, found.landed, found.silver) == (7, 7, 7, 4)
    assert found.silver + found.quarantined + found.duplicates + found.superseded == found.landed
    assert found.problems == ()


@pytest.mark.parametrize(
    ("read", "places", "counts", "problems"),
    [
        (7, PLACES, {"inserted": 1}, ("landed, and silver + quarantine + duplicates + superseded: 7 and 6",)),
        (8, PLACES, {}, ("read by Copy, and landed: 8 and 7",)),
        (7, PLACES[1:], {}, ("rows of the batch in bronze, and landed: 6 and 7",)),
        (7, (), {}, ("rows of the batch in bronze, and landed: 0 and 7",
                     "quarantined in bronze, and by the receipt: 0 and 1",
                     "duplicates in bronze, and by the receipt: 0 and 1")),
        (7, (*PLACES[:5], "kept", "superseded"), {}, ("duplicates in bronze, and by the receipt: 0 and 1",)),
        (7, PLACES, {"quarantined": 0, "superseded": 2}, ("quarantined in bronze, and by the receipt: 1 and 0",)),
    ],
)  # fmt: skip
def test_what_does_not_add_up_is_told_in_words(lake, read, places, counts, problems):
    lake.read = read
    if places:
        lake.bronze(*places)
    lake.receipt(**counts)
    assert lake.stages().problems == problems


def test_rows_of_which_no_receipt_tells_are_a_problem_and_no_rows_are_none(lake):
    lake.bronze(*PLACES)
    assert lake.stages().problems == ("no receipt tells what became of them",)
    lake.read = 0
    assert lake.stages().problems == ()


def test_a_table_that_failed_has_no_counts(lake):
    lake.receipt(status="failed")
    found = lake.stages()
    assert (found.landed, found.silver, found.bronze) == (None, None, None)
    assert found.problems == ("no receipt tells what became of them",)
