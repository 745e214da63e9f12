"""The registry: whole records or none, for their owner alone."""

import json
import multiprocessing
from pathlib import Path

import pytest

from local.azure.registry import Record, Registry
from local.state import State

JOB = "databricks:index/job:Job"
PIPELINE = "azure-native:datafactory:Pipeline"


def record(id: str = "/sub/A", name: str = "a", type: str = PIPELINE, **inputs) -> Record:
    return Record(id, f"urn:pulumi:local::highwater::{type}::{name}", type, name, inputs, {"name": name})


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(State(tmp_path))


def test_what_is_put_is_got_and_removed_once(registry: Registry) -> None:
    kept = record(activities=[{"name": "x", "n": 1}])
    registry.put(kept)
    assert registry.get("/sub/A") == kept
    assert registry.get("/SUB/a", PIPELINE) == kept  # Azure's ids know no case
    registry.remove("/sub/a")
    registry.remove("/sub/a")
    assert registry.get("/sub/A") is None and registry.all() == []


def test_an_empty_registry_has_nothing(registry: Registry) -> None:
    assert registry.all() == [] and registry.get("x") is None
    registry.remove("x")


def test_put_replaces(registry: Registry) -> None:
    registry.put(record(concurrency=1))
    registry.put(record(concurrency=2))
    assert [kept.inputs for kept in registry.all()] == [{"concurrency": 2}]


def test_records_are_listed_by_type_in_order(registry: Registry) -> None:
    for kept in (record("2", "b"), record("1", "a"), record("1", "j", JOB)):
        registry.put(kept)
    assert [kept.name for kept in registry.all()] == ["a", "b", "j"]
    assert [kept.name for kept in registry.all(PIPELINE)] == ["a", "b"]
    assert registry.get("1", JOB).name == "j"


def test_only_the_owner_may_read(registry: Registry) -> None:
    registry.put(record())
    (path,) = registry.folder.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_failed_put_leaves_the_old_record_and_no_litter(registry: Registry) -> None:
    registry.put(record(concurrency=1))
    with pytest.raises(TypeError):
        registry.put(record(concurrency=object()))
    assert registry.get("/sub/A").inputs == {"concurrency": 1}
    assert len(list(registry.folder.iterdir())) == 1


def _write(root: Path, text: str, times: int) -> None:
    registry = Registry(State(root))
    for _ in range(times):
        registry.put(record(text=text * 20_000))


def test_a_reader_never_meets_half_a_record(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(tmp_path, text, 150)) for text in "ab"]
    registry = Registry(State(tmp_path))
    for writer in writers:
        writer.start()
    read = 0
    while any(writer.is_alive() for writer in writers):
        found = registry.get("/sub/A", PIPELINE)
        if found is not None:
            read += 1
            assert found.inputs["text"] in ("a" * 20_000, "b" * 20_000)
    assert read > 0
    assert [writer.exitcode for writer in writers] == [0, 0]
    (path,) = registry.folder.iterdir()
    assert set(json.loads(path.read_text())["inputs"]["text"]) in ({"a"}, {"b"})
