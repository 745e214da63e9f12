"""Runs a set of activities in the order of their dependencies, those that may side by side."""

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager

from local.adf.definition import Activity
from local.adf.errors import ActivityError
from local.adf.runtime.frame import Frame
from local.adf.runtime.outcome import decision, failures
from local.adf.runtime.step import perform, skip
from local.adf.runtime.stop import Stop


def run_group(activities: Sequence[Activity], frame: Frame) -> list[tuple[str, dict]]:
    """Run them all; the failures that decide, as (activity, its error), empty when the whole succeeded."""
    statuses: dict[str, str] = {}
    waiting = list(activities)
    running: dict[Future, Activity] = {}
    anew = set() if frame.reuse is None else frame.reuse.downstream(activities, frame.join)

    def run(activity: Activity) -> str:
        return perform(activity, frame.anew() if activity.name in anew else frame)

    with ending(frame.run.stop, len(waiting)) as pool:
        while waiting or running:
            ready = _ready(waiting, statuses, frame)
            if len(ready) == 1 and not running:  # a chain needs no thread
                statuses[ready[0].name] = run(ready[0])
                continue
            running |= {pool.submit(run, activity): activity for activity in ready}
            if running:
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    statuses[running.pop(future).name] = future.result()
    return [(name, frame.results[name]["error"] or {}) for name in failures(activities, statuses)]


def _ready(waiting: list[Activity], statuses: dict[str, str], frame: Frame) -> list[Activity]:
    """Takes out of `waiting` what can go on: what is to run is returned, what is to be skipped is."""
    ready, looking = [], True
    while looking:
        looking = False
        for activity in list(waiting):
            verdict = decision(activity, statuses)
            if verdict == "wait":
                continue
            waiting.remove(activity)
            if verdict == "run":
                ready.append(activity)
            else:
                statuses[activity.name] = skip(activity, frame)
                looking = True
    return ready


@contextmanager
def ending(stop: Stop, workers: int) -> Iterator[ThreadPoolExecutor]:
    """A pool of threads; what ends one of them, or an interrupt, ends all that runs in this pipeline run."""
    with ThreadPoolExecutor(max_workers=max(workers, 1), thread_name_prefix="adf") as pool:
        try:
            yield pool
        except BaseException:
            stop.set("cancelled")
            raise


def inner_failure(failed: list[tuple[str, dict]]) -> ActivityError:
    """The error of a container one of whose activities failed."""
    name, error = failed[0]
    return ActivityError(
        f"Activity failed because an inner activity failed; Inner activity name: {name}, "
        f"Error: {error.get('message', 'marked as failed')}",
        str(error.get("errorCode", "2000")),
        str(error.get("failureType", "UserError")),
    )
