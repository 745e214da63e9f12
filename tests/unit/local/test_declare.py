"""`declare`: everything that the engine would get, without an engine."""

import io
import json
import socket
import threading
from pathlib import Path

import pytest
from stacks import declared

from local.declare import declare, project_name, resources, stack_config
from local.errors import HighwaterError


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError(f"declare opened a connection: {args}")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("PATH", "")


def test_two_stacks_one_after_the_other_offline(no_network, tmp_path: Path):
    counts = {stack: declare(stack, tmp_path / f"{stack}.jsonl") for stack in ("local", "dev")}
    for stack, count in counts.items():
        lines = (tmp_path / f"{stack}.jsonl").read_text().splitlines()
        found = [json.loads(line) for line in lines]
        assert len(found) == count
        assert {line["urn"].split("::")[0] for line in found} == {f"urn:pulumi:{stack}"}
        assert all(sorted(line) == ["inputs", "options", "type", "urn"] for line in found)
        assert len({line["urn"] for line in found}) == count
    assert counts["local"] < counts["dev"]  # the laptop has neither Unity Catalog nor anything that watches


def test_a_stream_takes_it_too_and_each_run_is_the_same():
    first, second = io.StringIO(), io.StringIO()
    declare("local", first)
    declare("local", second)
    assert first.getvalue() == second.getvalue()
    assert first.getvalue().endswith("\n")


def test_no_server_and_no_thread_stays_behind_it():
    """Pulumi's server for hooks polls in a thread that a later event loop of the process could die of."""
    before = set(threading.enumerate())
    found = resources("dev")
    assert any("hooks" in r["options"] for r in found)
    assert [t.name for t in threading.enumerate() if t not in before] == []


def test_no_output_vanished_and_no_code_is_in_it():
    text = json.dumps(declared("dev"))
    assert "__provider" not in text
    assert "04da6b54-80e4-46f7-96ec-b56ff0331ba9" not in text  # Pulumi's mark of an unknown value
    empty = [
        (r["urn"], key) for r in declared("dev") for key, value in r["inputs"].items() if value in ({}, None)
    ]
    assert empty == []


def test_options_are_those_of_the_registration():
    found = {r["urn"].rpartition("::")[2] + "|" + r["type"]: r for r in declared("prod")}
    account = found["lake|azure-native:storage:StorageAccount"]["options"]
    assert account["protect"] is True
    assert account["parent"].endswith("$highwater:infra:Lake::lake")
    assert [urn.rpartition("::")[2] for urn in account["dependsOn"]] == ["factory", "group"]
    pipeline = found["ingest|azure-native:datafactory:Pipeline"]["options"]
    assert pipeline["deletedWith"].endswith("azure-native:datafactory:Factory::factory")
    assert {"factory", "load_table", "merge"} <= {urn.rpartition("::")[2] for urn in pipeline["dependsOn"]}
    assert (
        found["merge|databricks:index/job:Job"]["options"]["provider"]
        .split("::")[2]
        .endswith("pulumi:providers:databricks")
    )


def test_a_refused_setting_is_an_error_for_the_user_and_writes_nothing(tmp_path: Path):
    out = tmp_path / "out.jsonl"
    with pytest.raises(HighwaterError) as caught:
        declare("production", out)
    assert caught.value.what == "There is no stack called 'production'."
    with pytest.raises(
        HighwaterError, match=r"highwater:factory\.every_minutes: Input should be .* 1 \(found: 0\)"
    ):
        resources("dev", stack_config("dev") | {"highwater:factory": '{"every_minutes": 0}'})
    assert not out.exists()


def test_a_refused_contract_is_an_error_for_the_user(monkeypatch: pytest.MonkeyPatch):
    import contracts
    from contracts.errors import Breach

    def broken() -> list:
        raise contracts.ContractError("trip.yaml", [Breach("cursor.column", "must be a column", "nope")])

    monkeypatch.setattr(contracts, "load_all", broken)
    with pytest.raises(HighwaterError) as caught:
        resources("local")
    assert caught.value.what == "A contract is refused."
    assert caught.value.why == "trip.yaml: cursor.column: must be a column (found: 'nope')"


def test_config_is_handed_over_as_the_engine_does(tmp_path: Path):
    (tmp_path / "Pulumi.yaml").write_text("name: p\nruntime: python\nconfig:\n  a: 1\n  q:x: {value: [1]}\n")
    (tmp_path / "Pulumi.s.yaml").write_text("config:\n  p:a: two\n  p:b: {c: true}\n")
    assert stack_config("s", tmp_path) == {"p:a": "two", "q:x": "[1]", "p:b": '{"c": true}'}
    assert stack_config("none", tmp_path) == {"p:a": "1", "q:x": "[1]"}
    assert project_name(tmp_path) == "p"
