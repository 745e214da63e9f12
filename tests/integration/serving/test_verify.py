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


def test_rows_that_differ_are_told_by_the_days_of_their_cursor(line):
    line.sql(TRIPS, 100)
    line.sql("update mobility.trip set updated_at = '2024-03-01' where trip_id <= 40")
    line.sql("update mobility.trip set updated_at = '2024-03-02 23:59:59.999999' where trip_id > 40")
    line.serve(
        "trip", lambda rows: changed(rows.sort_by("trip_id").slice(1), 60, "status", lambda v: "other")
    )
    found = line.verdict("trip").ranges
    assert [(r.low, r.high, r.missing, r.extra) for r in found] == [
        ("2024-03-01 00:00:00", "2024-03-02 00:00:00", 1, 0),
        ("2024-03-02 00:00:00", "2024-03-03 00:00:00", 1, 1),
    ]


def test_a_range_of_the_cursor_is_compared_alone(line):
    line.sql(TRIPS, 100)
    line.sql("update mobility.trip set updated_at = '2024-03-01 12:00:00+00' where trip_id <= 40")
    line.sql("update mobility.trip set updated_at = '2024-03-02 12:00:00+00' where trip_id > 40")
    line.serve("trip", lambda rows: rows.sort_by("trip_id").slice(1))
    spans = (
        {"low": "2024-03-02"},
        {"high": "2024-03-02T01:00:00+01:00"},
        {"low": "2024-03-01T12:00:00Z", "high": "2024-03-01T12:00:01"},
    )
    both = [line.verdict("trip", **span) for span in spans]
    assert [(v.source_rows, v.served_rows, v.missing) for v in both] == [
        (60, 60, 0),
        (40, 39, 1),
        (40, 39, 1),
    ]
    assert [v.equal for v in both] == [True, False, False]


@pytest.mark.parametrize(
    ("table", "bound", "told"),
    [
        ("trip", "yesterday", "yesterday is no value of trip.updated_at Give a time as 2024-01-31"),
        ("trip_event", "2024-01-31", "2024-01-31 is no value of trip_event.event_id Give a whole number"),
        ("zone", "7", "zone has no range It is read whole, without a cursor"),
    ],
)
def test_a_bound_that_is_no_value_of_the_cursor_is_refused(line, table, bound, told):
    with pytest.raises(HighwaterError) as refused:
        line.verdict(table, low=bound)
    assert told in " ".join(str(refused.value).split())
