"""Clocks that stand still, step back, or are the writer's own, and stamps that are equal on both sides of a bound."""

from datetime import timedelta

import pytest

from sql import extract

pytestmark = pytest.mark.postgres


def still(at: str):
    """The bounds query under a clock of the source that stands at this time."""
    return lambda text: text.replace("clock_timestamp()", f"timestamptz '{at}'")


def read(site, contract, low: str | None, high: str) -> list[int]:
    """The keys that the extract query of [low, high) reads."""
    text = site.one("select format(%s, coalesce(%s, control.first_low('timestamp')), %s::text)",
                    extract.extract(contract), low, high)  # fmt: skip
    return sorted(row[0] for row in site.all(text.replace("%", "%%")))


@pytest.mark.parametrize("kind", ["timestamp(0)", "timestamp(3)", "timestamp(6)", "localtime"])
def test_a_clock_that_stands_still_and_equal_stamps_on_both_sides_of_a_bound(site, contract_of, kind):
    """All rows bear one stamp, and some are written after the bound was taken: none may lie below it."""
    thing = site.add(contract_of(type=kind))
    stamp = "2024-05-05 10:00:00+00"
    site.insert("thing", 1, at="2024-05-05 09:00:00+00")
    site.insert("thing", 2, 3, at=stamp)
    bound = site.bounds(thing, instrument=still("2024-05-05 10:00:00.3+00"))  # the margin after the stamp
    assert read(site, thing, None, bound["high"]) == [1]
    site.insert("thing", 4, at=stamp)
    assert site.bounds(thing, bound["high"], instrument=still("2024-05-05 10:00:00.3+00"))["high"] is None
    moved = site.bounds(thing, bound["high"], instrument=still("2024-05-05 10:00:09+00"))
    assert read(site, thing, bound["high"], moved["high"]) == [2, 3, 4]


def test_a_clock_that_steps_back_holds_the_watermark_until_it_has_caught_up(site, contract_of, pipeline):
    thing = site.add(contract_of())
    site.insert("thing", 1, at="2024-05-05 10:00:00+00")
    high = site.bounds(thing, instrument=still("2024-05-05 10:01:00+00"))["high"]
    # The clock was set back by half an hour: rows are stamped below the watermark for so long, and nothing is opened.
    site.insert("thing", 2, at="2024-05-05 09:31:00+00")
    back = site.bounds(thing, high, instrument=still("2024-05-05 09:32:00+00"))
    assert (back["high"], back["candidate"]) == (None, None)
    assert back["held_by"] == "the clock of the source, which is behind the watermark"
    assert float(back["held_seconds"]) == pytest.approx(1739.7, abs=0.01)
    later = site.bounds(thing, high, instrument=still("2024-05-05 10:02:00+00"))["candidate"]
    assert read(site, thing, high, later) == [], "such rows are for the lookback or reconcile"
    assert read(site, contract_of(lookback=timedelta(hours=1)), high, later) == [1, 2]


def test_a_writer_whose_own_clock_is_late_is_read_by_the_lookback(site, contract_of, pipeline):
    site.add(contract_of(lookback=timedelta(minutes=5)))
    late = "update mobility.thing set body = 'late' where thing_id = 1"
    site.insert("thing", 1)
    site.settle_clock()
    assert pipeline.run() == (0, "")
    before = site.watermark()
    site.control.execute("alter table mobility.thing disable trigger user")
    site.control.execute("insert into mobility.thing values (2, 'late', now() - interval '3 minutes')")
    site.control.execute(late.replace("set body", "set updated_at = updated_at + interval '1 us', body"))
    assert pipeline.run() == (0, "")
    assert pipeline.lost_or_doubled("thing") == []
    assert [w[0] for w in site.windows()][-1] == before, "the lookback is not in the ledger's bounds"
    assert site.breaches() == []


def test_wall_time_of_a_zone_with_daylight_saving_needs_a_lookback(site, contract_of):
    """In New York the hour from one to two comes twice; its wall time lies five hours behind UTC, or four."""
    thing = site.add(contract_of(type="localtime"))
    writer = site.connect()
    writer.execute("set timezone = 'America/New_York'")
    insert = "insert into mobility.thing values (%s, 'x', (timestamptz %s)::timestamp)"
    for key, at in ((1, "2024-11-03 05:30:00+00"), (2, "2024-11-03 06:30:00+00")):
        writer.execute(insert.replace("timestamptz %s", "%s::timestamptz"), [key, at])
    assert [str(v) for (v,) in site.all("select updated_at from mobility.thing")] == [
        "2024-11-03 01:30:00"
    ] * 2
    low, high = "2024-11-03 05:45:00.000000", "2024-11-03 06:45:00.000000"
    assert read(site, thing, low, high) == []
    assert read(site, contract_of(type="localtime", lookback=timedelta(hours=6)), low, high) == [1, 2]


def test_a_start_that_lies_ahead_of_the_clock_holds_an_integer_bound(site, contract_of):
    """The clock stepped back under a transaction in flight: that it began before the candidate can't be told."""
    thing = site.add(contract_of(cursor="integer"))
    slow = site.connect(autocommit=False)
    assert slow.execute("insert into mobility.thing (body) values ('x') returning thing_id").fetchone() == (
        1,
    )
    site.control.execute("insert into mobility.thing (body) values ('x')")
    # An earlier run took the value after the clock was set back: by the clock, before the transaction began.
    taken = {"value": "3", "at": "2024-05-05 09:59:00.000000"}
    held = site.bounds(thing, None, (taken,), instrument=still("2024-05-05 10:00:00+00"))
    assert (held["high"], held["candidate"]) == (None, "3")
    assert held["held_by"] == "the clock of the source, which stepped back"
    slow.commit()
    assert site.bounds(thing)["high"] == "3"
