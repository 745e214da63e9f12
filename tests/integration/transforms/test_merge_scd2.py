"""A history has every version once, without a gap or an overlap, in whatever order versions arrive."""

import pytest

pytestmark = pytest.mark.spark

HISTORY = ("id", "city", "valid_from", "valid_to", "is_current")


def version(key: int, city: str, day: int) -> dict:
    return {"id": key, "name": "n" + city, "city": city, "at": f"2024-01-{day:02} 00:00:00"}


@pytest.mark.slow
def test_versions_follow_each_other_and_a_late_one_takes_its_place(lake, person):
    first = lake.land(person, [version(1, "A", 1), version(1, "C", 9), version(2, "X", 1)])
    receipt = lake.run(first)
    assert (receipt.landed, receipt.inserted, receipt.updated) == (3, 3, 0)
    assert lake.rows("silver", "person", *HISTORY) == [
        (1, "A", "2024-01-01 00:00:00", "2024-01-09 00:00:00", False),
        (1, "C", "2024-01-09 00:00:00", None, True),
        (2, "X", "2024-01-01 00:00:00", None, True),
    ]

    # Late: 1 was in B in between. Again: 2 as it was. Anew: 1's version of day 9, as a later window gives it.
    second = lake.land(person, [version(1, "B", 5), version(2, "X", 1), version(1, "D", 9)])
    receipt = lake.run(second)
    assert (receipt.landed, receipt.inserted, receipt.updated, receipt.unchanged) == (3, 1, 1, 1)
    expected = [
        (1, "A", "2024-01-01 00:00:00", "2024-01-05 00:00:00", False),
        (1, "B", "2024-01-05 00:00:00", "2024-01-09 00:00:00", False),
        (1, "D", "2024-01-09 00:00:00", None, True),
        (2, "X", "2024-01-01 00:00:00", None, True),
    ]
    assert lake.rows("silver", "person", *HISTORY) == expected
    assert lake.rows("gold", "dim_person", *HISTORY) == expected
    assert lake.rows("restricted", "dim_person", "id", "valid_from", "name") == [
        (1, "2024-01-01 00:00:00", "nA"), (1, "2024-01-05 00:00:00", "nB"), (1, "2024-01-09 00:00:00", "nD"),
        (2, "2024-01-01 00:00:00", "nX"),
    ]  # fmt: skip

    # Both windows again: nothing is written to silver at all.
    before = lake.version("silver", "person")
    receipt = lake.run(lake.again(first), lake.again(second))
    assert (receipt.inserted, receipt.updated, receipt.unchanged, receipt.duplicates) == (0, 0, 4, 2)
    assert lake.version("silver", "person") == before
    assert lake.rows("gold", "dim_person", *HISTORY) == expected
