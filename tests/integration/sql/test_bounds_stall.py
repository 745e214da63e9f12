"""A backend that stalls between taking its timestamp and showing it: within the margin nothing is lost, and beyond it
the lookback finds what was."""

import threading
import time
from datetime import timedelta

import pytest
from stopped_backend import CannotTrace, Trap

from sql import extract

pytestmark = pytest.mark.postgres


def read(site, contract, low: str | None, high: str) -> list[int]:
    """The keys that the extract query of [low, high) reads."""
    text = site.one("select format(%s, coalesce(%s, control.first_low('timestamp')), %s::text)",
                    extract.extract(contract), low, high)  # fmt: skip
    return sorted(row[0] for row in site.all(text.replace("%", "%%")))


@pytest.fixture
def stalled(site):
    """Starts a write whose backend stops after it took its timestamp; a function that lets it go on and commit."""
    writer = site.connect(autocommit=False, name="stalled")
    try:
        trap = Trap(writer.info.backend_pid, "pgstat_report_xact_timestamp")
    except CannotTrace as error:
        pytest.skip(f"no process can be traced here: {error}")
    writing = threading.Thread(
        target=writer.execute, args=("insert into mobility.thing (thing_id) values (1)",)
    )
    released: list[bool] = []

    def end() -> None:
        if not released:
            released.append(True)
            trap.let_go()
            writing.join(10)
            writer.commit()

    def begin() -> None:
        writing.start()
        trap.caught()

    begin.end = end
    yield begin
    if writing.ident:
        end()


def test_within_the_margin_nothing_is_lost(site, contract_of, stalled):
    site.set_margin(3)
    thing = site.add(contract_of())
    site.insert("thing", 5, at="2024-01-01 00:00:00+00")
    stalled()
    time.sleep(0.5)
    shown = site.one("select xact_start from pg_stat_activity where application_name = 'stalled'")
    bound = site.bounds(thing)
    assert (shown, bound["held_by"]) == (None, None), "it does not show that it began"
    stalled.end()
    assert read(site, thing, None, bound["high"]) == [5]
    assert site.one("select to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') >= %s "
                    "from mobility.thing where thing_id = 1", bound["high"])  # fmt: skip


def test_beyond_the_margin_the_row_lies_below_the_bound_and_a_lookback_reads_it(site, contract_of, stalled):
    thing = site.add(contract_of())
    site.insert("thing", 5, at="2024-01-01 00:00:00+00")
    stalled()
    time.sleep(0.8)
    low = site.bounds(thing)["high"]
    assert read(site, thing, None, low) == [5]
    stalled.end()
    site.insert("thing", 6)
    site.settle_clock()
    high = site.bounds(thing, low)["high"]
    assert read(site, thing, low, high) == [6], (
        "without a lookback the row is lost: that is what the margin is for"
    )
    assert read(site, contract_of(lookback=timedelta(minutes=1)), low, high) == [1, 6]
