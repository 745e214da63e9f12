"""`highwater bench incremental --json` on the fewest trips that it takes: its shape, and that its figures agree."""

import json
import subprocess

import pytest
from conftest import environment, highwater

from local.state import State

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(1500)]

BOTH = (
    "cpu_s",
    "rows_read",
    "bytes_written",
    "files_written",
    "files_rewritten",
    "stages",
    "tables",
    "written",
)
ONE = ("trips", "changed", "days", "full_s", "incremental_s", "ratio", "seed_s", "first_load_s", "equal")


def test_what_the_bench_tells_is_whole_and_agrees_with_itself(tmp_path_factory):
    state = State(tmp_path_factory.mktemp("b") / "s")  # a socket has a short path
    command = [*highwater(), "bench", "incremental", "--trips", "1000", "--change", "0.02", "--json"]
    answer = subprocess.run(command, capture_output=True, text=True, env=environment(state))
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    assert set(told) == {*BOTH, *ONE}
    assert all(set(told[name]) == {"full", "incremental"} for name in BOTH)
    assert (told["trips"], told["days"], told["equal"]) == (1000, None, True)
    assert 15 <= told["changed"] <= 30  # trips, and the drivers that changed with them

    assert told["full_s"] > 0 and told["incremental_s"] > 0
    assert told["ratio"] == pytest.approx(told["incremental_s"] / told["full_s"], abs=0.01)
    rows = told["rows_read"]
    assert rows["full"] > 1000 > rows["incremental"] >= told["changed"]
    for name in ("full", "incremental"):
        tables, stages, written = (told[what][name] for what in ("tables", "stages", "written"))
        assert set(tables) == {"driver", "trip", "trip_event", "zone"}
        assert sum(table["rows"] for table in tables.values()) == rows[name]
        assert tables["trip"]["steps"].keys() >= {"bronze", "silver", "gold", "agg_zone_hour"}
        assert {"Merge", "Views"} <= set(stages)
        assert sum(table["bytes"] for table in written.values()) == told["bytes_written"][name] > 0
        assert sum(table["files_added"] for table in written.values()) == told["files_written"][name]
        assert {"landing", "silver/trip", "gold/fact_trip"} <= set(written)
    assert told["bytes_written"]["full"] > told["bytes_written"]["incremental"]
    assert told["tables"]["full"]["trip"]["rows"] >= 1000
    assert 15 <= told["tables"]["incremental"]["trip"]["rows"] <= 25
    assert not state.root.exists() and not state.root.with_name("s-bench").exists()  # it leaves no stack


def test_a_measurement_that_says_nothing_is_refused(tmp_path_factory):
    folder = tmp_path_factory.mktemp("b")
    command = [*highwater(), "bench", "incremental", "--trips", "999", "--json"]
    answer = subprocess.run(command, capture_output=True, text=True, env=environment(State(folder / "s")))
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "at least 1,000 trips" in answer.stderr
    assert list(folder.iterdir()) == []
