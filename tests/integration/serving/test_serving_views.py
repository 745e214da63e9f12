"""T-SQL views over Delta tables: what they serve, and what they refuse to."""

import json
import time
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from delta_writer import INSTANT, gold_schema, rows

from local.errors import HighwaterError
from local.serving.query import query
from local.serving.tsql.errors import Refused

AT = datetime(2023, 1, 1, 5, 30, 0, 123456, tzinfo=UTC)
TRIP = {
    "trip_id": 1, "pickup_at": AT, "total_amount": Decimal("12.50"), "refunded_amount": Decimal("0.00"),
    "status": "completed", "is_deleted": False, "pickup_date": date(2023, 1, 1), "duration_s": 7,
}  # fmt: skip


def test_a_view_serves_a_row_as_it_is_stored(lake):
    lake.gold("trip", TRIP)
    sql = (
        "SELECT trip_id, pickup_at, total_amount, status, is_deleted, dropoff_at, pickup_date, batch_id "
        "FROM mart.fact_trip"
    )
    assert lake.ask(sql) == [
        (
            1,
            datetime(2023, 1, 1, 5, 30, 0, 123456),
            Decimal("12.50"),
            "completed",
            False,
            None,
            date(2023, 1, 1),
            1,
        )
    ]
    with query(lake.server, sql) as result:
        assert [str(c.type) for c in result.columns] == [
            "BIGINT", "DATETIME2(6)", "DECIMAL(10,2)", "VARCHAR(64)", "BIT", "DATETIME2(6)", "DATE", "BIGINT",
        ]  # fmt: skip
        table = result.table()
    assert ", ".join(table.column_names) == sql.removeprefix("SELECT ").split(" FROM ")[0]
    assert table.schema.field("pickup_at").type == pa.timestamp("us")


def test_removed_rows_are_left_out_and_later_commits_are_seen(lake):
    lake.gold("trip", TRIP, TRIP | {"trip_id": 2, "_removed": True})
    assert lake.ask("SELECT trip_id FROM mart.fact_trip") == [(1,)]
    lake.gold("trip", TRIP | {"trip_id": 3, "_batch_id": 2})
    assert lake.ask("SELECT trip_id, batch_id FROM mart.fact_trip ORDER BY trip_id") == [(1, 1), (3, 2)]


def test_views_join_and_aggregate(lake):
    lake.gold("zone", {"zone_id": 7, "borough": "Queens"}, {"zone_id": 8, "borough": "Bronx"})
    lake.gold(
        "trip",
        TRIP | {"pickup_zone_id": 7},
        TRIP | {"trip_id": 2, "pickup_zone_id": 7, "total_amount": Decimal("7.51"), "status": "cancelled"},
        TRIP | {"trip_id": 3, "pickup_zone_id": 8, "total_amount": None},
    )
    sql = """
        SELECT z.borough, COUNT(*) AS trips, SUM(f.total_amount) AS revenue, AVG(f.total_amount) AS mean,
            SUM(CASE WHEN f.status = 'cancelled' THEN 1 ELSE 0 END) AS cancelled,
            SUM(f.duration_s) / 2 AS half
        FROM mart.fact_trip AS f
        JOIN mart.dim_zone AS z ON z.zone_id = f.pickup_zone_id
        WHERE f.pickup_at >= '2023-01-01' AND f.is_deleted = 0
        GROUP BY z.borough ORDER BY trips DESC"""
    assert lake.ask(sql) == [
        ("Queens", 2, Decimal("20.01"), Decimal("10.005000"), 1, 7),
        ("Bronx", 1, None, None, 0, 3),
    ]


def test_a_view_over_views(lake):
    lake.gold("zone", {"zone_id": 7, "borough": "Queens"}, {"zone_id": 8, "borough": "Queens"})
    lake.run(
        "CREATE VIEW mart.boroughs AS SELECT borough, COUNT(*) AS zones FROM mart.dim_zone GROUP BY borough"
    )
    assert lake.ask("SELECT b.zones * 10 FROM mart.boroughs AS b WHERE b.borough = 'Queens  '") == [(20,)]
    assert ("mart", "boroughs") in lake.ask("SELECT TABLE_SCHEMA, TABLE_NAME FROM INFORMATION_SCHEMA.TABLES")


def test_a_table_without_data_says_what_to_do(lake):
    with pytest.raises(HighwaterError) as caught:
        lake.ask("SELECT COUNT(*) FROM mart.fact_trip")
    assert (caught.value.what, caught.value.next_step) == (
        "fact_trip has no data yet", "Run `highwater run ingest`.",
    )  # fmt: skip


def test_a_query_straight_at_a_data_source(lake):
    lake.gold("zone", {"zone_id": 7, "borough": "Queens"})
    table = "OPENROWSET(BULK 'dim_zone', DATA_SOURCE='gold', FORMAT='DELTA') AS r"
    assert lake.ask(f"SELECT TOP 1 r.borough, r._removed FROM {table}") == [("Queens", False)]


OTHER = "SELECT COUNT(*) FROM OPENROWSET(BULK 'dim_zone', DATA_SOURCE='gold', FORMAT='DELTA') WITH ({}) AS r"


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ("[Zone_Id] INT", "no column Zone_Id"),
        ("[zone_id] SMALLINT", "INTEGER in Delta"),
        ("[zone_id] VARCHAR(10)", "INTEGER in Delta"),
        ("[borough] INT", "VARCHAR in Delta"),
    ],
)
def test_a_declared_column_that_synapse_would_misread_is_refused(lake, columns, why):
    lake.gold("zone", {"zone_id": 7, "borough": "Queens"})
    with pytest.raises(Refused, match=why):
        lake.ask(OTHER.format(columns))


def test_a_text_longer_than_declared_fails(lake):
    lake.gold("zone", {"zone_id": 7, "borough": "Queens"})
    with pytest.raises(HighwaterError, match="truncated while reading column borough"):
        lake.ask(OTHER.format("[borough] VARCHAR(5)").replace("COUNT(*)", "borough"))


def test_a_table_beyond_delta_reader_1_is_not_served(lake, contracts):
    zone = rows(gold_schema(contracts["zone"]), {"zone_id": 7})
    lake.put("gold", "dim_zone", zone, reader=3)
    with pytest.raises(
        HighwaterError, match="Delta reader version 3, and Synapse serverless reads version 1"
    ):
        lake.ask("SELECT COUNT(*) FROM mart.dim_zone")


def test_the_reader_version_is_found_in_a_checkpoint_too(lake, contracts):
    import pyarrow.parquet as pq

    lake.gold("zone", {"zone_id": 7})
    log = lake.folder / "gold" / "dim_zone" / "_delta_log"
    lines = [json.loads(x) for x in (log / f"{0:020}.json").read_text().splitlines()]
    actions = [{"protocol": None, "metaData": None, "add": None} | a for a in lines]
    for action in actions:
        if action["metaData"]:
            action["metaData"] |= {"configuration": [], "format": {"provider": "parquet", "options": []}}
        if action["add"]:
            action["add"]["partitionValues"] = []
    texts = pa.map_(pa.string(), pa.string())
    schema = pa.schema(
        [
            ("protocol", pa.struct([("minReaderVersion", pa.int32()), ("minWriterVersion", pa.int32())])),
            ("metaData", pa.struct([
                ("id", pa.string()), ("schemaString", pa.string()),
                ("partitionColumns", pa.list_(pa.string())),
                ("format", pa.struct([("provider", pa.string()), ("options", texts)])),
                ("configuration", texts), ("createdTime", pa.int64()),
            ])),
            ("add", pa.struct([
                ("path", pa.string()), ("partitionValues", texts), ("size", pa.int64()),
                ("modificationTime", pa.int64()), ("dataChange", pa.bool_()),
            ])),
        ]
    )  # fmt: skip
    pq.write_table(pa.Table.from_pylist(actions, schema), log / f"{0:020}.checkpoint.parquet")
    (log / "_last_checkpoint").write_text(json.dumps({"version": 0, "size": len(actions)}))
    (log / f"{0:020}.json").unlink()
    assert lake.ask("SELECT zone_id FROM mart.dim_zone") == [(7,)]


def test_history_and_restricted_columns(lake):
    version = {
        "driver_id": 5,
        "vehicle_class": "van",
        "status": "active",
        "is_deleted": False,
        "updated_at": AT,
    }
    later = datetime(2023, 2, 1, tzinfo=UTC)
    lake.gold(
        "driver",
        version | {"valid_from": AT, "valid_to": later, "is_current": False},
        version | {"status": "left", "valid_from": later, "is_current": True},
    )
    schema = pa.schema([("driver_id", pa.int32()), ("valid_from", INSTANT), ("full_name", pa.string()),
                        ("_batch_id", pa.int64()), ("_removed", pa.bool_())])  # fmt: skip
    names = [{"driver_id": 5, "valid_from": at, "full_name": "Ada"} for at in (AT, later)]
    lake.put("restricted", "dim_driver", rows(schema, *names))
    sql = """
        SELECT d.status, r.full_name, d.valid_to FROM mart.dim_driver AS d
        JOIN restricted.dim_driver AS r ON r.driver_id = d.driver_id AND r.valid_from = d.valid_from
        WHERE d.is_current = 1"""
    assert lake.ask(sql) == [("left", "Ada", None)]
    with pytest.raises(Refused, match="Invalid column name full_name"):
        lake.ask("SELECT full_name FROM mart.dim_driver")


def test_readers_do_not_wait_for_each_other(lake):
    lake.gold("zone", *({"zone_id": i} for i in range(10)))
    sql = "SELECT zone_id FROM mart.dim_zone ORDER BY zone_id"
    with query(lake.server, sql) as first, query(lake.server, sql) as second:
        assert list(first.rows()) == list(second.rows()) == [(i,) for i in range(10)]


def test_a_failure_in_the_middle_of_an_answer_is_told(lake):
    lake.gold("zone", *({"zone_id": i} for i in range(10)))
    with pytest.raises(HighwaterError, match="Divide by zero"):
        lake.ask("SELECT 10 / (zone_id - 5) FROM mart.dim_zone")


def test_a_million_rows_are_counted_in_seconds(lake, big):
    big(1_000_000)
    started = time.perf_counter()
    assert lake.ask("SELECT COUNT(*) FROM mart.fact_trip_event") == [(1_000_000,)]
    sql = "SELECT event_type, COUNT(*) AS n FROM mart.fact_trip_event GROUP BY event_type ORDER BY event_type"
    assert lake.ask(sql) == [(k, 250_000) for k in ("dropoff", "payment", "pickup", "refund")]
    assert time.perf_counter() - started < 30
