"""New York's wall time around the hours that come twice and the ones that never come."""

from datetime import datetime

import pytest

from local.source.wall_time import offsets

EST, EDT = -5 * 3600, -4 * 3600
# pickup and dropoff in wall time, the same in UTC
FALL = {
    "before the change": ("2023-11-05 00:50", "2023-11-05 00:59", "2023-11-05 04:50", "2023-11-05 04:59"),
    "both ambiguous: the earlier": (
        "2023-11-05 01:10",
        "2023-11-05 01:30",
        "2023-11-05 05:10",
        "2023-11-05 05:30",
    ),
    "clock set back on the way": (
        "2023-11-05 01:50",
        "2023-11-05 01:10",
        "2023-11-05 05:50",
        "2023-11-05 06:10",
    ),
    "ends after the change": ("2023-11-05 01:50", "2023-11-05 02:10", "2023-11-05 06:50", "2023-11-05 07:10"),
    "begins before it": ("2023-11-05 00:55", "2023-11-05 01:05", "2023-11-05 04:55", "2023-11-05 05:05"),
    "spans it": ("2023-11-05 00:30", "2023-11-05 02:30", "2023-11-05 04:30", "2023-11-05 07:30"),
}
SPRING = {
    "spans the gap": ("2023-03-12 01:50", "2023-03-12 03:10", "2023-03-12 06:50", "2023-03-12 07:10"),
    "both in the gap": ("2023-03-12 02:10", "2023-03-12 02:20", "2023-03-12 07:10", "2023-03-12 07:20"),
    "ends in the gap": ("2023-03-12 01:55", "2023-03-12 02:10", "2023-03-12 06:55", "2023-03-12 07:10"),
    "begins in the gap": ("2023-03-12 02:50", "2023-03-12 03:05", "2023-03-12 06:50", "2023-03-12 07:05"),
}
OTHER = {
    "winter": ("2023-01-15 12:00", "2023-01-15 12:30", "2023-01-15 17:00", "2023-01-15 17:30"),
    "summer": ("2023-07-15 12:00", "2023-07-15 12:30", "2023-07-15 16:00", "2023-07-15 16:30"),
    "ends before it begins": ("2023-07-15 12:30", "2023-07-15 12:00", "2023-07-15 16:30", "2023-07-15 16:00"),
}


@pytest.mark.parametrize("case", [*FALL.values(), *SPRING.values(), *OTHER.values()],
                         ids=[*FALL, *SPRING, *OTHER])  # fmt: skip
def test_both_ends_of_a_trip_in_utc(mapped, case):
    pickup, dropoff, *expected = (datetime.fromisoformat(t) for t in case)
    trip = mapped({"lpep_pickup_datetime": pickup, "lpep_dropoff_datetime": dropoff}).trip
    assert [trip["pickup_at"], trip["dropoff_at"]] == expected


def test_without_a_dropoff_an_ambiguous_pickup_is_the_earlier_one(mapped):
    trip = mapped({"lpep_pickup_datetime": datetime(2023, 11, 5, 1, 30), "lpep_dropoff_datetime": None}).trip
    assert (trip["pickup_at"], trip["dropoff_at"]) == (datetime(2023, 11, 5, 5, 30), None)


def test_offsets_before_and_after_a_change():
    hours = [
        datetime(2023, 11, 5, 0),
        datetime(2023, 11, 5, 1),
        datetime(2023, 11, 5, 2),
        datetime(2023, 3, 12, 2),
    ]
    assert offsets(hours) == [(EDT, EDT), (EDT, EST), (EST, EST), (EST, EDT)]


def test_a_trip_is_the_same_with_and_without_others_around_it(mapped):
    ambiguous = {
        "lpep_pickup_datetime": datetime(2023, 11, 5, 1, 50),
        "lpep_dropoff_datetime": datetime(2023, 11, 5, 2, 10),
    }
    assert mapped({}, ambiguous).trips[2]["trip_id"] == mapped(ambiguous).trip["trip_id"]
