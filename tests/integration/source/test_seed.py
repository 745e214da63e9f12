"""The bundled month in a real PostgreSQL."""

from datetime import UTC, datetime
from decimal import Decimal

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from local.errors import HighwaterError
from local.source import generate, seed, writer
from local.source.generator import MONTH, ZONES
from local.source.mapping import NO_TWIN

pytestmark = pytest.mark.postgres


def test_the_bundled_month_twice(source, ask):
    progress = []
    first = seed(source, MONTH, ZONES, on_progress=lambda *p: progress.append(p))
    assert (first.rows_in, first.trips, first.refunds, first.unplaced) == (68_211, 68_032, 174, {NO_TWIN: 5})
    assert first.rows_in == first.trips + first.refunds + sum(first.unplaced.values())
    assert (first.added, first.already_there, first.refunds_applied) == (68_032, 0, 174)
    assert (first.events, first.drivers, first.zones) == (204_201, 500, 265)
    assert (first.rounded, first.ignored, first.zones_skipped) == ({}, (), {})
    assert [s["total_amount"] for s in first.samples[NO_TWIN]] == [-23.96, -41.78, -16.12]
    assert progress[-1] == ("refunds", 174, 174)
    assert [p[1:] for p in progress if p[0] == "trips"] == [
        (20_000, 68_032), (40_000, 68_032), (60_000, 68_032), (68_032, 68_032),
    ]  # fmt: skip

    assert ask("select count(*), count(distinct driver_id) from mobility.trip") == [(68_032, 500)]
    assert ask("select status, count(*), sum(refunded_amount) from mobility.trip group by 1 order by 1") == [
        ("completed", 67_858, Decimal("0.00")),
        ("refunded", 174, Decimal("1485.30")),
    ]
    assert ask("select event_type, count(*), sum(amount) from mobility.trip_event group by 1 order by 1") == [
        ("dropoff", 68_032, None),
        ("payment", 67_963, Decimal("1487885.84")),
        ("pickup", 68_032, None),
        ("refund", 174, Decimal("1485.30")),
    ]
    assert ask("select sum(total_amount), min(pickup_at), max(pickup_at) from mobility.trip") == [
        (Decimal("1487885.84"), datetime(2009, 1, 2, 1, 21, 27, tzinfo=UTC),
         datetime(2023, 2, 1, 8, 10, 5, tzinfo=UTC)),
    ]  # fmt: skip
    assert ask("select zone_name, service_zone from mobility.zone where zone_id = 265") == [("NA", "N/A")]

    before = ask("select md5(string_agg(t::text, '' order by trip_id)) from mobility.trip t")
    second = seed(source, MONTH, ZONES)
    assert (second.rows_in, second.trips, second.refunds, second.unplaced) == (
        68_211,
        68_032,
        174,
        {NO_TWIN: 5},
    )
    assert (second.already_there, second.refunds_applied) == (68_032, 0)
    assert (second.added, second.events, second.drivers, second.zones) == (0, 0, 0, 0)
    assert second.nothing_new and not first.nothing_new
    assert ask("select md5(string_agg(t::text, '' order by trip_id)) from mobility.trip t") == before
    assert ask("select count(*) from mobility.trip_event") == [(204_201,)]


def test_times_of_writing_are_the_databases_own(source, ask, some_trips):
    (start,) = ask("select clock_timestamp()")[0]
    seed(source, some_trips, ZONES)
    (end,) = ask("select clock_timestamp()")[0]
    for low, high, moments in ask("""
        select min(updated_at), max(updated_at), count(distinct created_at) from mobility.trip
        union all select min(recorded_at), max(recorded_at), 1 from mobility.trip_event
        union all select min(updated_at), max(updated_at), 1 from mobility.driver"""):
        assert start < low <= high < end
        assert moments == 1  # one transaction
    assert ask(
        "select count(*) from mobility.trip where (updated_at > created_at) <> (status = 'refunded')"
    ) == [(0,)]


def test_events_follow_their_trips_in_the_order_of_time(source, ask, some_trips):
    seed(source, some_trips, ZONES)
    assert ask("""
        select count(*) from mobility.trip_event e join mobility.trip t using (trip_id)
        where (occurred_at, zone_id, amount) is distinct from (
            case event_type when 'pickup' then pickup_at else dropoff_at end,
            case event_type when 'pickup' then pickup_zone_id else dropoff_zone_id end,
            case event_type when 'payment' then total_amount when 'refund' then refunded_amount end)""") == [
        (0,)
    ]
    assert ask("""
        select count(*) from (select occurred_at < lag(occurred_at) over (order by event_id) as back
                              from mobility.trip_event where event_type <> 'refund') where back""") == [(0,)]
    (events, first, last) = ask("select count(*), min(event_id), max(event_id) from mobility.trip_event")[0]
    assert (first, last) == (1, events)


def test_files_that_overlap_add_each_trip_once(source, ask, tmp_path):
    table = pq.read_table(MONTH).slice(400, 900)
    early, late = tmp_path / "early.parquet", tmp_path / "late.parquet"
    pq.write_table(table.slice(0, 600), early)
    # The later one has the types of later months, and other order.
    types = {"VendorID": pa.int32(), "payment_type": pa.int64(), "store_and_fwd_flag": pa.large_string()}
    later = table.slice(300, 600).select(sorted(table.column_names))
    for column, kind in types.items():
        later = later.set_column(later.column_names.index(column), column, later[column].cast(kind))
    pq.write_table(later.sort_by("DOLocationID"), late)
    one, two = seed(source, early, ZONES), seed(source, late, ZONES)
    assert (one.trips, two.trips, two.already_there) == (598, 599, 299)
    assert ask("select count(*) from mobility.trip") == [(one.trips + two.trips - two.already_there,)]


def test_an_interrupted_load_is_completed_by_the_next_one(source, ask, some_trips, monkeypatch):
    monkeypatch.setattr(writer, "BATCH_ROWS", 100)

    def interrupt(stage: str, done: int, total: int) -> None:
        if stage == "trips" and done == 300:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seed(source, some_trips, ZONES, on_progress=interrupt)
    assert ask("select count(*) from mobility.trip") == [(300,)]
    rest = seed(source, some_trips, ZONES)
    assert (rest.trips, rest.already_there, rest.refunds_applied) == (598, 300, 2)
    assert ask("select event_type, count(*) from mobility.trip_event group by 1 order by 1") == [
        ("dropoff", 598), ("payment", 598), ("pickup", 598), ("refund", 2),
    ]  # fmt: skip


def test_a_limit_reads_the_first_rows_and_the_rest_comes_later(source, some_trips):
    part = seed(source, some_trips, ZONES, limit=250)
    whole = seed(source, some_trips, ZONES)
    assert (part.rows_in, whole.rows_in) == (250, 600)
    assert (whole.already_there, whole.added) == (part.trips, whole.trips - part.trips)


def test_what_changed_in_the_source_meanwhile_is_left_alone(source, ask, some_trips):
    seed(source, some_trips, ZONES)
    with psycopg.connect(source) as connection:
        connection.execute(
            "update mobility.trip set status = 'cancelled', tip_amount = 9 where status = 'refunded'"
        )
        connection.execute("update mobility.zone set zone_name = 'Elsewhere' where zone_id = 1")
    again = seed(source, some_trips, ZONES)
    assert (again.refunds_applied, again.events, again.zones) == (0, 0, 1)
    assert ask("select count(*) from mobility.trip where status = 'cancelled' and tip_amount = 9") == [
        (again.refunds,)
    ]
    assert ask("select zone_name from mobility.zone where zone_id = 1") == [("Newark Airport",)]


def test_another_trip_under_the_same_identity_is_counted_and_its_refund_too(source, ask, some_trips):
    seed(source, some_trips, ZONES)
    with psycopg.connect(source) as connection:
        connection.execute("""
            update mobility.trip set pickup_zone_id = 1, status = 'completed', refunded_amount = 0
            where status = 'refunded'""")
    again = seed(source, some_trips, ZONES)
    # Two rows with their two refunds, which have no trip to update.
    assert (again.unplaced, again.refunds) == ({"the identity is taken by another trip": 4}, 0)
    assert again.rows_in == again.trips + again.refunds + sum(again.unplaced.values()) == 600
    assert ask("select count(*) from mobility.trip where status = 'refunded'") == [(0,)]


def test_nothing_is_written_from_a_file_that_is_not_tlcs(source, ask, tmp_path):
    path = tmp_path / "other.parquet"
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(HighwaterError, match="missing columns: VendorID"):
        seed(source, path, ZONES)
    with pytest.raises(HighwaterError, match="The zone lookup can't be read"):
        seed(source, MONTH, tmp_path / "none.csv")
    counts = "select count(*) from mobility.zone union all select count(*) from mobility.driver"
    assert ask(counts + " union all select count(*) from mobility.trip") == [(0,)] * 3


def test_a_source_that_is_not_there_leads_to_up(database, tmp_path, some_trips):
    with pytest.raises(HighwaterError) as no_tables:
        seed(database.conninfo(), some_trips, ZONES)
    assert no_tables.value.why.startswith("trip, trip_event, driver, zone not found in database test_")
    with pytest.raises(HighwaterError) as no_server:
        seed(f"host={tmp_path} dbname=source user=postgres", some_trips, ZONES)
    assert no_server.value.what == "The source database can't be reached"
    assert "highwater up" in no_server.value.next_step and "highwater up" in no_tables.value.next_step


def test_a_failing_write_says_what_is_kept(source, ask, some_trips):
    with psycopg.connect(source) as connection:
        connection.execute("alter table mobility.trip add column depot integer not null")
    with pytest.raises(HighwaterError) as refused:
        seed(source, some_trips, ZONES)
    assert 'null value in column "depot"' in refused.value.why
    assert ask("select count(*) from mobility.trip") == [(0,)]


def test_generated_trips_extend_the_source_once_a_seed(source, ask):
    first = generate(source, 1_000, seed=1, drivers=40)
    assert (first.trips, first.already_there, first.unplaced) == (1_000, 0, {})
    assert (first.drivers, first.zones, first.rows_in) == (40, 265, 1_000 + first.refunds)
    again, more, other = (
        generate(source, n, seed=s, drivers=40) for n, s in ((1_000, 1), (1_200, 1), (1_000, 2))
    )
    assert again.nothing_new
    assert (more.added, other.added) == (200, 1_000)
    assert ask("select count(*), count(*) filter (where status = 'refunded') from mobility.trip") == [
        (2_200, more.refunds + other.refunds)
    ]


def test_generated_trips_leave_the_zones_of_the_source_alone(source, ask):
    with psycopg.connect(source) as connection:
        connection.execute("insert into mobility.zone values (1, 'EWR', 'Elsewhere', 'EWR')")
    assert generate(source, 10).zones == 0
    assert ask("select zone_id, zone_name from mobility.zone") == [(1, "Elsewhere")]
