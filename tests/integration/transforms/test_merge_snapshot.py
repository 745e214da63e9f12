"""A table that is read whole: keys that vanish are marked and come back."""

import pytest

from contracts import Rule

pytestmark = pytest.mark.spark


def names(*pairs):
    return [{"id": key, "name": name} for key, name in pairs]


@pytest.mark.slow
def test_a_key_vanishes_and_returns(lake, place):
    columns = ("id", "name", "_removed")
    receipt = lake.run(lake.land(place, names((1, "a"), (2, "b"), (3, None))))
    assert (receipt.inserted, receipt.updated, receipt.deleted) == (3, 0, 0)

    receipt = lake.run(lake.land(place, names((1, "a"), (2, "B"), (4, "d"))))
    assert (receipt.landed, receipt.inserted, receipt.updated, receipt.unchanged, receipt.deleted) == (
        3,
        1,
        1,
        1,
        1,
    )
    expected = [(1, "a", False), (2, "B", False), (3, None, True), (4, "d", False)]
    assert lake.rows("silver", "place", *columns) == expected
    assert lake.rows("gold", "dim_place", *columns) == expected

    # Two snapshots in one run: the newer one is the table. 3 is back, what the older one alone held never counts.
    older = lake.land(place, names((1, "x"), (9, "nine")))
    newer = lake.land(place, names((1, "a"), (2, "B"), (3, None), (4, "d")))
    receipt = lake.run(older, newer)
    assert (receipt.landed, receipt.superseded, receipt.updated, receipt.unchanged) == (6, 2, 1, 3)
    expected = [(1, "a", False), (2, "B", False), (3, None, False), (4, "d", False)]
    assert lake.rows("silver", "place", *columns) == expected
    assert lake.rows("gold", "dim_place", *columns) == expected

    # The same content again writes nothing to silver or gold.
    before = lake.version("silver", "place"), lake.version("gold", "dim_place")
    receipt = lake.run(lake.land(place, names((1, "a"), (2, "B"), (3, None), (4, "d"))))
    assert (receipt.unchanged, receipt.deleted) == (4, 0)
    assert (lake.version("silver", "place"), lake.version("gold", "dim_place")) == before


@pytest.mark.slow
def test_an_empty_snapshot_marks_every_key(lake, place):
    lake.run(lake.land(place, names((1, "a"), (2, "b"))))
    receipt = lake.run(lake.land(place, []))
    assert (receipt.landed, receipt.deleted) == (0, 2)
    assert lake.rows("gold", "dim_place", "id", "name", "_removed", "_batch_id") == [
        (1, "a", True, 2), (2, "b", True, 2),
    ]  # fmt: skip


@pytest.mark.slow
def test_a_row_in_quarantine_has_not_vanished(lake, place):
    rule = Rule(name="named", condition="name is not null")
    strict = place.model_copy(update={"rules": (rule,)})
    lake.run(lake.land(strict, names((1, "a"), (2, "b"))))
    receipt = lake.run(lake.land(strict, names((1, "a"), (2, None))))
    assert (receipt.quarantined, receipt.unchanged, receipt.deleted) == (1, 1, 0)
    assert lake.rows("gold", "dim_place", "id", "name", "_removed") == [(1, "a", False), (2, "b", False)]
