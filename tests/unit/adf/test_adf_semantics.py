"""The rules by which a pipeline runs, each with the page of Microsoft's documentation that states it."""

import threading
import time
from pathlib import Path

import pytest

from local.adf import Factory, PipelineRun, RunRefused, Runtime, read_run
from local.adf.runtime.stop import Stop

CONCEPTS = "https://learn.microsoft.com/azure/data-factory/concepts-pipelines-activities"
FAILURE = "https://learn.microsoft.com/azure/data-factory/tutorial-pipeline-failure-error-handling"


def ok(name: str, **after: list[str]) -> dict:
    """An activity that succeeds."""
    return _after({"name": name, "type": "Filter", "items": "@createArray(1)", "condition": "@true"}, after)


def bad(name: str, **after: list[str]) -> dict:
    """An activity that fails with the message 'NAME broke'."""
    return _after({"name": name, "type": "Fail", "message": f"{name} broke", "errorCode": "7"}, after)


def _after(activity: dict, after: dict[str, list[str]]) -> dict:
    depends = [{"activity": name, "dependencyConditions": list(found)} for name, found in after.items()]
    return {**activity, "dependsOn": depends}


def set_to(variable: str, value: object, **after: list[str]) -> dict:
    activity = {"name": f"Set {variable}", "type": "SetVariable", "variableName": variable, "value": value}
    return _after(activity, after)


@pytest.fixture
def run(tmp_path: Path):
    """Runs activities as a pipeline of their own; the sleeps of a run are kept in `run.slept`."""
    slept: list[float] = []

    def run_them(
        *activities: dict,
        more: dict | None = None,
        parameters: dict | None = None,
        declared: dict | None = None,
        **rest: object,
    ) -> PipelineRun:
        main = {"activities": list(activities), "parameters": declared or {}, **rest}
        pipelines = {"main": main, **(more or {})}

        def sleep(seconds: float, stop: Stop) -> None:
            slept.append(seconds)

        runtime = Runtime(Factory(pipelines, name="lab"), tmp_path, sleep=sleep)
        result = runtime.run("main", parameters)
        runtime.join()
        return result

    run_them.slept = slept
    return run_them


def statuses(result: PipelineRun) -> dict[str, str]:
    return {one.name: one.status for one in result.activities}


class TestDependencies:
    __doc__ = f"{CONCEPTS}#activity-dependency"

    def test_runs_only_when_its_condition_is_met(self, run):
        result = run(bad("A"), ok("B", A=["Succeeded"]), ok("C", A=["Failed"]), ok("D", A=["Completed"]))
        assert statuses(result) == {"A": "Failed", "B": "Skipped", "C": "Succeeded", "D": "Succeeded"}

    def test_skipped_is_not_completed(self, run):
        result = run(bad("A"), ok("B", A=["Succeeded"]), ok("C", B=["Completed"]), ok("D", B=["Skipped"]))
        assert statuses(result) == {"A": "Failed", "B": "Skipped", "C": "Skipped", "D": "Succeeded"}

    def test_several_dependencies_are_and(self, run):
        result = run(
            ok("A"),
            bad("B"),
            ok("C", A=["Succeeded"], B=["Succeeded"]),
            ok("D", A=["Succeeded"], B=["Failed"]),
        )
        assert statuses(result) == {"A": "Succeeded", "B": "Failed", "C": "Skipped", "D": "Succeeded"}

    def test_several_conditions_of_one_dependency_are_or(self, run):
        result = run(bad("A"), ok("B", A=["Succeeded"]), ok("C", B=["Failed", "Skipped"]))
        assert statuses(result)["C"] == "Succeeded"

    def test_activities_without_dependency_run_side_by_side(self, tmp_path):
        meet = threading.Barrier(2, timeout=20)

        def step(name: str) -> None:
            if name.endswith(":before"):
                meet.wait()  # passes only when both have started

        Runtime(Factory({"main": {"activities": [ok("A"), ok("B")]}}), tmp_path, on_step=step).run("main")


class TestOutcome:
    __doc__ = FAILURE

    def test_try_catch_succeeds(self, run):
        assert run(bad("Act"), ok("Handle", Act=["Failed"])).status == "Succeeded"

    def test_do_if_else_fails_when_the_success_path_was_skipped(self, run):
        result = run(bad("Act"), ok("Handle", Act=["Failed"]), ok("Next", Act=["Succeeded"]))
        assert result.status == "Failed"
        assert result.error["message"] == "Operation on target Act failed: Act broke"
        assert result.error["errorCode"] == "7"

    def test_do_if_else_succeeds_when_the_activity_does(self, run):
        assert (
            run(ok("Act"), ok("Handle", Act=["Failed"]), ok("Next", Act=["Succeeded"])).status == "Succeeded"
        )

    def test_do_if_skip_else_succeeds(self, run):
        result = run(
            bad("Act"),
            ok("Handle", Act=["Failed"]),
            ok("Next", Act=["Succeeded"]),
            ok("Dummy", Next=["Skipped"]),
        )
        assert result.status == "Succeeded"

    def test_a_skipped_leaf_asks_its_parents_all_the_way_up(self, run):
        assert run(bad("A"), ok("B", A=["Succeeded"]), ok("C", B=["Succeeded"])).status == "Failed"

    def test_a_failed_handler_fails(self, run):
        result = run(bad("Act"), bad("Handle", Act=["Failed"]))
        assert result.error["target"] == "Handle"

    def test_generic_handler_runs_on_failed_or_skipped_last(self, run):
        result = run(bad("A"), ok("B", A=["Succeeded"]), ok("Handle", B=["Failed", "Skipped"]))
        assert statuses(result)["Handle"] == "Succeeded" and result.status == "Succeeded"


class TestInactive:
    __doc__ = "https://learn.microsoft.com/azure/data-factory/deactivate-activity"

    @pytest.mark.parametrize(
        ("mark", "ran"), [("Succeeded", "On success"), ("Failed", "On failure"), ("Skipped", "On skip")]
    )
    def test_counts_as_it_is_marked(self, run, mark: str, ran: str):
        inactive = {**bad("A"), "state": "Inactive", "onInactiveMarkAs": mark}
        handlers = {"On success": "Succeeded", "On failure": "Failed", "On skip": "Skipped"}
        result = run(inactive, *(ok(name, A=[condition]) for name, condition in handlers.items()))
        assert statuses(result)["A"] == "Inactive"
        assert [name for name in handlers if statuses(result)[name] == "Succeeded"] == [ran]


class TestPolicy:
    __doc__ = f"{CONCEPTS}#activity-policy"

    def lookup(self, **policy: object) -> dict:
        source = {"type": "JsonSource"}
        return {
            "name": "L",
            "type": "Lookup",
            "policy": policy,
            "source": source,
            "dataset": {"referenceName": "d"},
        }

    def factory(self, lake: Path, activity: dict) -> Factory:
        location = {"type": "AzureBlobFSLocation", "fileSystem": "box", "folderPath": "in"}
        dataset = {"type": "Json", "linkedServiceName": {"referenceName": "lake"}, "location": location}
        service = {"type": "AzureBlobFS", "typeProperties": {"url": lake.as_uri() + "/"}}
        return Factory({"main": {"activities": [activity]}}, {"d": dataset}, {"lake": service})

    def test_retries_with_the_interval_between(self, tmp_path):
        (tmp_path / "box").mkdir()
        slept = []
        factory = self.factory(tmp_path, self.lookup(retry=2, retryIntervalInSeconds=45))
        result = Runtime(factory, tmp_path / "runs", sleep=lambda seconds, stop: slept.append(seconds)).run(
            "main"
        )
        assert [one.attempt for one in result.activities] == [1, 2, 3]
        assert slept == [45.0, 45.0]
        assert result.status == "Failed" and "The required Blob is missing" in result.error["message"]

    def test_stops_retrying_once_it_succeeds(self, tmp_path):
        (tmp_path / "box" / "in").mkdir(parents=True)

        def arrive(seconds: float, stop: Stop) -> None:
            (tmp_path / "box" / "in" / "a.json").write_text('{"n": 1}')

        factory = self.factory(tmp_path, self.lookup(retry=5))
        result = Runtime(factory, tmp_path / "runs", sleep=arrive).run("main")
        assert [one.status for one in result.activities] == ["Failed", "Succeeded"]
        assert result.activity("L").output == {"firstRow": {"n": 1}}

    def test_secure_input_and_output_are_in_no_record(self, tmp_path):
        (tmp_path / "box" / "in").mkdir(parents=True)
        (tmp_path / "box" / "in" / "a.json").write_text('{"key": "hunter2"}')
        told = []
        factory = self.factory(tmp_path, self.lookup(secureOutput=True, secureInput=True))
        result = Runtime(factory, tmp_path / "runs", listener=told.append).run("main")
        assert result.activity("L").output == "***" and result.activity("L").input == "***"
        assert "hunter2" not in (tmp_path / "runs" / f"{result.run_id}.jsonl").read_text()
        assert "hunter2" not in repr(told)

    def test_what_is_secure_can_still_be_used(self, tmp_path):
        (tmp_path / "box" / "in").mkdir(parents=True)
        (tmp_path / "box" / "in" / "a.json").write_text('{"key": "k1"}')
        factory = self.factory(tmp_path, self.lookup(secureOutput=True))
        use = set_to("v", "@activity('L').output.firstRow.key", L=["Succeeded"])
        main = {"activities": [self.lookup(secureOutput=True), use], "variables": {"v": {"type": "String"}}}
        result = Runtime(
            Factory({"main": main}, factory.datasets, factory.linked_services), tmp_path / "runs"
        ).run("main")
        assert result.activity("Set v").output == {"name": "v", "value": "k1"}


class TestForEach:
    __doc__ = "https://learn.microsoft.com/azure/data-factory/control-flow-for-each-activity"

    def test_sequential_keeps_the_order(self, run):
        append = {"name": "Append", "type": "AppendVariable", "variableName": "seen", "value": "@item()"}
        loop = {
            "name": "Loop",
            "type": "ForEach",
            "isSequential": True,
            "items": "@range(0, 20)",
            "activities": [append],
        }
        done = set_to("copy", "@variables('seen')", Loop=["Succeeded"])
        result = run(loop, done, variables={"seen": {"type": "Array"}, "copy": {"type": "Array"}})
        assert result.activity("Set copy").output["value"] == list(range(20))
        assert result.activity("Append").path == "Loop[19]/Append"

    def test_at_most_batch_count_at_a_time_and_as_many(self, tmp_path):
        running, most, lock = 0, 0, threading.Lock()

        def sleep(seconds: float, stop: Stop) -> None:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.05)
            with lock:
                running -= 1

        wait = {"name": "Wait", "type": "Wait", "waitTimeInSeconds": 1}
        loop = {
            "name": "Loop",
            "type": "ForEach",
            "items": "@range(0, 9)",
            "batchCount": 3,
            "activities": [wait],
        }
        result = Runtime(Factory({"main": {"activities": [loop]}}), tmp_path, sleep=sleep).run("main")
        assert most == 3 and len([one for one in result.activities if one.name == "Wait"]) == 9

    def test_a_failed_item_fails_the_loop_after_all_items_have_run(self, run):
        inner = {
            "name": "If", "type": "IfCondition", "expression": "@equals(item(), 1)",
            "ifTrueActivities": [bad("Inner")], "ifFalseActivities": [ok("Fine")],
        }  # fmt: skip
        loop = {
            "name": "Loop",
            "type": "ForEach",
            "isSequential": True,
            "items": "@range(0, 3)",
            "activities": [inner],
        }
        result = run(loop)
        assert [one.item for one in result.activities if one.name in ("Inner", "Fine")] == [0, 1, 2]
        assert result.error["message"] == (
            "Operation on target Loop failed: Activity failed because an inner activity failed; "
            "Inner activity name: If, Error: Activity failed because an inner activity failed; "
            "Inner activity name: Inner, Error: Inner broke"
        )

    def test_each_item_sees_its_own_results(self, run):
        keep = {"name": "Keep", "type": "Filter", "items": "@createArray(item())", "condition": "@true"}
        append = {
            "name": "Append", "type": "AppendVariable", "variableName": "seen",
            "value": "@equals(first(activity('Keep').output.Value), item())",
            "dependsOn": [{"activity": "Keep", "dependencyConditions": ["Succeeded"]}],
        }  # fmt: skip
        loop = {"name": "Loop", "type": "ForEach", "items": "@range(0, 30)", "activities": [keep, append]}
        last = set_to("all", "@variables('seen')", Loop=["Succeeded"])
        result = run(loop, last, variables={"seen": {"type": "Array"}, "all": {"type": "Array"}})
        assert result.activity("Set all").output["value"] == [True] * 30

    def test_items_that_are_no_array_fail(self, run):
        result = run({"name": "Loop", "type": "ForEach", "items": "@string('x')", "activities": [ok("A")]})
        assert "must be an array. Found a value of type String" in result.error["message"]


class TestBranches:
    __doc__ = "https://learn.microsoft.com/azure/data-factory/control-flow-switch-activity"

    @pytest.mark.parametrize(("on", "ran"), [("a", "In a"), ("b", "In b"), ("z", "Otherwise")])
    def test_switch_runs_the_case_or_the_default(self, run, on: str, ran: str):
        switch = {
            "name": "Switch", "type": "Switch", "on": "@pipeline().parameters.on",
            "cases": [{"value": "a", "activities": [ok("In a")]}, {"value": "b", "activities": [ok("In b")]}],
            "defaultActivities": [ok("Otherwise")],
        }  # fmt: skip
        result = run(switch, parameters={"on": on}, declared={"on": {"type": "String"}})
        assert [one.name for one in result.activities] == [ran, "Switch"]

    def test_if_takes_a_boolean_alone(self, run):
        result = run(
            {
                "name": "If",
                "type": "IfCondition",
                "expression": "@string('true')",
                "ifTrueActivities": [ok("A")],
            }
        )
        assert "must give a boolean. Found 'true', of type String" in result.error["message"]


class TestUntil:
    __doc__ = "https://learn.microsoft.com/azure/data-factory/control-flow-until-activity"

    def until(self, *inner: dict, expression: str, timeout: str = "0.01:00:00") -> dict:
        return {
            "name": "Until", "type": "Until", "timeout": timeout, "activities": list(inner),
            "expression": {"type": "Expression", "value": expression},
        }  # fmt: skip

    def test_repeats_until_the_expression_holds_even_if_a_turn_fails(self, run):
        count = {"name": "Count", "type": "AppendVariable", "variableName": "n", "value": "x"}
        early = {
            "name": "If", "type": "IfCondition", "expression": "@less(length(variables('n')), 3)",
            "ifTrueActivities": [bad("Early")],
            "dependsOn": [{"activity": "Count", "dependencyConditions": ["Succeeded"]}],
        }  # fmt: skip
        result = run(
            self.until(count, early, expression="@equals(length(variables('n')), 3)"),
            variables={"n": {"type": "Array"}},
        )
        assert [one.status for one in result.activities if one.name == "Early"] == ["Failed", "Failed"]
        assert result.status == "Succeeded"

    def test_times_out(self, tmp_path):
        wait = {"name": "Wait", "type": "Wait", "waitTimeInSeconds": 1}
        loop = self.until(wait, expression="@false", timeout="0.00:00:01")
        result = Runtime(Factory({"main": {"activities": [loop]}}), tmp_path).run("main")
        assert result.error["errorCode"] == "Timeout" and 1 <= result.seconds < 10


class TestExecutePipeline:
    __doc__ = "https://learn.microsoft.com/azure/data-factory/control-flow-execute-pipeline-activity"

    def call(self, waits: bool = True, **parameters: object) -> dict:
        return {
            "name": "Call", "type": "ExecutePipeline", "waitOnCompletion": waits,
            "pipeline": {"referenceName": "child", "type": "PipelineReference"}, "parameters": parameters,
        }  # fmt: skip

    CHILD = {
        "parameters": {"n": {"type": "int"}, "m": {"type": "String", "defaultValue": "d"}},
        "variables": {"v": {"type": "String"}},
        "activities": [
            set_to("v", "@{pipeline().parameters.n}@{pipeline().parameters.m}@{pipeline().Pipeline}"),
            {
                "name": "Return", "type": "SetVariable", "variableName": "pipelineReturnValue",
                "setSystemVariable": True,
                "value": [{"key": "v", "value": {"type": "Expression", "content": "@variables('v')"}}],
                "dependsOn": [{"activity": "Set v", "dependencyConditions": ["Succeeded"]}],
            },
        ],
    }  # fmt: skip

    def test_passes_parameters_and_gives_the_return_value(self, run, tmp_path):
        result = run(self.call(n="@add(1, 2)"), more={"child": self.CHILD})
        output = result.activity("Call").output
        assert output["pipelineReturnValue"] == {"v": "3dchild"} and output["pipelineName"] == "child"
        child = read_run(tmp_path, output["pipelineRunId"])
        assert child.status == "Succeeded" and child.parameters == {"n": 3, "m": "d"}
        assert child.parent["run_id"] == result.run_id and child.parent["activity"] == "Call"

    def test_a_failed_child_fails_the_activity_when_it_waits(self, run):
        result = run(self.call(), more={"child": {"activities": [bad("Deep")]}})
        assert result.activity("Call").error["message"] == "Operation on target Deep failed: Deep broke"
        assert result.activity("Call").output["pipelineRunId"]

    def test_without_waiting_it_succeeds_whatever_the_child_does(self, run, tmp_path):
        result = run(self.call(waits=False), more={"child": {"activities": [bad("Deep")]}})
        assert result.status == "Succeeded"
        assert read_run(tmp_path, result.activity("Call").output["pipelineRunId"]).status == "Failed"

    def test_a_parameter_of_another_type_is_refused(self, run):
        result = run(self.call(n="many"), more={"child": self.CHILD})
        assert "'n' of the pipeline child must be of type int" in result.activity("Call").error["message"]


class TestVariables:
    __doc__ = "https://learn.microsoft.com/azure/data-factory/control-flow-set-variable-activity"

    def test_must_be_of_the_declared_type(self, run):
        result = run(set_to("v", "@createArray(1)"), variables={"v": {"type": "String"}})
        assert "of type string and can't be set to a value of type Array" in result.error["message"]

    def test_starts_with_its_default(self, run):
        result = run(
            set_to("w", "@concat(variables('v'), '!')"),
            variables={"v": {"type": "String", "defaultValue": "first"}, "w": {"type": "String"}},
        )
        assert result.activity("Set w").output == {"name": "w", "value": "first!"}


class TestSystem:
    __doc__ = "https://learn.microsoft.com/azure/data-factory/control-flow-system-variables"

    def test_pipeline_and_failed_activity_can_be_read(self, run):
        text = (
            "@{pipeline().DataFactory}|@{pipeline().Pipeline}|@{pipeline().RunId}|@{activity('A').error.message}|"
            "@{activity('A').status}|@{activity('B')?.error?.message}|@{activity('B').status}"
        )
        result = run(
            bad("A"),
            ok("B", A=["Succeeded"]),
            set_to("v", text, B=["Skipped"]),
            variables={"v": {"type": "String"}},
        )
        assert result.activity("Set v").output["value"] == f"lab|main|{result.run_id}|A broke|Failed||Skipped"

    def test_a_missing_parameter_is_refused_before_anything_runs(self, run, tmp_path):
        with pytest.raises(RunRefused, match="needs a value for its parameter 'day'"):
            run(ok("A"), declared={"day": {"type": "String"}})
        with pytest.raises(RunRefused, match="has no parameter 'other'"):
            run(ok("A"), parameters={"other": 1})
        assert list(tmp_path.glob("*.jsonl")) == []

    def test_wait_and_filter(self, run):
        wait = {"name": "Wait", "type": "Wait", "waitTimeInSeconds": "@mul(2, 3)"}
        keep = {"name": "Keep", "type": "Filter", "items": "@range(1, 5)", "condition": "@greater(item(), 3)"}
        result = run(wait, keep)
        assert run.slept == [6]
        assert result.activity("Keep").output == {"ItemsCount": 5, "FilteredItemsCount": 2, "Value": [4, 5]}
