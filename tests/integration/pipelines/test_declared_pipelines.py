"""The declared pipelines on a real PostgreSQL and its ledger, run by the laptop's Data Factory."""

import time

import pytest

pytestmark = pytest.mark.postgres


def zones(*numbers: int) -> str:
    values = ", ".join(f"({n}, 'Borough', 'It''s zone {n}', 'Yellow')" for n in numbers)
    return f"insert into mobility.zone (zone_id, borough, zone_name, service_zone) values {values}"


def drivers(*numbers: int, when: str = "now() - interval '1 hour'") -> str:
    values = ", ".join(f"({n}, 'Driver {n}', 'van', 'active', false, {when})" for n in numbers)
    return (
        "insert into mobility.driver (driver_id, full_name, vehicle_class, status, is_deleted, updated_at)"
        f" values {values}"
    )


def failed(run) -> set[str]:
    return {activity.name for activity in run.activities if activity.status == "Failed"}


def test_what_is_new_lands_is_merged_and_settled_and_nothing_moves_twice(bench):
    bench.tell(zones(1, 2, 3))
    bench.tell(drivers(1, 2))
    run = bench.runtime.run("ingest")
    assert (run.status, failed(run)) == ("Succeeded", set())
    assert (bench.landed("zone"), bench.landed("driver"), bench.landed("trip")) == (3, 2, 0)
    assert {row["table_name"] for row in bench.job.plans[0]} == {"zone", "driver"}
    assert bench.ask("select distinct status from control.ledger") == [("merged",)]
    assert bench.ask("select status, message from control.run") == [("succeeded", None)]
    again = bench.runtime.run("ingest")
    assert (again.status, len(bench.job.plans)) == ("Succeeded", 1)
    assert (bench.landed("zone"), bench.landed("driver")) == (3, 2)
    bench.tell(drivers(3, when="now()"))
    time.sleep(0.5)  # a timestamp is read once it is older than the margin
    assert bench.runtime.run("ingest").status == "Succeeded"
    assert [(row["table_name"], row["rows"]) for row in bench.job.plans[1]] == [("driver", 1)]


def test_one_table_s_failure_stops_that_table_and_not_the_others(bench):
    bench.tell(zones(1))
    bench.tell(drivers(1))
    bench.tell("alter table mobility.driver rename to renamed")
    run = bench.runtime.run("ingest")
    assert run.status == "Failed"
    assert "Run failed" in failed(run)
    (message,) = bench.ask("select message from control.run")[0]
    assert message.startswith("driver: ")
    assert "the table is not there" in message
    assert run.error["message"].count("driver: ") == 1
    assert dict(bench.ask("select table_name, status from control.run_table")) == {
        "driver": "failed", "trip": "succeeded", "trip_event": "succeeded", "zone": "succeeded",
    }  # fmt: skip
    assert bench.landed("zone") == 1
    bench.tell("alter table mobility.renamed rename to driver")
    assert bench.runtime.run("ingest").status == "Succeeded"
    assert bench.landed("driver") == 1


def test_a_job_that_dies_without_receipts_leaves_its_windows_to_the_next_run(bench):
    bench.tell(zones(1, 2))
    bench.job.dies = True
    run = bench.runtime.run("ingest")
    assert run.status == "Failed"
    assert bench.ask("select table_name, status, claimed_by from control.ledger where rows > 0") == [
        ("zone", "landed", None)
    ]
    assert "the job left no receipt" in bench.ask("select message from control.run")[0][0]
    bench.job.dies = False
    assert bench.runtime.run("ingest").status == "Succeeded"
    assert [(row["window_id"], row["attempt"]) for row in bench.job.plans[0]] != [
        (row["window_id"], row["attempt"]) for row in bench.job.plans[1]
    ]
    assert {row["window_id"] for row in bench.job.plans[0]} == {
        row["window_id"] for row in bench.job.plans[1]
    }
    assert bench.landed("zone") == 2


def test_a_job_that_fails_for_one_table_settles_the_others(bench):
    bench.tell(zones(1))
    bench.tell(drivers(1))
    bench.job.failing = ("driver",)
    run = bench.runtime.run("ingest")
    assert run.status == "Failed"
    assert {"Merge", "Merge failed", "Merge windows", "Run failed"} <= failed(run)
    assert bench.ask("select message from control.run") == [("driver: driver's merge failed",)]
    assert bench.ask("select table_name, status from control.ledger where rows > 0 order by 1") == [
        ("driver", "landed"), ("zone", "merged"),
    ]  # fmt: skip
    bench.job.failing = ()
    assert bench.runtime.run("ingest").status == "Succeeded"
    assert bench.ask("select distinct status from control.ledger") == [("merged",)]


def test_a_copy_that_fails_releases_its_window_and_a_half_file_does_not_count(bench):
    """The landing folder of the first attempt is in the way: the copy can't write there."""
    bench.tell(zones(1, 2))
    (bench.lake / "landing" / "zone").write_text("a file where a folder must be")
    run = bench.runtime.run("ingest", {"tables": "zone"})
    assert run.status == "Failed"
    assert bench.ask("select status, claimed_by from control.ledger where table_name = 'zone'") == [
        ("open", None)
    ]
    assert bench.ask("select status from control.run_table") == [("failed",)]
    (bench.lake / "landing" / "zone").unlink()
    assert bench.runtime.run("ingest", {"tables": "zone"}).status == "Succeeded"
    assert bench.ask("select attempt, rows, status from control.ledger where table_name = 'zone'") == [
        (2, 2, "merged")
    ]


def test_without_the_control_database_the_run_fails_and_says_why(bench):
    bench.tell("drop schema control cascade", "control")
    run = bench.runtime.run("ingest")
    assert run.status == "Failed"
    assert failed(run) == {"Begin run"}
    assert "control" in run.error["message"]
    assert bench.job.plans == []


def test_only_the_tables_that_are_asked_for_are_loaded(bench):
    bench.tell(zones(1))
    bench.tell(drivers(1))
    assert bench.runtime.run("ingest", {"tables": "zone"}).status == "Succeeded"
    assert (bench.landed("zone"), bench.landed("driver")) == (1, 0)


def test_a_reload_reads_everything_again(bench):
    bench.tell(drivers(1, 2, 3))
    assert bench.runtime.run("ingest").status == "Succeeded"
    assert bench.runtime.run("reload", {"tables": "driver"}).status == "Succeeded"
    assert {(row["kind"], row["rows"]) for row in bench.job.plans[1]} == {("reload", 3)}


def test_a_table_whose_columns_changed_stops_and_says_how_and_the_others_go_on(bench):
    """Of a cursor that is gone the bounds query itself fails; the ledger still says what became of it."""
    bench.tell("alter table mobility.trip drop column updated_at, alter column tip_amount type text;"
               "alter table mobility.driver add column shoe_size int;"
               "insert into mobility.zone select n, 'a', 'b', 'c' from generate_series(1, 3) n")  # fmt: skip
    run = bench.runtime.run("ingest")
    assert run.status == "Failed"
    told = (
        'the columns of "mobility"."trip" are not as the contract says: tip_amount is now text, it was numeric(10,2);'
        " updated_at is gone, it was timestamp(6) with time zone. Correct the source"
    )
    assert told in run.error["message"]
    found = dict(bench.ask("select table_name, coalesce(error, drift) from control.run_table"))
    assert found["trip"].startswith(told)
    assert (found["driver"], found["zone"]) == ("shoe_size (integer) is new, and left out", None)
    assert bench.ask("select distinct table_name from control.ledger where table_name = 'trip'") == []
    assert bench.landed("zone") == 3
