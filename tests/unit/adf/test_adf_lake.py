"""Lookups over JSON files in the lake.

https://learn.microsoft.com/azure/data-factory/control-flow-lookup-activity
https://learn.microsoft.com/azure/data-factory/format-json
"""

from pathlib import Path

import pytest

from local.adf import Factory, PipelineRun, Runtime

DATASET = {
    "type": "Json",
    "linkedServiceName": {"referenceName": "lake"},
    "parameters": {"folder": {"type": "String"}},
    "location": {
        "type": "AzureBlobFSLocation",
        "fileSystem": "landing",
        "folderPath": {"type": "Expression", "value": "@dataset().folder"},
    },
}


def read(root: Path, folder: str, url: str | None = None, **settings: object) -> PipelineRun:
    store = {"type": "AzureBlobFSReadSettings", "recursive": True, **settings}
    lookup = {
        "name": "Read",
        "type": "Lookup",
        "firstRowOnly": False,
        "dataset": {"referenceName": "json", "parameters": {"folder": folder}},
        "source": {"type": "JsonSource", "storeSettings": store},
    }
    lake = {"type": "AzureBlobFS", "url": url or root.as_uri() + "/"}
    factory = Factory({"main": {"activities": [lookup]}}, {"json": DATASET}, {"lake": lake})
    return Runtime(factory, root / "runs").run("main")


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    for path, text in {
        "_receipts/r1/trip/part-0.json": '{"table": "trip", "landed": 3}\n',
        "_receipts/r1/zone/part-0.json": '{"table": "zone"}\n{"table": "zone2"}\n',
        "_receipts/r1/zone/_SUCCESS": "",
        "_receipts/r1/top.json": '[{"table": "top"}]',
        "_receipts/r2/trip/part-0.json": '{"table": "other run"}',
    }.items():
        file = tmp_path / "landing" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def test_reads_every_object_of_every_matching_file_below(lake):
    output = read(lake, "_receipts/r1", wildcardFileName="*.json").activity("Read").output
    assert output["count"] == 4
    assert [row["table"] for row in output["value"]] == ["top", "trip", "zone", "zone2"]
    assert output["value"][1]["landed"] == 3


def test_without_recursion_only_the_folder_itself(lake):
    output = read(lake, "_receipts/r1", wildcardFileName="*.json", recursive=False).activity("Read").output
    assert output["value"] == [{"table": "top"}]


@pytest.mark.parametrize("folder", ["_receipts/r9", "_receipts/r1/zone/none"])
def test_nothing_to_read_fails_as_in_the_service(lake, folder):
    result = read(lake, folder, wildcardFileName="*.json")
    assert result.error["errorCode"] == "UserErrorFileNotFound"
    assert f"Folder: {lake}/landing/{folder}, file: *.json" in result.error["message"]


def test_a_file_that_is_not_json_is_named(lake):
    (lake / "landing/_receipts/r1/trip/part-0.json").write_text('{"table": ')
    message = read(lake, "_receipts/r1", wildcardFileName="*.json").error["message"]
    assert "_receipts/r1/trip/part-0.json is not JSON" in message


def test_nothing_leaves_the_laptop(lake):
    result = read(lake, "_receipts/r1", url="https://account.dfs.core.windows.net/")
    assert "its url must be file:///FOLDER" in result.error["message"]


def test_a_location_can_not_point_out_of_its_file_system(lake):
    assert "points out of its file system" in read(lake, "../other").error["message"]


def test_a_missing_file_system_is_named(lake):
    (lake / "landing").rename(lake / "elsewhere")
    assert (
        "The file system 'landing' of the dataset 'json' does not exist" in read(lake, "x").error["message"]
    )
