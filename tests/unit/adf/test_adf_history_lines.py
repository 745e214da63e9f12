"""The lines of a record as rows, and whether a process still runs."""

import json
import math
import os
import subprocess
import sys
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from local.adf import Factory, Runtime
from local.adf.history.lines import batch_of, dumps, moment
from local.adf.runtime.owner import is_alive, this_process
from local.adf.runtime.records import read_lines

NOTE = {"name": "Note", "type": "SetVariable", "variableName": "v", "value": "@string(item())"}
LOOP = {
    "name": "Loop",
    "type": "ForEach",
    "items": "@range(0, 3)",
    "isSequential": True,
    "activities": [NOTE],
}


def lines(tmp_path) -> list[tuple[int, dict]]:
    factory = Factory({"main": {"variables": {"v": {"type": "String"}}, "activities": [LOOP]}})
    run = Runtime(factory, tmp_path).run("main")
    return list(enumerate(read_lines(tmp_path / f"{run.run_id}.jsonl")))


def test_a_whole_record_writes_each_activity_once(tmp_path):
    batch = batch_of("r", lines(tmp_path))
    assert [one["path"] for one in batch.done] == ["Loop[0]/Note", "Loop[1]/Note", "Loop[2]/Note", "Loop"]
    assert batch.begun == [] and len(batch.started) == len(batch.finished) == 1 and batch.ended
    assert json.loads(batch.started[0]["owner"])["pid"] == os.getpid()


def test_half_a_record_has_what_is_under_way(tmp_path):
    found = lines(tmp_path)
    batch = batch_of("r", found[:5])
    assert [(one["path"], one["status"]) for one in batch.begun] == [("Loop", "InProgress")]
    assert [one["path"] for one in batch.done] == ["Loop[0]/Note"] and not batch.ended
    rest = batch_of("r", found[5:])
    assert [one["position"] for one in rest.done] == [6, 8, 9]


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)), st.integers(0, 9))
def test_a_time_keeps_its_microseconds(value, tenth):
    text = value.strftime("%Y-%m-%dT%H:%M:%S.%f") + f"{tenth}Z"
    assert moment(text) == value.replace(tzinfo=UTC)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(JSON)
def test_any_value_is_json_that_postgresql_parses(value):
    text = dumps(value)
    assert (text is None) == (value is None)
    if text is not None:
        assert text.isascii()
        parsed = json.loads(text, parse_constant=lambda name: (_ for _ in ()).throw(AssertionError(name)))
        assert dumps(parsed) == text


def test_numbers_that_json_has_not_become_text():
    assert dumps({"a": [math.nan, math.inf, -math.inf, 1.5]}) == '{"a": ["nan", "inf", "-inf", 1.5]}'


def test_a_process_goes_by_its_number_and_its_start():
    assert is_alive(this_process())
    assert not is_alive(
        {**this_process(), "started": this_process()["started"] - 60}
    )  # the number given out again
    assert not is_alive(None) and not is_alive({})
    ended = subprocess.Popen([sys.executable, "-c", ""])
    owner = {"pid": ended.pid, "started": this_process()["started"]}
    ended.wait()
    assert not is_alive(owner)
