"""A factory whose run fails in a pipeline that it executes, and runs of it that are recorded."""

from pathlib import Path

from local.adf import Factory, Runtime
from local.adf.history import Recorder
from local.adf.runtime.events import PipelineRun


def set_variable(name: str, value: str, after: str | None = None, **more: object) -> dict:
    depends = [{"activity": after, "dependencyConditions": ["Succeeded"]}] if after else []
    return {
        "name": name,
        "type": "SetVariable",
        "variableName": "v",
        "value": value,
        "dependsOn": depends,
        **more,
    }


FACTORY = Factory(
    {
        "main": {
            "parameters": {"who": {"type": "String"}},
            "variables": {"v": {"type": "String"}},
            "activities": [
                {
                    "name": "Each",
                    "type": "ForEach",
                    "items": "@createArray('a', 'b')",
                    "isSequential": True,
                    "activities": [set_variable("Note", "@concat(item(), ' ', pipeline().parameters.who)")],
                },
                {
                    "name": "Call",
                    "type": "ExecutePipeline",
                    "pipeline": {"referenceName": "child"},
                    "waitOnCompletion": True,
                    "dependsOn": [{"activity": "Each", "dependencyConditions": ["Succeeded"]}],
                },
            ],
        },
        "child": {
            "activities": [
                {"name": "No", "type": "Fail", "message": "no luck", "errorCode": "9"},
            ]
        },
    }
)


def run(database, folder: Path, factory: Factory = FACTORY, name: str = "main", **options) -> PipelineRun:
    parameters = options.pop("parameters", {"who": "me"} if factory is FACTORY else {})
    with Recorder(database.conninfo()) as recorder:
        return Runtime(factory, folder, sleep=lambda *_: None, recorded=recorder).run(
            name, parameters, **options
        )
