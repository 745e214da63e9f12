"""Nothing lost, nothing doubled in random histories: real transactions, the declared pipelines, Delta by real Spark.

Each group has a seed, which is printed: `HIGHWATER_SEED=N pytest -k short` plays that group again, and
`HIGHWATER_HISTORIES` sets how many histories the groups of the long form have together.
"""

import os
import random
import time
from collections import defaultdict

import psycopg
import pytest
from conftest import MARGIN
from histories import Writers, generate

from local import ledger_check

GROUP = 200
# What runs beside `ingest`, in turn. Many rows go in so small a table: that they may is said beforehand.
OTHERS = (("reconcile", {"allow_share": "1"}), ("reload", {"allow_share": "1"}))


def lost_or_doubled(group) -> dict[int, list]:
    """By history: the rows of the source that silver lacks or has otherwise, and those that it has twice."""
    wrong: dict[int, list] = defaultdict(list)
    things = "thing_id, body, is_deleted, updated_at at time zone 'UTC'"
    source = {row[0]: row for row in group.source(f"select {things} from mobility.thing")}
    silver = group.silver("thing", f"select {things} from {{silver}} where not _removed")
    assert len(source) > 0 and len(silver) > 0
    events = {row[0]: row for row in group.source("select thing_id, body from mobility.event")}
    copied = group.silver("event", "select thing_id, body from {silver} where not _removed")
    for of, (held, found) in {
        "thing": (source, silver), "event": (events, copied)
    }.items():  # fmt: skip
        seen = defaultdict(list)
        for row in found:
            seen[row[0]].append(row)
        for key, row in held.items():
            if seen[key] != [row]:
                wrong[key // 100 if of == "thing" else int(row[1])].append((of, row, seen[key]))
        for key in seen.keys() - held.keys():
            wrong[key // 100 if of == "thing" else int(seen[key][0][1])].append((of, None, seen[key]))
    return dict(wrong)


def play(group, number: int, count: int, runs: int = 4) -> dict[str, int]:
    """Play a group's histories with runs between and within them; what was done, by action."""
    histories, chance = generate(number, count), random.Random(number)
    with group() as made:
        writers = Writers(made.conninfo(), histories, chance)
        try:
            within, left = 8 // runs, 0

            def interleave(step: str) -> None:
                """At some of a run's steps the world goes on."""
                nonlocal left
                if left > 0 and chance.random() < 0.25:
                    left -= 1
                    writers.play()

            for at in range(runs):
                # Every other run finds no prepared transaction, so that what is written is read as it goes.
                writers.most_prepared = 8 if at % 2 else 0
                writers.play(4 if at else 1)
                left = within
                time.sleep(MARGIN + 0.2)  # or what was written is too young to be read
                made.run(interleave)
                left = within
                made.run(interleave, *OTHERS[at % len(OTHERS)])
            writers.finish()
            time.sleep(MARGIN + 0.2)
            made.run()
            made.run(None, *OTHERS[0])  # finds what was deleted last
            wrong = lost_or_doubled(made)
            assert not wrong, "\n".join(
                f"seed {number}, history {h}: {rows}\n  {histories[h]}"
                for h, rows in sorted(wrong.items())[:3]
            )
            assert ledger_check.check(made.conninfo(), made.lake, made.contracts) == []
            with psycopg.connect(made.conninfo()) as connection:
                windows = connection.execute(
                    "select count(*) from control.ledger where table_name = 'thing' and rows > 0"
                ).fetchone()[0]
                marked = connection.execute(  # by a comparison of keys, or by a reload before it
                    "select coalesce((select sum(marked) from control.reconciled), 0)"
                    " + coalesce((select sum(deleted) from control.run_table), 0)"
                ).fetchone()[0]
            assert windows >= 2, f"seed {number}: no run read anything between the writes"
            assert marked > 0, f"seed {number}: nothing was gone"
        finally:
            writers.close()
    return writers.done


@pytest.mark.spark
@pytest.mark.postgres
def test_a_short_form_of_the_histories(group, report):
    number = int(os.environ.get("HIGHWATER_SEED", random.SystemRandom().randrange(10**6)))
    print(f"seed {number}")
    done = play(group, number, 40, runs=2)
    assert {"begin", "commit", "roll back", "prepared", "kept", "undone", "again", "vanish"} <= done.keys()
    report("history", 40, seed=number)


@pytest.mark.spark
@pytest.mark.postgres
@pytest.mark.reliability
@pytest.mark.timeout(2400)
def test_a_thousand_histories(group, report):
    wanted = int(os.environ.get("HIGHWATER_HISTORIES", "1000"))
    first = int(os.environ.get("HIGHWATER_SEED", random.SystemRandom().randrange(10**6)))
    for number, begun in enumerate(range(0, wanted, GROUP), first):
        count = min(GROUP, wanted - begun)
        started = time.monotonic()
        print(f"seed {number}: {count} histories ...", flush=True)
        done = play(group, number, count)
        print(f"seed {number}: {count} histories, {sum(done.values())} steps, 0 lost, 0 doubled, "
              f"{time.monotonic() - started:.0f} s", flush=True)  # fmt: skip
        report("history", count, seed=number)
