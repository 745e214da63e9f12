"""What is refused before a run, by name and place; and the two shapes of a definition.

Limits: https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits
Loops: https://learn.microsoft.com/azure/data-factory/control-flow-for-each-activity#limitations-and-workarounds
"""

import copy

import pytest

from local.adf import DefinitionError, Factory
from local.adf.validation import validate

LAKE = {"type": "AzureBlobFS", "typeProperties": {"url": "file:///tmp/"}}
POSTGRES = {"type": "AzurePostgreSql", "typeProperties": {"server": "/s", "database": "d", "username": "u"}}
DATASETS = {
    "query": {"type": "AzurePostgreSqlTable", "linkedServiceName": {"referenceName": "db"}},
    "file": {
        "type": "Parquet",
        "linkedServiceName": {"referenceName": "lake"},
        "parameters": {"name": {"type": "String"}},
        "location": {"type": "AzureBlobFSLocation", "fileSystem": "f", "fileName": "@dataset().name"},
    },
}
COPY = {
    "name": "Copy it",
    "type": "Copy",
    "inputs": [{"referenceName": "query"}],
    "outputs": [{"referenceName": "file", "parameters": {"name": "a"}}],
    "source": {"type": "AzurePostgreSqlSource", "query": "select 1 as x"},
    "sink": {"type": "ParquetSink"},
}


def factory(*activities: dict, **pipeline: object) -> Factory:
    main = {"activities": list(activities), **pipeline}
    return Factory({"main": main}, DATASETS, {"lake": LAKE, "db": POSTGRES})


def findings(*activities: dict, has_jobs: bool = True, **pipeline: object) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        validate(factory(*activities, **pipeline), "main", has_jobs=has_jobs)
    return caught.value.findings


def text(value: str, **more: object) -> dict:
    return {"name": "A", "type": "SetVariable", "variableName": "v", "value": value, **more}


VARIABLE = {"variables": {"v": {"type": "String"}}}


def changed(**properties: object) -> dict:
    return {**copy.deepcopy(COPY), **properties}


def test_a_sound_pipeline_passes_without_warnings():
    assert validate(factory(COPY), "main") == []


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("@nosuch(1)", "the function 'nosuch' is not known at position 1"),
        ("@if(true, 1, concat(oops(1)))", "the function 'oops' is not known at position 20"),
        ("a @{concat('x'} b", "expected token 'RightParenthesis' and actual 'EndOfData' at position 14"),
        (
            "@add(1)",
            "'add' expects two parameters: the numbers to add. The function was invoked with '1' parameter",
        ),
        ("@item().x", "item() is used outside of a ForEach or Filter at position 1"),
        ("@variables('w')", "the variable 'w' is not declared at position 1"),
        ("@pipeline().parameters.day", "the parameter 'day' is not declared at position 23"),
        ("@activity('B').output", "there is no activity 'B' at position 1"),
        ("@dataset().folder", "dataset() is used in a pipeline at position 1"),
        ("@concat('" + "x" * 8_200 + "')", "8,211 characters where 8,192 are allowed"),
    ],
)
def test_expressions(value: str, found: str):
    (said,) = findings(text(value), **VARIABLE)
    assert said.startswith("pipeline 'main', activity 'A': ") and found in said


def test_an_activity_must_be_depended_on_to_be_referred_to():
    other = {"name": "B", "type": "Wait", "waitTimeInSeconds": 1}
    (said,) = findings(other, text("@string(activity('B').output)"), **VARIABLE)
    assert "the activity 'B' is referred to without depending on it" in said
    depends = [{"activity": "B", "dependencyConditions": ["Completed"]}]
    assert (
        validate(factory(other, text("@string(activity('B').output)", dependsOn=depends), **VARIABLE), "main")
        == []
    )


@pytest.mark.parametrize(
    ("activity", "found"),
    [
        ({"name": "A", "type": "WebHook", "url": "x"}, "activities of type WebHook are not supported"),
        ({"name": "A", "type": "GetMetadata"}, "it has no 'dataset'"),
        ({"name": "A", "type": "Wait"}, "it has no 'waitTimeInSeconds'"),
        ({"name": "A", "type": "DatabricksJob", "jobId": "1"}, "nothing that runs Databricks jobs was given"),
        (
            changed(source={"type": "OracleSource"}),
            "a Copy from a source of type OracleSource is not supported",
        ),
        (
            changed(sink={"type": "DelimitedTextSink"}),
            "a Copy to a sink of type DelimitedTextSink is not supported",
        ),
        (
            changed(sink={"type": "ParquetSink", "formatSettings": {"maxRowsPerFile": 0}}),
            "maxRowsPerFile is 0; it must be a positive integer",
        ),
        (
            changed(source={**COPY["source"], "partitionOption": "DynamicRange"}),
            "source.partitionOption is not supported",
        ),
        (changed(enableSkipIncompatibleRow=True), "enableSkipIncompatibleRow is not supported"),
        (
            changed(outputs=[{"referenceName": "file"}]),
            "the dataset 'file' needs a value for its parameter 'name'",
        ),
        (changed(inputs=[{"referenceName": "gone"}]), "the dataset 'gone' is not declared"),
        (changed(policy={"timeout": "soon"}), "its timeout 'soon' is not a time span"),
        (changed(policy={"timeout": "8.00:00:00"}), "its timeout 8.00:00:00 is longer than 7 days"),
        (changed(dependsOn=[{"activity": "Z"}]), "it depends on 'Z', which is not beside it"),
        (
            {
                "name": "A",
                "type": "ExecutePipeline",
                "pipeline": {"referenceName": "main"},
                "parameters": {"x": 1},
            },
            "the pipeline 'main' has no parameter 'x'",
        ),
        (
            {"name": "A", "type": "ForEach", "items": "@range(0, 1)", "batchCount": 51},
            "batchCount is 51; it must be",
        ),
    ],
)
def test_activities(activity: dict, found: str):
    said = findings(activity, has_jobs=False)
    assert any(found in one for one in said), said


def test_loops_do_not_nest():
    wait = {"name": "W", "type": "Wait", "waitTimeInSeconds": 1}
    inner = {"name": "Inner", "type": "ForEach", "items": "@range(0, 1)", "activities": [wait]}
    outer = {"name": "Outer", "type": "ForEach", "items": "@range(0, 1)", "activities": [inner]}
    (said,) = findings(outer)
    assert "activity 'Inner': a ForEach can't stand inside a ForEach: put it in a pipeline of its own" in said


def test_limits_of_the_service():
    waits = [{"name": f"W{number}", "type": "Wait", "waitTimeInSeconds": 1} for number in range(121)]
    parameters = {f"p{number}": {"type": "String"} for number in range(51)}
    assert findings(*waits, parameters=parameters, concurrency=51) == [
        "pipeline 'main': it has 121 activities; the service takes 120",
        "pipeline 'main': it has 51 parameters; the service takes 50",
        "pipeline 'main': concurrency is 51; it must be 1 to 50",
    ]
    assert "beyond 80" in validate(factory(*waits[:81]), "main")[0]


def test_a_circle_and_a_double_name_are_named():
    one = {"name": "A", "type": "Wait", "waitTimeInSeconds": 1, "dependsOn": [{"activity": "B"}]}
    two = {"name": "B", "type": "Wait", "waitTimeInSeconds": 1, "dependsOn": [{"activity": "A"}]}
    assert "pipeline 'main', activity 'A': it depends on itself: A -> B -> A" in findings(one, two)
    assert (
        "there is more than one activity of this name"
        in findings(two | {"dependsOn": []}, two | {"dependsOn": []})[0]
    )


def test_what_an_executed_pipeline_has_wrong_is_found_too():
    call = {"name": "Call", "type": "ExecutePipeline", "pipeline": {"referenceName": "child"}}
    child = {"activities": [{"name": "Ask", "type": "WebHook"}]}
    with pytest.raises(DefinitionError, match="pipeline 'child', activity 'Ask': activities of type WebHook"):
        validate(Factory({"main": {"activities": [call]}, "child": child}), "main")


def test_both_shapes_are_read_alike():
    condition = {"type": "Expression", "value": "@equals(1, 1)"}
    wait = {"name": "W", "type": "Wait", "typeProperties": {"waitTimeInSeconds": 5}}
    arm = {
        "name": "main",
        "properties": {
            "concurrency": 2,
            "activities": [
                {
                    "name": "If",
                    "type": "IfCondition",
                    "typeProperties": {"expression": condition, "ifTrueActivities": [wait]},
                },
                {**{key: COPY[key] for key in ("name", "type", "inputs", "outputs")},
                 "typeProperties": {"source": COPY["source"], "sink": COPY["sink"]}},
            ],
        },
    }  # fmt: skip
    flat = {
        "pipelineName": "main",
        "factoryName": "f",
        "concurrency": 2,
        "activities": [
            {
                "name": "If",
                "type": "IfCondition",
                "expression": condition,
                "ifTrueActivities": [{"name": "W", "type": "Wait", "waitTimeInSeconds": 5}],
            },
            COPY,
        ],
    }
    nested = {name: {"properties": dict(one)} for name, one in DATASETS.items()}
    nested["file"]["properties"]["typeProperties"] = {
        "location": nested["file"]["properties"].pop("location")
    }
    services = {
        "lake": {"properties": {"type": "AzureBlobFS", "url": "file:///tmp/"}},
        "db": {"properties": POSTGRES},
    }
    one = Factory({"main": arm}, nested, services)
    two = Factory({"main": flat}, DATASETS, {"lake": LAKE, "db": POSTGRES})
    assert one.pipeline("main") == two.pipeline("main")
    assert one.linked_service("lake") == two.linked_service("lake")
    assert one.dataset("file").properties["location"] == two.dataset("file").properties["location"]
    assert validate(one, "main") == [] and validate(two, "main") == []
