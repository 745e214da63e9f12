"""The job broken at each of its points, before and after every commit and receipt: the next run heals it, on Spark.

The points are found by looking at good runs, so a new commit is tried without anyone adding it; a commit that is no
point fails the test. The lake is one: each broken run has to mend what those before it left, and after every few a good
run is compared with the source. Where the time (HIGHWATER_FAULT_SECONDS) is up before the points are, those that were
tried are a seeded spread over all, and the report says how many of how many.
"""

import os
import random
import time
from collections.abc import Iterable, Iterator

import pytest
from broken_runs import listening, run_broken
from fault_points import Fault, commits
from healing import MARGIN, assert_healed, change, prepare, tables
from job_here import Job

pytestmark = [pytest.mark.spark, pytest.mark.postgres]
SHORT = 2
TOGETHER = 4


def broken(made, fault: Fault) -> bool:
    """A run with changes that breaks at the point; False when it went another way and ended well."""
    change(made, fault.point)
    return run_broken(fault, made.factory, made.lake, made.job, Job(None, made.lake))


def heal(made, faults: list[Fault]) -> None:
    time.sleep(MARGIN)
    made.run()
    assert_healed(made, ", ".join(map(str, faults)))


def try_all(made, faults: Iterable[Fault]) -> Iterator[Fault]:
    """Breaks one run after the other, each of which also has to mend what those before it left; heals and compares
    after every few. Gives each fault once it was tried."""
    since: list[Fault] = []
    for fault in faults:
        if not broken(made, fault):
            # What was left made the run go another way, as a replace instead of an append: it mended all of it.
            assert since, f"{fault}: the run did not come there"
            assert_healed(made, ", ".join(map(str, since)))
            since = []
            assert broken(made, fault), f"{fault}: the run did not come there"
        since.append(fault)
        if len(since) == TOGETHER:
            heal(made, since)
            since = []
        yield fault
    if since:
        heal(made, since)


def try_first_load(group, fault: Fault) -> None:
    with group(tables()) as fresh:
        prepare(fresh)
        change(fresh)  # every table is new: its point is of any
        assert run_broken(fault, fresh.factory, fresh.lake, fresh.job, Job(None, fresh.lake)), fault
        heal(fresh, [fault])


def found_faults(made) -> list[Fault]:
    """A first load and a run with changes, looked at; each commit of theirs must have been a point."""
    heard: list[list[str]] = []
    for _ in range(2):
        change(made)
        heard.append([])
        before = commits(made.lake)
        with listening(heard[-1].append):
            made.run()
        done = [p for p in heard[-1] if p.endswith(":after") and not p.startswith("receipt ")]
        assert commits(made.lake) - before == len(done), (
            "a commit that is no point, or a point that is no commit"
        )
    assert_healed(made, "good runs")
    points = dict.fromkeys((*heard[1], *heard[0]))
    return [Fault(p, how, first_load=p not in heard[1]) for how in ("raise", "kill") for p in points]


def play(group, report, most: int | None, seconds: float) -> None:
    number = int(os.environ.get("HIGHWATER_SEED", random.SystemRandom().randrange(10**6)))
    print(f"seed {number}")
    with group(tables()) as made:
        prepare(made)
        there = found_faults(made)
        # A point that only a first load passes needs a lake of its own: dearer, so it comes last.
        chosen = random.Random(number).sample(there, len(there))[:most]
        began, tried = time.monotonic(), 0

        def in_time(first_load: bool) -> Iterator[Fault]:
            for fault in chosen:
                if fault.first_load is first_load and time.monotonic() - began < seconds:
                    yield fault

        def told(fault: Fault) -> None:
            nonlocal tried
            tried += 1
            print(f"{tried} of {len(there)}: {fault}, {time.monotonic() - began:.0f} s", flush=True)

        for fault in try_all(made, in_time(first_load=False)):
            told(fault)
        for fault in in_time(first_load=True):
            try_first_load(group, fault)
            told(fault)
        assert tried > 0
        report("fault point of the job", tried, seed=number, enumerated=len(there))


@pytest.mark.slow
def test_a_sample_of_the_job_s_points(group, report):
    play(group, report, SHORT, 300)


@pytest.mark.reliability
@pytest.mark.timeout(2400)
def test_the_job_s_points(group, report):
    play(group, report, None, float(os.environ.get("HIGHWATER_FAULT_SECONDS", "800")))
