"""Re-runs of what a real PostgreSQL kept.

https://learn.microsoft.com/azure/data-factory/monitor-visually#rerun-pipelines-and-activities
"""

import json
from dataclasses import asdict

import pytest
from historylab import FACTORY, run

from local.adf import Factory, Runtime
from local.adf.history import History, Recorder

pytestmark = pytest.mark.postgres


def test_a_rerun_takes_over_what_the_database_kept(database, tmp_path):
    """The child failed in the first run; mended, it alone is run again, and the re-run is the latest."""
    first = run(database, tmp_path)
    mended = Factory(
        {
            **FACTORY.pipelines,
            "child": {"activities": [{"name": "Yes", "type": "Wait", "waitTimeInSeconds": 1}]},
        }
    )
    with History(database.conninfo(), tmp_path) as history, Recorder(database.conninfo()) as recorder:
        runtime = Runtime(mended, tmp_path, sleep=lambda *_: None, recorded=recorder)
        again = runtime.rerun(history.load(first.run_id), history.load)
    with History(database.conninfo(), tmp_path) as history:
        listed = {one["run_id"]: one for one in history.runs()}
        assert asdict(history.load(again.run_id)) == asdict(again)
        child = next(iter(history.tree(again.run_id).children.values())).run
    assert again.status == "Succeeded" and again.parameters == {"who": "me"}
    assert [listed[one.run_id]["is_latest"] for one in (first, again)] == [False, True]
    assert {one["run_group_id"] for one in listed.values()} == {first.run_id}
    assert child.rerun_of == first.activity("Call").output["pipelineRunId"]


def test_an_output_that_is_taken_over_is_what_it_was(database, tmp_path):
    """Keys in their order, numbers and texts to the last digit: what an expression makes of it may depend on it."""
    output = {"z": 1, "a": [12345678901234567890, 1.5, True, None, "é\u0000"], "": {"b": {}}}
    (tmp_path / "lake/in").mkdir(parents=True)
    (tmp_path / "lake/in/rows.json").write_text(json.dumps(output))
    lookup = {
        "name": "L", "type": "Lookup", "dataset": {"referenceName": "rows"}, "source": {"type": "JsonSource"},
    }  # fmt: skip
    text = {
        "name": "No", "type": "Fail", "errorCode": "1", "message": "@string(activity('L').output)",
        "dependsOn": [{"activity": "L", "dependencyConditions": ["Succeeded"]}],
    }  # fmt: skip
    location = {"type": "AzureBlobFSLocation", "fileSystem": "in", "fileName": "rows.json"}
    factory = Factory(
        {"main": {"activities": [lookup, text]}},
        {"rows": {"type": "Json", "linkedServiceName": {"referenceName": "lake"}, "location": location}},
        {"lake": {"type": "AzureBlobFS", "url": (tmp_path / "lake").as_uri() + "/"}},
    )
    first = run(database, tmp_path, factory)
    with History(database.conninfo(), tmp_path) as history:
        again = Runtime(factory, tmp_path / "again").rerun(history.load(first.run_id), history.load)
    assert again.activity("L").reused_from == first.run_id
    assert again.message == first.message and "12345678901234567890" in first.message
