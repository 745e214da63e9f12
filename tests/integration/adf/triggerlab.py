"""Triggers over a factory of one pipeline, with a clock that goes when it is told to."""

from datetime import UTC, datetime, timedelta

import psycopg

from local.adf import Factory, Runtime
from local.adf.history import History, Recorder
from local.adf.triggers import Ended, Watch, read
from local.adf.triggers.store import WindowStore
from local.watching import earlier_outcome

START = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
PIPELINE = {
    "parameters": {"low": {"type": "String"}, "high": {"type": "String", "defaultValue": ""}},
    "variables": {"v": {"type": "String"}},
    "activities": [
        {"name": "Say", "type": "SetVariable", "variableName": "v",
         "value": "@{pipeline().TriggerName} @{pipeline().TriggerType} @{pipeline().parameters.low}"},
        {"name": "Check", "type": "IfCondition", "expression": "@equals(pipeline().parameters.low, 'bad')",
         "dependsOn": [{"activity": "Say", "dependencyConditions": ["Succeeded"]}],
         "ifTrueActivities": [{"name": "No", "type": "Fail", "message": "no luck", "errorCode": "1"}]},
    ],
}  # fmt: skip


def schedule(frequency: str = "Hour", **parameters: object) -> dict:
    return {
        "type": "ScheduleTrigger",
        "recurrence": {"frequency": frequency, "interval": 1, "startTime": "2023-06-01T00:00:00Z"},
        "pipelines": [{"pipelineReference": {"referenceName": "p"}, "parameters": parameters}],
    }


def windows(low: str = "@trigger().outputs.windowStartTime", **more: object) -> dict:
    return {
        "properties": {
            "type": "TumblingWindowTrigger",
            "typeProperties": {
                "frequency": "Hour", "interval": 1, "startTime": "2024-01-01T00:00:00Z", "maxConcurrency": 2, **more,
            },
            "pipeline": {
                "pipelineReference": {"referenceName": "p"},
                "parameters": {"low": low, "high": {"type": "Expression", "value": "@trigger().outputs.windowEndTime"}},
            },
        }
    }  # fmt: skip


class TriggerLab:
    """A factory of one pipeline, its triggers, and a clock that goes when it is told to."""

    def __init__(self, database, folder, **definitions: dict):
        self.conninfo, self.folder = database.conninfo(), folder
        self.factory = Factory({"p": PIPELINE})
        self.triggers = {name: read(name, definition) for name, definition in definitions.items()}
        self.stopped: set[str] = set()
        self.now = START
        self.ended: list[Ended] = []
        self.notes: list[str] = []
        self.store = WindowStore(self.conninfo)

    def watch(self, start=None) -> Watch:
        """A new watch, as after a restart."""
        return Watch(
            self.triggers, lambda name: name not in self.stopped, start or self.start, self.store,
            lambda run_id: earlier_outcome(lambda: History(self.conninfo, self.folder), run_id),
            self.ended.append, self.notes.append, lambda: self.now,
        )  # fmt: skip

    def start(self, pipeline, parameters, *, trigger, run_id):
        with Recorder(self.conninfo) as recorder:
            runtime = Runtime(self.factory, self.folder, recorded=recorder, sleep=lambda *_: None)
            return runtime.run(pipeline, parameters, trigger=trigger, run_id=run_id)

    def pass_time(self, watch: Watch, span: timedelta) -> list[Ended]:
        """Look after that time, and until nothing is to be done any more; what ended in it."""
        before = len(self.ended)
        self.now += span
        while True:
            count = len(self.ended)
            watch.look(self.now)
            watch.join()
            if len(self.ended) == count:
                return self.ended[before:]

    def rows(self) -> list[tuple[int, str, int]]:
        """(hour, status, attempt) of each window."""
        with psycopg.connect(self.conninfo) as connection:
            rows = connection.execute(
                "select extract(epoch from window_start - %s)::int / 3600, status, attempt"
                " from adf.trigger_windows order by trigger_name, window_start",
                [START],
            ).fetchall()
        return rows
