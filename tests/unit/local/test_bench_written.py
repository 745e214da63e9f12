"""What a run wrote, as the bench counts it."""

import json
from pathlib import Path

from local.bench.written import Written, mark, since, total


def commit(table: Path, version: int, *actions: dict) -> None:
    log = table / "_delta_log"
    log.mkdir(parents=True, exist_ok=True)
    (log / f"{version:020}.json").write_text("".join(json.dumps(a) + "\n" for a in actions))


def test_new_commits_and_new_landed_files_are_counted_and_nothing_older(tmp_path):
    table, landing = tmp_path / "gold" / "fact", tmp_path / "landing"
    commit(table, 0, {"add": {"path": "a", "size": 100}})
    for name in ("t/1/1", "_plans/run"):
        (landing / name).mkdir(parents=True)
    (landing / "t/1/1/old.parquet").write_bytes(b"x" * 7)
    before = mark(tmp_path)
    commit(
        table,
        1,
        {"remove": {"path": "a"}},
        {"add": {"path": "b", "size": 60}},
        {"cdc": {"path": "c", "size": 5}},
        {"commitInfo": {}},
    )
    commit(tmp_path / "silver" / "t", 0, {"add": {"path": "d", "size": 1}})
    (landing / "t/1/1/new.parquet").write_bytes(b"x" * 9)
    (landing / "_plans/run/plan.parquet").write_bytes(b"x" * 1000)
    found = since(tmp_path, before)
    assert found == {
        "landing": Written(9, 1, 0), "gold/fact": Written(65, 2, 1), "silver/t": Written(1, 1, 0),
    }  # fmt: skip
    assert total(found) == Written(75, 4, 1)
    assert since(tmp_path, mark(tmp_path)) == {"landing": Written()}


def test_a_file_that_stays_in_a_commit_is_not_written_again(tmp_path):
    table = tmp_path / "silver" / "trip"
    commit(
        table,
        0,
        {"remove": {"path": "marked"}},
        {"add": {"path": "marked", "size": 9_000, "deletionVector": {"storageType": "u", "sizeInBytes": 40}}},
        {"remove": {"path": "told"}},
        {"add": {"path": "told", "size": 8_000}},
        {"remove": {"path": "old"}},
        {"add": {"path": "new", "size": 500}},
    )
    assert since(tmp_path, {})["silver/trip"] == Written(bytes=540, files_added=1, files_rewritten=1)
