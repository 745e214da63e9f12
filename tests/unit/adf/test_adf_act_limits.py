"""Limits of the service and shapes of outputs, a test for each, with the page that states it."""

from pathlib import Path

import pytest
from lakelab import LakeLab, dataset

from local.adf import DefinitionError, Factory, PipelineRun, Runtime
from local.adf.validation import validate

LIMITS = (
    "https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits"
    "#data-factory-limits"
)


@pytest.fixture
def run(tmp_path: Path):
    def run_them(
        *activities: dict, given: dict | None = None, more: dict | None = None, **rest
    ) -> PipelineRun:
        factory = Factory({"main": {"activities": list(activities), **rest}, **(more or {})})
        return Runtime(factory, tmp_path, sleep=lambda seconds, stop: None).run("main", given)

    return run_them


def warnings(*activities: dict, **rest: object) -> list[str]:
    return validate(Factory({"main": {"activities": list(activities), **rest}}), "main")


class TestLimits:
    __doc__ = LIMITS

    WEB = {"name": "W", "type": "WebActivity", "url": "http://127.0.0.1:9/", "method": "POST"}
    TEXT = {"parameters": {"text": {"type": "String"}}}

    def test_a_payload_of_more_than_896_kb_is_refused(self, run):
        web = {**self.WEB, "body": "@pipeline().parameters.text"}
        result = run(web, given={"text": "x" * 896 * 1024}, **self.TEXT)
        assert result.error["errorCode"] == "2002"
        assert "an activity run may have 917,504 (896 KB)" in result.error["message"]
        below = run(web, given={"text": "x" * 890 * 1024}, **self.TEXT)
        assert below.error["errorCode"] == "2108"  # sent, and nobody listened

    def test_an_expression_has_8_192_characters_at_most(self):
        text = "@concat('" + "x" * 8_192 + "')"
        wait = {"name": "W", "type": "Wait", "waitTimeInSeconds": text}
        with pytest.raises(DefinitionError, match="characters where 8,192 are allowed"):
            warnings(wait)

    def test_a_foreach_takes_100_000_items(self, run):
        """https://learn.microsoft.com/azure/data-factory/control-flow-for-each-activity"""
        inner = {"name": "A", "type": "Wait", "waitTimeInSeconds": 1}
        loop = {
            "name": "L",
            "type": "ForEach",
            "items": "@pipeline().parameters.items",
            "activities": [inner],
        }
        result = run(loop, given={"items": [1] * 100_001}, parameters={"items": {"type": "Array"}})
        assert result.error["message"].endswith("at most 100,000 items. Found 100,001.")

    def test_a_timeout_is_at_most_seven_days_and_at_least_ten_minutes(self):
        """https://learn.microsoft.com/azure/data-factory/concepts-pipelines-activities#activity-policy"""
        web = {**self.WEB, "body": "x"}
        assert (
            "under 10 minutes, the service's shortest"
            in warnings({**web, "policy": {"timeout": "0.00:09:59"}})[0]
        )
        assert warnings({**web, "policy": {"timeout": "7.00:00:00"}}) == []
        with pytest.raises(DefinitionError, match="longer than 7 days"):
            warnings({**web, "policy": {"timeout": "7.00:00:01"}})

    @pytest.mark.parametrize("count", [0, 26])
    def test_a_switch_has_1_to_25_cases(self, count):
        """https://learn.microsoft.com/azure/data-factory/control-flow-switch-activity#type-properties"""
        cases = [{"value": str(number), "activities": []} for number in range(count)]
        with pytest.raises(DefinitionError, match=f"it has {count} cases; a Switch has 1 to 25"):
            warnings({"name": "S", "type": "Switch", "on": "@string(1)", "cases": cases})

    def test_metadata_of_more_than_4_mb_fails(self, tmp_path):
        """https://learn.microsoft.com/azure/data-factory/control-flow-get-metadata-activity#supported-capabilities"""
        lab = LakeLab(tmp_path)
        lab.put("in/a.csv", ",".join(f"{'c' * 50}{number}" for number in range(60_000)) + "\n")
        ask = {
            "name": "M",
            "type": "GetMetadata",
            "dataset": {"referenceName": "d"},
            "fieldList": ["structure"],
        }
        data = dataset("DelimitedText", "in", "a.csv", firstRowAsHeader=True)
        assert lab.one(ask, {"d": data}).error["errorCode"] == "2001"


class TestVariables:
    __doc__ = "https://learn.microsoft.com/azure/data-factory/control-flow-set-variable-activity"

    def test_a_variable_can_not_refer_to_itself(self):
        add = {
            "name": "A",
            "type": "SetVariable",
            "variableName": "n",
            "value": "@concat(variables('N'), 'x')",
        }
        with pytest.raises(DefinitionError, match="the variable 'n' is set to a value that refers to itself"):
            warnings(add, variables={"n": {"type": "String"}})

    def test_setting_one_in_a_parallel_loop_is_warned_of(self):
        """https://learn.microsoft.com/azure/data-factory/control-flow-for-each-activity#limitations-and-workarounds"""
        inner = {"name": "A", "type": "SetVariable", "variableName": "n", "value": "@item()"}
        loop = {"name": "L", "type": "ForEach", "items": "@createArray('a')", "activities": [inner]}
        variables = {"n": {"type": "String"}}
        assert warnings(loop, variables=variables) == [
            "pipeline 'main', activity 'A': it sets a variable of the whole pipeline in 'L', "
            "whose items run side by side"
        ]
        assert warnings({**loop, "isSequential": True}, variables=variables) == []


class TestOutputs:
    """The shape that each control activity's output and error have."""

    def test_set_and_append_variable(self, run):
        """https://learn.microsoft.com/azure/data-factory/control-flow-append-variable-activity"""
        first = {"name": "S", "type": "SetVariable", "variableName": "v", "value": "x"}
        then = {"name": "A", "type": "AppendVariable", "variableName": "l", "value": "@add(1, 1)"}
        result = run(first, then, variables={"v": {"type": "String"}, "l": {"type": "Array"}})
        assert result.activity("S").output == {"name": "v", "value": "x"}
        assert result.activity("A").output == {"name": "l", "value": 2}

    def test_filter(self, run):
        """https://learn.microsoft.com/azure/data-factory/control-flow-filter-activity"""
        keep = {
            "name": "F",
            "type": "Filter",
            "items": "@createArray('a', 'bb')",
            "condition": "@equals(length(item()), 2)",
        }
        assert run(keep).activity("F").output == {"ItemsCount": 2, "FilteredItemsCount": 1, "Value": ["bb"]}

    def test_fail(self, run):
        """https://learn.microsoft.com/azure/data-factory/control-flow-fail-activity"""
        fail = {"name": "F", "type": "Fail", "message": "@concat('no ', 'rows')", "errorCode": "500"}
        assert run(fail).activity("F").error == {
            "errorCode": "500",
            "message": "no rows",
            "failureType": "UserError",
            "target": "F",
            "details": "",
        }

    @pytest.mark.parametrize(
        ("message", "code", "said"),
        [
            ("@add(1, 1)", "@add(400, 4)", ("2", "404")),
            (
                "@createArray(1)",
                "500",
                ("F fail message parameter couldn't be interpreted as a string", "500"),
            ),
            ("@json('null')", "500", ("Failed to interpret F fail message or error code", "500")),
            (
                "@first(json('[]')).x",
                "500",
                ("F fail message parameter couldn't be interpreted as a string", "500"),
            ),
            ("no rows", "@concat(' ', '')", ("no rows", "ErrorCodeNotString")),
            ("no rows", "@createArray(1)", ("no rows", "ErrorCodeNotString")),
            (
                "@createArray(1)",
                "@createArray(1)",
                ("Failed to interpret F fail message or error code", "ErrorCodeNotString"),
            ),
        ],
    )
    def test_fail_with_what_is_no_text(self, run, message, code, said):
        """https://learn.microsoft.com/azure/data-factory/control-flow-fail-activity#understand-the-fail-activity-error-code"""
        error = run({"name": "F", "type": "Fail", "message": message, "errorCode": code}).error
        assert (error["message"], error["errorCode"]) == (f"Operation on target F failed: {said[0]}", said[1])

    def test_containers_and_waits_give_nothing(self, run):
        """https://learn.microsoft.com/azure/data-factory/control-flow-if-condition-activity"""
        wait = {"name": "W", "type": "Wait", "waitTimeInSeconds": 1}
        check = {"name": "I", "type": "IfCondition", "expression": "@true", "ifTrueActivities": [wait]}
        loop = {
            "name": "L",
            "type": "ForEach",
            "items": "@range(0, 2)",
            "activities": [{**wait, "name": "V"}],
        }
        result = run(check, loop)
        assert [result.activity(name).output for name in ("W", "I", "L")] == [{}, {}, {}]
        assert result.activity("L").input == {"itemsCount": 2}

    def test_execute_pipeline(self, run):
        """https://learn.microsoft.com/azure/data-factory/control-flow-execute-pipeline-activity"""
        wait = {"name": "W", "type": "Wait", "waitTimeInSeconds": 1}
        call = {
            "name": "E", "type": "ExecutePipeline", "pipeline": {"referenceName": "child"}, "waitOnCompletion": True,
        }  # fmt: skip
        output = run(call, more={"child": {"activities": [wait]}}).activity("E").output
        assert sorted(output) == ["pipelineName", "pipelineRunId"] and output["pipelineName"] == "child"

    def test_the_result_of_an_activity_for_expressions(self, run):
        """https://learn.microsoft.com/azure/data-factory/control-flow-expression-language-functions"""
        keep = {"name": "F", "type": "Filter", "items": "@createArray(1)", "condition": "@true"}
        depends = [{"activity": "F", "dependencyConditions": ["Succeeded"]}]
        text = "@{activity('F').Status}|@{activity('F').ActivityType}|@{empty(activity('F').error)}"
        show = {"name": "S", "type": "SetVariable", "variableName": "v", "value": text, "dependsOn": depends}
        result = run(keep, show, variables={"v": {"type": "String"}})
        assert result.activity("S").output["value"] == "Succeeded|Filter|True"
