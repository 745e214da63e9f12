"""The declared pipeline `maintain`: what it runs, in which order, and what it may delete."""

import pytest


@pytest.fixture
def steps(activities) -> dict[str, dict]:
    return activities("maintain")


def after(step: dict) -> dict[str, list[str]]:
    return {d["activity"]: d["dependencyConditions"] for d in step.get("dependsOn") or []}


def test_it_runs_once_at_a_time_and_on_the_job_of_the_merge(pipelines, activities, steps):
    assert pipelines["maintain"]["concurrency"] == 1
    assert pipelines["maintain"]["parameters"] == {"tables": {"type": "String", "defaultValue": "*"}}
    assert steps["Maintain"]["jobId"] == activities("ingest")["Merge"]["jobId"]
    given = steps["Maintain"]["jobParameters"]
    assert given.keys() == {"run_id", "plan_path", "work"} and given["work"]["value"] == "@'maintain'"
    assert "work" not in activities("ingest")["Merge"]["jobParameters"]


def test_it_calls_no_function_that_claims_or_frees_a_window(steps):
    asked = [s["source"]["query"]["value"] for s in steps.values() if s["type"] in ("Lookup", "Copy")
             and "query" in s["source"]]  # fmt: skip
    asked += [s["scripts"][0]["text"]["value"] for s in steps.values() if s["type"] == "Script"]
    called = {text.partition("control.")[2].partition("(")[0] for text in asked}
    assert called == {
        "begin_maintenance", "maintenance_plan", "maintained", "sweepable", "sweep_done", "sweep_before",
        "finish_maintenance",
    }  # fmt: skip


def test_the_settings_reach_the_database_as_they_are(steps):
    assert steps["Write plan"]["source"]["query"]["value"].endswith("', ', '168', ', ', '10', ')')")
    assert steps["Old attempts"]["source"]["query"]["value"].endswith("', ', '1', ')')")
    assert steps["Old plans"]["source"]["query"]["value"].endswith("', ', '30', ')')")


def test_receipts_are_recorded_whether_the_job_succeeded_or_failed(steps):
    assert after(steps["Receipts"]) == {"Maintain": ["Completed"]}
    assert after(steps["Record"]) == {"Receipts": ["Succeeded"]}
    anyhow = ["Succeeded", "Failed", "Skipped"]
    last = ("Record", "Sweep attempts", "Sweep plans", "Sweep receipts")
    assert after(steps["Finish run"]) == {"Begin run": ["Succeeded"], **dict.fromkeys(last, anyhow)}
    told = steps["Run failed"]["message"]["value"]
    for name, step in steps.items():
        outer = name not in ("Begin run", "Finish run", "Anything failed", "Run failed", "Look", "If it is there",
                             "Remove attempt", "Swept")  # fmt: skip
        assert (f"activity('{name}')?.error" in told) is outer, (name, step["type"])


def test_only_what_the_ledger_names_is_deleted(steps):
    deletes = {name: step for name, step in steps.items() if step["type"] == "Delete"}
    assert {
        name: (step["dataset"]["parameters"]["folder"], step["storeSettings"].get("modifiedDatetimeEnd"))
        for name, step in deletes.items()
    } == {
        "Remove attempt": ({"type": "Expression", "value": "@item().path"}, None),
        "Sweep plans": ("_plans", {"type": "Expression", "value": "@activity('Old plans').output.firstRow.before"}),
        "Sweep receipts": (
            "_receipts", {"type": "Expression", "value": "@activity('Old plans').output.firstRow.before"},
        ),
    }  # fmt: skip
    assert steps["Sweep attempts"]["items"]["value"] == "@activity('Old attempts').output.value"
    assert after(steps["Swept"]) == {"If it is there": ["Succeeded"]}
