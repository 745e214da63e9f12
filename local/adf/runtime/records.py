"""The records of runs: one file of JSON lines a run, one line an event, written as it happens.

A process that dies leaves every line before its death; a torn last line is left out when read.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from local.adf.runtime.events import ActivityRun, PipelineRun

SECRET = "***"


class RunRecord:
    """Writes the record of one pipeline run. Safe to use from several threads.

    Args:
        written: told of the file after every line.
    """

    def __init__(self, folder: Path, run_id: str, written: Callable[[Path], None] | None = None):
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{run_id}.jsonl"
        self._written = written
        self._lock = threading.Lock()
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, event: str, **fields: object) -> None:
        """Append one line, in ASCII, for text may hold half a character. One write call: it is whole or the last."""
        line = json.dumps({"event": event, **fields}, default=str) + "\n"
        with self._lock:
            os.write(self._file, line.encode())
        if self._written is not None:
            self._written(self.path)

    def close(self) -> None:
        os.close(self._file)


def read_lines(path: Path) -> Iterator[dict]:
    """The events of a record."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            try:
                yield json.loads(line)
            except ValueError:
                return


def read_run(folder: Path, run_id: str) -> PipelineRun:
    """A run from its record; one whose process died is still InProgress.

    Raises:
        FileNotFoundError: there is no such run.
    """
    run: PipelineRun | None = None
    for line in read_lines(folder / f"{run_id}.jsonl"):
        kind = line.pop("event")
        if kind == "pipeline_started":
            run = PipelineRun(
                line["run_id"],
                line["pipeline"],
                "InProgress",
                line["parameters"],
                line["start"],
                parent=line["parent"],
                group=line["group"],
                rerun_of=line["rerun_of"],
                trigger=line["trigger"],
            )
        elif run is not None and kind == "activity_ended":
            run.activities.append(ActivityRun(**line))
        elif run is not None and kind == "pipeline_ended":
            run.status, run.end, run.seconds = line["status"], line["end"], line["seconds"]
            run.error, run.return_value = line["error"], line["return_value"]
    if run is None:
        raise FileNotFoundError(folder / f"{run_id}.jsonl")
    return run


def read_runs(folder: Path, limit: int = 100) -> list[PipelineRun]:
    """The newest runs, newest first."""
    files = sorted(folder.glob("*.jsonl"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    runs = []
    for path in files[:limit]:
        try:
            runs.append(read_run(folder, path.stem))
        except FileNotFoundError:  # started, nothing written yet
            continue
    return runs


def redacted(run: ActivityRun, policy: Mapping) -> ActivityRun:
    """The run as it may be shown: what its policy calls secure left out, and the error that may quote it."""
    secure_input, secure_output = bool(policy.get("secureInput")), bool(policy.get("secureOutput"))
    if not secure_input and not secure_output:
        return run
    return replace(
        run,
        input=SECRET if secure_input else run.input,
        output=SECRET if secure_output else run.output,
        error=None if run.error is None else {**run.error, "message": SECRET},
    )
