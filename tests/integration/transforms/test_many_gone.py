"""A table that is suddenly nearly empty at the source: nothing is marked until someone has said that it is meant."""

import pytest

pytestmark = [pytest.mark.spark, pytest.mark.slow]
MANY = 30


def places(count: int) -> list[dict]:
    return [{"id": key, "name": "n"} for key in range(count)]


def there(lake, container: str, table: str) -> int:
    return lake.frame(container, table).where("not _removed").count()


def test_a_snapshot_that_lacks_most_rows_asks_first(lake, place):
    lake.run(lake.land(place, places(MANY)))
    before = lake.version("silver", "place"), lake.version("gold", "dim_place")
    for few in (0, 2, MANY - 11):
        landed = lake.land(place, places(few))
        receipt = lake.run(landed)
        assert (receipt.status, receipt.unread) == ("failed", [landed.window_id])
        assert f"{MANY - few} of {MANY} rows of place are gone at the source" in receipt.error
        assert "highwater run ingest --param tables=place --param allow_share=" in receipt.error
    assert (lake.version("silver", "place"), lake.version("gold", "dim_place")) == before

    # The source is whole again: what was refused leaves no trace.
    receipt = lake.run(lake.land(place, places(MANY + 1)))
    assert (receipt.status, receipt.inserted, receipt.deleted) == ("merged", 1, 0)
    # Ten rows go without a question; more, when the share that was asked about is confirmed.
    assert lake.run(lake.land(place, places(MANY - 9))).deleted == 10
    lake.allow_share = 0.91
    receipt = lake.run(lake.land(place, places(2)))
    assert (receipt.status, receipt.deleted) == ("merged", MANY - 11)
    assert there(lake, "silver", "place") == there(lake, "gold", "dim_place") == 2


def test_a_reload_that_lacks_most_rows_asks_first(lake, event):
    rows = [{"id": key, "what": "w"} for key in range(MANY)]
    lake.run(lake.land(event, rows))
    before = lake.version("silver", "event"), lake.version("gold", "fact_event")
    landed = lake.land(event, rows[:3], "reload", high="1000")
    receipt = lake.run(landed)
    assert (receipt.status, receipt.unread) == ("failed", [landed.window_id])
    assert f"27 of {MANY} rows of event are gone at the source" in receipt.error
    assert "highwater run reload --param tables=event --param allow_share=0.9" in receipt.error
    assert (lake.version("silver", "event"), lake.version("gold", "fact_event")) == before

    lake.allow_share = 0.9
    receipt = lake.run(landed)
    assert (receipt.status, receipt.deleted) == ("merged", 27)
    assert there(lake, "silver", "event") == there(lake, "gold", "fact_event") == 3


def test_a_reload_without_a_key_is_not_replaced_by_next_to_nothing(lake, event):
    log = event.model_copy(update={"primary_key": (), "table": "log"})
    rows = [{"id": key, "what": "w"} for key in range(MANY)]
    lake.run(lake.land(log, rows))
    landed = lake.land(log, rows[:3], "reload", high="1000")
    assert f"27 of {MANY} rows of log are gone at the source" in lake.run(landed).error
    assert lake.frame("silver", "log").count() == MANY
    lake.allow_share = 0.9
    assert lake.run(landed).status == "merged"
    assert lake.frame("silver", "log").count() == 3
