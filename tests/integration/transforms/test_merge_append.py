"""A table that only grows holds each row once."""

import pytest

pytestmark = pytest.mark.spark


def test_rows_that_are_there_already_are_not_added_again(lake, event):
    first = lake.land(event, [{"id": 1, "what": "a"}, {"id": 2, "what": "b"}, {"id": 2, "what": "b"}])
    receipt = lake.run(first)
    assert (receipt.landed, receipt.inserted, receipt.duplicates) == (3, 2, 1)
    receipt = lake.run(lake.land(event, [{"id": 2, "what": "b"}, {"id": 3, "what": "c"}]), lake.again(first))
    assert (receipt.landed, receipt.inserted, receipt.duplicates, receipt.unchanged) == (5, 1, 2, 2)
    expected = [(1, "a"), (2, "b"), (3, "c")]
    assert lake.rows("silver", "event", "id", "what") == expected
    assert lake.rows("gold", "fact_event", "id", "what") == expected


@pytest.mark.slow
def test_a_table_without_a_key_is_replaced_window_by_window(lake, event):
    keyless = event.model_copy(update={"primary_key": ()})
    first = lake.land(keyless, [{"id": 1, "what": "a"}, {"id": 1, "what": "a"}])
    assert lake.run(first).inserted == 2
    assert lake.run(lake.land(keyless, [{"id": 2, "what": "b"}]), lake.again(first)).inserted == 3
    expected = [(1, "a", 1), (1, "a", 1), (2, "b", 2)]
    assert lake.rows("silver", "event", "id", "what", "_window_id") == expected
    assert lake.rows("gold", "fact_event", "id", "what", "_window_id") == expected
