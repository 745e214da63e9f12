"""The newest version of a key wins, whatever the order in which versions arrive."""

import pytest

pytestmark = pytest.mark.spark

SILVER = ("id", "zone", "cents", "at", "_window_id")


@pytest.mark.slow
def test_the_newest_version_wins_and_the_counts_add_up(lake, ride):
    first = lake.land(ride, [
        {"id": 1, "zone": 5, "cents": 100, "rider": "ann", "cancelled": False, "at": "2024-01-01 10:00:00"},
        {"id": 1, "zone": 6, "cents": 150, "rider": "ann", "cancelled": False, "at": "2024-01-01 11:00:00.000001"},
        {"id": 2, "zone": 5, "cents": 200, "rider": "bob", "cancelled": False, "at": "2024-01-01 10:00:00"},
        {"id": 2, "zone": 5, "cents": 200, "rider": "bob", "cancelled": False, "at": "2024-01-01 10:00:00"},
        {"id": 3, "zone": None, "cents": -1, "rider": "cat", "cancelled": False, "at": "2024-01-01 10:00:00.000007"},
        {"id": 4, "zone": 7, "cents": 1000000, "rider": None, "cancelled": True, "at": "2024-01-01 10:00:00"},
    ])  # fmt: skip
    receipt = lake.run(first)
    assert (receipt.landed, receipt.inserted, receipt.updated, receipt.unchanged) == (6, 3, 0, 0)
    assert (receipt.superseded, receipt.duplicates, receipt.quarantined) == (1, 1, 1)
    assert receipt.rules == {"not_negative": 1, "not_huge": 1}
    assert lake.rows("silver", "ride", *SILVER) == [
        (1, 6, 150, "2024-01-01 11:00:00.000001", 1),
        (2, 5, 200, "2024-01-01 10:00:00", 1),
        (4, 7, 1000000, "2024-01-01 10:00:00", 1),
    ]
    assert lake.rows("quarantine", "ride", "_window_id", "_batch_id", "rules", "row") == [
        (1, 1, ["not_negative"],
         '{"id":3,"zone":null,"cents":-1,"rider":"cat","cancelled":false,"at":"2024-01-01T10:00:00.000007Z"}'),
    ]  # fmt: skip

    # Landed under a later window: an older version of 1, the same version of 2 with other content, a newer one of 4.
    second = lake.land(ride, [
        {"id": 1, "zone": 9, "cents": 999, "cancelled": False, "at": "2024-01-01 10:59:59"},
        {"id": 2, "zone": 8, "cents": 201, "cancelled": False, "at": "2024-01-01 10:00:00"},
        {"id": 4, "zone": 7, "cents": 50, "cancelled": False, "at": "2024-01-02 10:00:00"},
        {"id": 5, "zone": 8, "cents": 10, "cancelled": False, "at": "2024-01-02 10:00:00"},
    ])  # fmt: skip
    receipt = lake.run(second)
    assert (receipt.landed, receipt.inserted, receipt.updated, receipt.unchanged) == (4, 1, 2, 1)
    expected = [
        (1, 6, 150, "2024-01-01 11:00:00.000001", 1),
        (2, 8, 201, "2024-01-01 10:00:00", 2),
        (4, 7, 50, "2024-01-02 10:00:00", 2),
        (5, 8, 10, "2024-01-02 10:00:00", 2),
    ]
    assert lake.rows("silver", "ride", *SILVER) == expected

    # The first window again, taken over by another attempt: nothing changes, and bronze holds each row once.
    gold = lake.rows("gold", "fact_ride", "id", "zone", "cents", "_batch_id")
    receipt = lake.run(lake.again(first))
    assert (receipt.inserted, receipt.updated, receipt.unchanged, receipt.quarantined) == (0, 0, 3, 1)
    assert receipt.windows == [{"window_id": 1, "attempt": 2}]
    assert lake.rows("silver", "ride", *SILVER) == expected
    assert lake.rows("gold", "fact_ride", "id", "zone", "cents", "_batch_id") == gold
    assert lake.frame("bronze", "ride").count() == 10
    assert lake.rows("quarantine", "ride", "_window_id", "_batch_id") == [(1, 3)]


def test_gold_serves_derived_columns_and_no_sensitive_one_at_reader_version_1(lake, ride):
    lake.run(lake.land(ride, [
        {"id": 1, "zone": 5, "cents": 100, "rider": "ann", "cancelled": False, "at": "2024-01-01 23:59:59.999999"},
    ]))  # fmt: skip
    fact, hidden = lake.frame("gold", "fact_ride"), lake.frame("restricted", "fact_ride")
    assert fact.columns == ["id", "zone", "cents", "cancelled", "at", "day", "_batch_id", "_removed"]
    assert hidden.columns == ["id", "rider", "_batch_id", "_removed"]
    assert [tuple(r) for r in fact.selectExpr("cast(day as string)", "_batch_id", "_removed").collect()] == [
        ("2024-01-01", 1, False)
    ]
    assert lake.rows("restricted", "fact_ride", "id", "rider") == [(1, "ann")]
    for container, name in (("gold", "fact_ride"), ("gold", "agg_zone"), ("restricted", "fact_ride")):
        detail = lake.spark.sql(f"DESCRIBE DETAIL delta.`file://{lake.root}/{container}/{name}`").collect()[0]
        features = set(detail["tableFeatures"])
        assert (detail["minReaderVersion"], features - {"appendOnly", "invariants", "changeDataFeed"}) == (
            1,
            set(),
        )
