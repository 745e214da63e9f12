"""How far what is served has come: published batch, status and freshness of each table, rows changed since a batch."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from delta_writer import INSTANT
from served_line import CONTRACTS

from sql import serving

PUBLISHED = pa.schema(
    [("batch_id", pa.int64()), ("run_id", pa.string()), ("published_at", INSTANT), ("tables", pa.string())]
)
STATUS = "SELECT table_name, batch_id, agrees, published_batch_id FROM mart.batch_status ORDER BY table_name"


@pytest.fixture
def two_tables(lake):
    """The views over zone and driver alone, with batch 4 published after batch 7: runs need not end in order."""
    for _, text in serving.batch_scripts([CONTRACTS["zone"], CONTRACTS["driver"]]):
        lake.run(text)
    rows = [
        {
            "batch_id": 7,
            "run_id": "r7",
            "published_at": datetime(2023, 1, 1, 10, tzinfo=UTC),
            "tables": "|dim_driver|",
        },
        {
            "batch_id": 4,
            "run_id": "r4",
            "published_at": datetime(2023, 1, 1, 11, tzinfo=UTC),
            "tables": "|dim_driver|dim_zone|",
        },
    ]
    lake.put("gold", "published_batch", pa.Table.from_pylist(rows, schema=PUBLISHED))
    seen = datetime(2023, 1, 1, 9, 30, 0, 250_000, tzinfo=UTC)
    lake.gold(
        "driver", {"driver_id": 1, "_batch_id": 7, "updated_at": seen}, {"driver_id": 2, "_batch_id": 3}
    )
    return lake


def test_the_published_batch_is_the_one_that_was_published_last(two_tables):
    assert two_tables.ask("SELECT batch_id, run_id FROM mart.published_batch") == [(4, "r4")]


def test_a_table_with_rows_of_a_batch_that_was_not_published_does_not_agree(two_tables):
    two_tables.gold("zone", {"zone_id": 7, "_batch_id": 4})
    assert two_tables.ask(STATUS) == [("dim_driver", 7, True, 4), ("dim_zone", 4, True, 4)]
    # A run that died once it had marked a zone as gone: nothing of that row is left in dim_zone itself.
    two_tables.gold("zone", {"zone_id": 8, "_batch_id": 9, "_removed": True})
    assert two_tables.ask(STATUS) == [("dim_driver", 7, True, 4), ("dim_zone", 9, False, 4)]
    # The next run is whole, and had nothing to do with zones: it says nothing of them.
    other = {"batch_id": 10, "run_id": "r10", "published_at": datetime(2023, 1, 1, 12, tzinfo=UTC),
             "tables": "|dim_driver|"}  # fmt: skip
    two_tables.put("gold", "published_batch", pa.Table.from_pylist([other], schema=PUBLISHED))
    assert two_tables.ask(STATUS) == [("dim_driver", 7, True, 10), ("dim_zone", 9, False, 10)]
    healed = other | {"batch_id": 11, "run_id": "r11", "tables": "|dim_zone|"}
    healed["published_at"] = datetime(2023, 1, 1, 13, tzinfo=UTC)
    two_tables.put("gold", "published_batch", pa.Table.from_pylist([other, healed], schema=PUBLISHED))
    assert two_tables.ask(STATUS) == [("dim_driver", 7, True, 11), ("dim_zone", 9, True, 11)]
    told = "SELECT published_at FROM mart.freshness ORDER BY table_name"
    assert two_tables.ask(told) == [(datetime(2023, 1, 1, 10),), (datetime(2023, 1, 1, 13),)]


def test_freshness_tells_the_newest_batch_its_publication_and_the_cursor(two_tables):
    two_tables.gold("zone", {"zone_id": 7, "_batch_id": 9})
    assert two_tables.ask("SELECT * FROM mart.freshness ORDER BY table_name") == [
        ("dim_driver", 7, datetime(2023, 1, 1, 9, 30, 0, 250_000), None, datetime(2023, 1, 1, 10), 3600),
        ("dim_zone", 9, None, None, None, 86400),
    ]


def test_rows_changed_since_a_batch_are_served_with_those_that_are_gone(lake):
    lake.gold(
        "zone",
        {"zone_id": 1, "_batch_id": 1},
        {"zone_id": 2, "_batch_id": 2},
        {"zone_id": 3, "_batch_id": 3, "_removed": True},
    )
    since = (
        "SELECT zone_id, batch_id, is_removed FROM mart.dim_zone_changes WHERE batch_id > 1 ORDER BY zone_id"
    )
    assert lake.ask(since) == [(2, 2, False), (3, 3, True)]
    assert lake.ask("SELECT zone_id FROM mart.dim_zone ORDER BY zone_id") == [(1,), (2,)]
