"""Many writers at once, with short and long transactions, while runs follow them."""

import random
import threading
import time

import pytest

pytestmark = pytest.mark.postgres
WRITERS = 5
SECONDS = 5


def writes(site, connection, seed: int, until: float) -> int:
    """Write until then, in transactions of 0 to 0.8 s; some look first, some roll a savepoint back."""
    chance = random.Random(seed)
    count = 0
    while time.monotonic() < until:
        connection.execute("select 1")
        time.sleep(chance.choice([0, 0, 0.01, 0.1, 0.8]))
        for _ in range(chance.randint(1, 4)):
            count += 1
            connection.execute("savepoint s")
            connection.execute("insert into mobility.thing (thing_id) values (%s)", [seed * 100_000 + count])
            connection.execute("insert into mobility.event (body) values ('x')")
            if chance.random() < 0.2:
                connection.execute("rollback to s")
            else:
                connection.execute("release s")
        time.sleep(chance.choice([0, 0.02, 0.3]))
        connection.commit() if chance.random() < 0.9 else connection.rollback()
    return count


def test_no_row_commits_below_a_bound_that_was_used(site, contract_of, pipeline):
    # A busy machine may stall a backend between taking its timestamp and showing it: the margin is for that.
    site.set_margin(1)
    for table, cursor in (("thing", "timestamp"), ("event", "integer")):
        site.add(contract_of(table=table, cursor=cursor, chunk_rows=50))
    until = time.monotonic() + SECONDS
    counts: list[int] = []
    threads = []
    for seed in range(1, WRITERS + 1):
        connection = site.connect(autocommit=False)
        threads.append(
            threading.Thread(target=lambda c=connection, s=seed: counts.append(writes(site, c, s, until)))
        )
    for thread in threads:
        thread.start()
    runs = 0
    while time.monotonic() < until:
        assert pipeline.run() == (0, "")
        runs += 1
    for thread in threads:
        thread.join()
    assert len(counts) == WRITERS and runs >= 2
    site.settle_clock()
    assert pipeline.run() == (0, "")
    read_while_writing = sum(w[4] for w in site.windows("thing")[:-1])
    assert read_while_writing > 0, "no run read anything while others wrote: this proves nothing"
    assert pipeline.lost_or_doubled("thing") == []
    assert pipeline.lost_or_doubled("event") == []
    assert site.breaches() == []
