"""What an operator does after an incident, by the command line: repair the ledger, release rows, confirm a loss."""

import json
import signal
import time

import psycopg
import pytest
from conftest import MARGIN_SECONDS
from looks import assert_groups_are_right, held, served
from test_faults import changed, start_run

from contracts import load_all
from sql import ledger

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def control(path, statement: str, *values: object) -> list[tuple]:
    with psycopg.connect(path.stack.conninfo("control")) as connection:  # as its owner
        cursor = connection.execute(statement, values or None)
        return cursor.fetchall() if cursor.description else []


def tell_source(path, *statements: str) -> None:
    with psycopg.connect(path.stack.source) as connection:
        for statement in statements:
            connection.execute(statement)


def answered(path, *arguments: str) -> tuple[int, list | dict, str]:
    """A command's exit status, its JSON and its errors."""
    answer = path.cli(*arguments, "--json")
    return answer.returncode, json.loads(answer.stdout), answer.stderr


def test_ledger_repair_leaves_a_run_at_work_alone_and_opens_what_is_damaged(path):
    path.ingest()
    changed(path, seed=700)
    assert start_run(path, "Merge:before").wait() == -signal.SIGKILL
    ((window, landed),) = control(
        path, "select window_id, path from control.window_list where status = 'landed'"
    )
    (file,) = (path.stack.container("landing") / landed).glob("*.parquet")
    file.write_bytes(file.read_bytes()[:-100])

    def of_window(rows: list[dict]) -> list[tuple]:
        return [(row["action"], row["done"]) for row in rows if row["window_id"] == window]

    # The run may live, as far as the ledger knows: its lease has not ended.
    status, rows, error = answered(path, "ledger", "repair", "--apply")
    assert (status, of_window(rows)) == (1, [(None, False)])
    assert "is at work on it until" in str(rows) and "breaches are left" in error
    control(
        path,
        "update control.ledger set lease_until = clock_timestamp() - interval '1 s' where window_id = %s",
        window,
    )
    status, rows, error = answered(path, "ledger", "repair")
    assert status == 1 and ("read_again", False) in of_window(rows)
    assert "highwater ledger repair --apply" in error
    assert control(path, "select status from control.window_list where window_id = %s", window) == [
        ("landed",)
    ]

    status, rows, _ = answered(path, "ledger", "repair", "--apply")
    assert status == 0 and all(row["done"] for row in rows) and ("read_again", True) in of_window(rows)
    assert control(path, "select status, path from control.window_list where window_id = %s", window) == [
        ("open", None)
    ]
    told = path.cli("ledger", "repair")
    assert (told.returncode, "Nothing is left to repair" in told.stdout) == (0, True)
    path.ingest()
    path.assert_equal()
    assert path.cli("ledger", "check").returncode == 0


def test_quarantine_release_serves_what_passes_a_corrected_contract_and_keeps_the_rest(path):
    path.ingest()
    ((key, other),) = held(path, "select min(trip_id), max(trip_id) from mobility.trip")
    broken = "update mobility.trip set {} where trip_id = {}"
    tell_source(
        path,
        broken.format("refunded_amount = -1", key),
        broken.format("dropoff_at = pickup_at - interval '1 day'", other),
    )
    path.ingest()
    refund = f"select count(*) from mart.fact_trip where trip_id = {key} and refunded_amount = -1"
    assert served(path, refund) == [(0,)]
    _, waiting, _ = answered(path, "quarantine", "trip", "--rule", "refund_within_total")
    assert str(key) in [row["key"] for row in waiting["rows"]]

    # By the same contract it stays.
    status, told, _ = answered(path, "quarantine", "release", "trip", "--key", str(key))
    (trip,) = told["tables"]
    assert (status, trip["quarantined"], served(path, refund)) == (0, 1, [(0,)])

    (trip_contract,) = (c for c in load_all() if c.table == "trip")
    rules = tuple(r for r in trip_contract.rules if r.name != "refund_within_total")
    control(path, ledger.contract_row(trip_contract.model_copy(update={"rules": rules})))
    try:
        status, told, _ = answered(
            path, "quarantine", "release", "trip", "--key", str(key), "--key", str(other)
        )
    finally:
        control(path, ledger.contract_row(trip_contract))
    (trip,) = told["tables"]
    assert (status, trip["quarantined"]) == (0, 1)
    assert served(path, refund) == [(1,)]
    _, waiting, _ = answered(path, "quarantine", "trip", "--limit", "1000")
    keys = [row["key"] for row in waiting["rows"]]
    assert str(key) not in keys and str(other) in keys
    path.assert_equal()
    assert_groups_are_right_without(path, other)
    # Put right at the source, the other one leaves by itself.
    tell_source(path, broken.format("refunded_amount = 0", key), broken.format("dropoff_at = null", other))
    path.ingest()
    path.assert_equal()


def assert_groups_are_right_without(path, key: int) -> None:
    """The aggregate is the source's, whose row `key` is served in the version before it went to quarantine."""
    found = served(path, f"select count(*) from mart.fact_trip where trip_id = {key}")
    assert found == [(1,)]
    assert_groups_are_right(path)


def test_a_table_that_is_suddenly_nearly_empty_is_asked_about(path):
    path.ingest()
    zones = "select count(*) from mart.dim_zone"
    ((before,),) = served(path, zones)
    tell_source(path, "create table public.kept_zone as select * from mobility.zone where zone_id > 60")
    gone, back = (
        "delete from mobility.zone where zone_id > 60",
        "insert into mobility.zone select * from public.kept_zone",
    )
    tell_source(path, gone)
    changed(path, seed=800)
    run, tables = path.run()
    assert run.status == "Failed"
    assert "rows of zone are gone at the source, and none was marked" in tables["zone"]["error"]
    assert tables["trip"]["status"] == "succeeded"
    assert served(path, zones) == [(before,)]
    tell_source(path, back)  # it was a load that went wrong
    path.ingest()
    path.assert_equal()

    tell_source(path, gone)  # now it is meant
    time.sleep(MARGIN_SECONDS)
    answer = path.cli("run", "ingest")
    assert answer.returncode == 1
    command = answer.stderr.replace("\n", " ").split("confirm: highwater ")[1].split(". ")[0].rstrip(". ")
    confirmed = path.cli(*command.split())
    assert confirmed.returncode == 0, confirmed.stderr
    path.assert_equal()
    assert served(path, zones)[0][0] < before
    tell_source(path, back, "drop table public.kept_zone")
    path.ingest()
    path.assert_equal()
    assert served(path, zones) == [(before,)]
