"""What a run wrote, by Delta's logs."""

import json

from local.bench.written import Written, mark, since


def test_a_file_that_only_gets_a_deletion_vector_is_not_written_again(tmp_path):
    log = tmp_path / "silver" / "trip" / "_delta_log"
    log.mkdir(parents=True)
    before = mark(tmp_path)
    vector = {"storageType": "u", "sizeInBytes": 40}
    actions = [
        {"remove": {"path": "old.parquet"}},
        {"add": {"path": "old.parquet", "size": 9_000, "deletionVector": vector}},
        {"remove": {"path": "torn.parquet"}},
        {"add": {"path": "new.parquet", "size": 500}},
        {"cdc": {"path": "_change_data/feed.parquet", "size": 60}},
    ]
    (log / "00000000000000000000.json").write_text("\n".join(map(json.dumps, actions)))
    assert since(tmp_path, before)["silver/trip"] == Written(bytes=600, files_added=2, files_rewritten=1)
