"""Bad input gets an error that says what failed, why and what to do; nothing is lost by it."""

import subprocess

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import environment, highwater

from local.state import State

pytestmark = pytest.mark.e2e


def test_a_parquet_file_that_is_not_tlcs(path, tmp_path):
    file = tmp_path / "songs.parquet"
    pq.write_table(pa.table({"artist": ["a"], "title": ["b"]}), file)
    answer = path.cli("seed", "--from", str(file))
    assert answer.returncode == 1
    assert "lpep_pickup_datetime" in answer.stderr and "artist" in answer.stderr
    path.assert_equal()


def test_a_file_that_is_no_parquet_and_one_that_is_not_there(path, tmp_path):
    file = tmp_path / "text.parquet"
    file.write_text("hello")
    for given in (file, tmp_path / "gone.parquet"):
        answer = path.cli("seed", "--from", str(given))
        assert answer.returncode == 1
        assert given.name in answer.stderr and "Traceback" not in answer.stderr


def test_a_broken_contract(path, tmp_path):
    (tmp_path / "thing.yaml").write_text("table: thing\nmode: upsert\ncolumns: []\n")
    answer = path.cli("contracts", "check", "--directory", str(tmp_path))
    assert answer.returncode == 1
    assert "thing.yaml" in answer.stderr and "primary_key" not in answer.stdout


def test_a_pipeline_and_a_table_that_are_not_there(path):
    answer = path.cli("run", "nothing")
    assert answer.returncode == 1 and "nothing" in answer.stderr
    answer = path.cli("run", "ingest", "--param", "tables=trips")
    assert answer.returncode == 1 and "no such table: trips" in answer.stderr


def test_a_stack_that_is_not_up(tmp_path):
    env = environment(State(tmp_path / "none"))
    for command in (["status"], ["run", "ingest"], ["sql", "select 1"], ["seed"]):
        answer = subprocess.run([*highwater(), *command], capture_output=True, text=True, env=env)
        assert answer.returncode == 1
        assert "highwater up" in answer.stderr
    assert not (tmp_path / "none").exists()


def test_no_java(path):
    """Without Java the run fails with the reason; the fixture's next one, with Java, finished what it had landed."""
    answer = path.without_java
    assert answer.returncode == 1
    assert "Java" in answer.stderr and "make setup" in answer.stderr
    path.assert_equal()
