"""The judge: green when the served rows are the source's, red for one row or one value that is not."""

from datetime import timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from served_line import TRIPS, changed

from local.errors import HighwaterError
from local.verify import verify, verify_all

pytestmark = pytest.mark.postgres


def test_what_is_served_whole_is_equal(line):
    line.sql(TRIPS, 1000)
    line.serve("trip")
    verdict = line.verdict("trip")
    assert (verdict.equal, verdict.source_rows, verdict.served_rows) == (True, 1000, 1000)
    assert (verdict.missing, verdict.extra, verdict.duplicates, verdict.excluded) == (0, 0, 0, 0)
    assert (verdict.only_in_source, verdict.only_in_served) == ((), ())


def test_one_row_doubled_is_red(line):
    line.sql(TRIPS, 100)
    line.serve("trip", lambda rows: pa.concat_tables([rows, rows.slice(41, 1)]))
    verdict = line.verdict("trip")
    assert (verdict.equal, verdict.missing, verdict.extra, verdict.duplicates) == (False, 0, 1, 1)
    assert [r["trip_id"] for r in verdict.only_in_served] == [42]


def test_one_row_lost_is_red(line):
    line.sql(TRIPS, 100)
    line.serve("trip", lambda rows: pa.concat_tables([rows.slice(0, 41), rows.slice(42)]))
    verdict = line.verdict("trip")
    assert (verdict.equal, verdict.missing, verdict.extra, verdict.served_rows) == (False, 1, 0, 99)
    assert [r["trip_id"] for r in verdict.only_in_source] == [42]


def test_one_row_lost_and_another_doubled_is_red_though_the_counts_agree(line):
    line.sql(TRIPS, 100)
    line.serve("trip", lambda rows: pa.concat_tables([rows.slice(1), rows.slice(41, 1)]))
    verdict = line.verdict("trip")
    assert (verdict.source_rows, verdict.served_rows) == (100, 100)
    assert (verdict.equal, verdict.missing, verdict.extra, verdict.duplicates) == (False, 1, 1, 1)


CHANGES = {
    "a cent": ("total_amount", lambda v: v + Decimal("0.01")),
    "a microsecond": ("pickup_at", lambda v: v + timedelta(microseconds=1)),
    "null for an empty text": ("status", lambda v: None),
    "false for null": ("store_and_fwd", lambda v: False),
    "a blank at the end": ("status", lambda v: v + " "),
    "an hour": ("updated_at", lambda v: v - timedelta(hours=1)),
}


@pytest.mark.parametrize("what", CHANGES)
def test_one_value_changed_is_red(line, what):
    line.sql(TRIPS, 100)
    column, value = CHANGES[what]
    line.serve("trip", lambda rows: changed(rows, 76, column, value))  # trip 77: empty status, null flag
    verdict = line.verdict("trip")
    assert (verdict.equal, verdict.missing, verdict.extra, verdict.duplicates) == (False, 1, 1, 0)
    (source,), (served,) = verdict.only_in_source, verdict.only_in_served
    assert source["trip_id"] == served["trip_id"] == 77
    assert [c for c in source if source[c] != served[c]] == [column]


def test_a_served_row_that_the_source_never_had_is_red(line):
    line.sql(TRIPS, 10)
    line.serve("trip")
    line.sql("delete from mobility.trip where trip_id = 3")
    verdict = line.verdict("trip")
    assert (verdict.equal, verdict.missing, verdict.extra) == (False, 0, 1)


def test_a_snapshot_and_an_append_only_table(line):
    line.sql("insert into mobility.zone values (1, 'Queens', 'A', ''), (2, null, 'B', 'Yellow Zone')")
    line.sql(
        "insert into mobility.trip_event (event_id, trip_id, event_type, occurred_at, amount, recorded_at) "
        "select i, i, 'pickup', now(), i / 100.0, now() from generate_series(1, 50) as i"
    )
    for table in ("zone", "trip_event"):
        line.serve(table)
    chosen = [line.contracts[t] for t in ("zone", "trip_event")]
    verdicts = verify_all(chosen, line.database.conninfo(), line.lake.server)
    assert [(v.table, v.equal, v.source_rows) for v in verdicts] == [
        ("zone", True, 2),
        ("trip_event", True, 50),
    ]


def test_an_unreachable_source_and_a_table_without_data_are_told(line):
    with pytest.raises(HighwaterError, match="no data yet"):
        line.verdict("trip")
    line.sql(TRIPS, 1)
    line.serve("trip")
    with pytest.raises(HighwaterError, match="source can't be reached"):
        verify(line.contracts["trip"], "host=/nowhere dbname=x", line.lake.server)


def test_two_hundred_thousand_rows_and_one_wrong_cent(line):
    line.sql(TRIPS, 200_000)
    line.serve("trip", lambda rows: changed(rows, 123_456, "total_amount", lambda v: v + Decimal("0.01")))
    verdict = line.verdict("trip")
    assert (verdict.equal, verdict.source_rows, verdict.missing, verdict.extra) == (False, 200_000, 1, 1)
    assert verdict.only_in_source[0]["trip_id"] == 123_457
    assert verdict.seconds < 60


def test_what_the_contract_skips_is_no_part_of_the_source(line):
    line.sql(TRIPS, 100)
    line.sql("alter table mobility.trip alter updated_at drop not null")
    line.sql("update mobility.trip set updated_at = null where trip_id = 77")
    trip = line.contracts["trip"]
    skips = trip.model_copy(update={"cursor": trip.cursor.model_copy(update={"nulls": "skip"})})
    line.contracts = line.contracts | {"trip": skips}
    line.serve("trip")
    verdict = line.verdict("trip")
    assert (verdict.equal, verdict.source_rows, verdict.served_rows) == (True, 99, 99)
