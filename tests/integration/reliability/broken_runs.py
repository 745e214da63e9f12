"""Runs that break at a point: by an exception in this process, or killed in a process of their own."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from fault_points import Fault, plain
from highwater_transforms import faults

from local.adf import Factory, Runtime
from local.adf.errors import ActivityError
from local.adf.runtime.handlers import HANDLERS

# Starts processes by fork from one that has imported all, has no thread and no channel to Spark.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["broken_runs", "duckdb", "psycopg", "pyarrow.parquet"])


class Injected(Exception):
    """The fault of a test."""


@contextmanager
def failing(fails: Callable[[str], None]) -> Iterator[None]:
    """Tells `fails` of every activity's attempt, before and after what it does; what it raises fails the attempt."""
    whole = dict(HANDLERS)

    def wrapped(call: Callable) -> Callable:
        def perform(task):
            path = plain(task.frame.step_name(task.activity.name))
            fails(f"{path}:before")
            try:
                output = call(task)
            except ActivityError:  # what an activity that fails leaves is a step of the run too
                fails(f"{path}:after")
                raise
            fails(f"{path}:after")
            return output

        return perform

    HANDLERS.update({kind: replace(handler, call=wrapped(handler.call)) for kind, handler in whole.items()})
    try:
        yield
    finally:
        HANDLERS.update(whole)


@contextmanager
def listening(heard: Callable[[str], None]) -> Iterator[None]:
    """Tells `heard` of the job's points in this process."""
    faults.listener = heard
    try:
        yield
    finally:
        faults.listener = None


def run_broken(
    fault: Fault,
    factory: Factory,
    lake: Path,
    job: object,
    dying: object,
    pipeline: str = "ingest",
    given: dict[str, str] | None = None,
) -> bool:
    """Runs a pipeline with the fault; whether it came to its point.

    Args:
        job: the job in this process; `dying`, the same for a process of its own, to which it is sent.
        given: the pipeline's parameters.
    """
    if fault.how == "kill":
        child = _PROCESSES.Process(target=_dies, args=(fault, factory, lake, dying, pipeline, given))
        child.start()
        child.join()
        return child.exitcode == -signal.SIGKILL
    hit: list[str] = []

    def fails(name: str) -> None:
        if fault.cause is not None and name == f"{fault.cause}:before":
            raise ActivityError("injected, to lead there")
        if name == fault.point:
            hit.append(name)
            raise ActivityError(f"injected at {name}")

    def step(name: str) -> None:
        if name.endswith(":progress"):  # amid an activity only the run itself can break
            breaks(plain(name))

    def breaks(name: str) -> None:
        if name == fault.point:
            hit.append(name)
            raise Injected(name)

    runtime = Runtime(factory, lake / "runs", job, on_step=step, sleep=lambda *_: None)
    with failing(fails), listening(breaks):
        try:
            runtime.run(pipeline, given)
        except Injected:
            runtime.join()
    return hit != []


def _dies(
    fault: Fault, factory: Factory, lake: Path, job: object, pipeline: str, given: dict[str, str] | None
) -> None:
    """The run in a process of its own, which is killed at the point."""

    def fails(name: str) -> None:
        if fault.cause is not None and name == f"{fault.cause}:before":
            raise ActivityError("injected, to lead there")

    def dies(name: str) -> None:
        if plain(name) == fault.point:
            os.kill(os.getpid(), signal.SIGKILL)

    with failing(fails), listening(dies):
        Runtime(factory, lake / "runs", job, on_step=dies, sleep=lambda *_: None).run(pipeline, given)
    os._exit(0)
