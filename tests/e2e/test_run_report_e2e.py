"""`highwater report`: what became of every row that a run landed, and that it says so when a row is lost."""

import json

import psycopg
import pytest
from test_whole_path import spark_of

from local import source

pytestmark = pytest.mark.e2e


@pytest.mark.slow
def test_every_row_of_a_run_is_accounted_for_until_one_is_lost(path):
    path.ingest()
    bad = source.insert_bad_trips(path.stack.source, 3, seed=91)
    source.insert_trips(path.stack.source, 20, seed=92)
    run, recorded = path.run()
    answer = path.cli("report", run.run_id, "--json")
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)
    tables = {table["table"]: table for table in told["tables"]}
    assert (told["run_id"], told["status"], set(tables)) == (run.run_id, "succeeded", set(recorded))
    counts = ("read", "bronze", "landed", "silver", "inserted", "quarantined", "duplicates", "superseded")
    assert [tables["trip"][c] for c in counts] == [23, 23, 23, 20, 20, 3, 0, 0]
    for name, table in tables.items():
        assert (table["read"], table["problems"]) == (recorded[name]["rows"], []), name
        if table["read"]:
            placed = table["silver"] + table["quarantined"] + table["duplicates"] + table["superseded"]
            assert table["landed"] == placed, name
    newest = path.cli("report")
    assert newest.returncode == 0 and run.run_id in newest.stdout
    assert newest.stdout.count("adds up") == len(tables)

    bronze = f"delta.`{path.stack.lake_endpoint}bronze/trip`"
    with spark_of(path) as spark:
        good = spark.sql(f"describe history {bronze} limit 1").first()["version"]
        try:
            lost = f"_batch_id = {recorded['trip']['batch_id']} and _place = 'quarantined'"
            spark.sql(f"delete from {bronze} where {lost}").collect()
            wrong, shown = path.cli("report", run.run_id, "--json"), path.cli("report", run.run_id)
        finally:
            spark.sql(f"restore table {bronze} to version as of {good}").collect()
    assert (wrong.returncode, shown.returncode) == (1, 1)
    problems = {table["table"]: table["problems"] for table in json.loads(wrong.stdout)["tables"]}
    assert {name for name, found in problems.items() if found} == {"trip"}
    assert problems["trip"] == [
        "rows of the batch in bronze, and landed: 20 and 23",
        "quarantined in bronze, and by the receipt: 0 and 3",
    ]
    assert shown.stdout.count("does not add up") == 1 and "Rows do not add up in trip" in shown.stderr
    with psycopg.connect(path.stack.source) as connection:  # other tests count what is in quarantine
        connection.execute("delete from mobility.trip where trip_id = any(%s)", [list(bad)])
    assert path.cli("report", run.run_id).returncode == 0


def test_a_run_that_cannot_be_named_is_refused(path):
    answer = path.cli("report", "no-such-run", "--json")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "No run can be chosen" in answer.stderr and "names no runs" in answer.stderr
