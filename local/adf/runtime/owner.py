"""Which process a run belongs to: a number that the system gives out again, and the time that it began.

Together they tell a run under way from one whose process died, as a service that never dies has no need to.
"""

import os
from functools import cache

import psutil

_SLACK = 1.0  # seconds: the kernel counts a process's start in ticks


def this_process() -> dict:
    """{pid, started}: this process, its start in seconds since 1970."""
    return _described(os.getpid())


@cache
def _described(pid: int) -> dict:
    return {"pid": pid, "started": psutil.Process(pid).create_time()}


def is_alive(owner: dict | None) -> bool:
    """Whether the process that {pid, started} names still runs; one that nobody knows does not."""
    if not owner:
        return False
    try:
        process = psutil.Process(int(owner["pid"]))
        return (
            abs(process.create_time() - float(owner["started"])) < _SLACK
            and process.status() != psutil.STATUS_ZOMBIE
        )
    except psutil.Error:
        return False
