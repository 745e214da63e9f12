"""The declared pipelines against the rules of the service."""

import re
from collections.abc import Iterator

from local.adf.expressions import template

TOKEN = "azure-native:datafactory:"
INNER = ("activities", "ifTrueActivities", "ifFalseActivities")


def walk(activities: list[dict], holders: tuple[dict, ...] = ()) -> Iterator[tuple[dict, list[dict], tuple]]:
    """Every activity with its siblings and the containers around it, outermost first."""
    for activity in activities:
        yield activity, activities, holders
        for key in INNER:
            yield from walk(activity.get(key) or [], (*holders, activity))


def upstream(activity: dict, siblings: list[dict]) -> set[str]:
    """Names of all activities that come before it among its siblings."""
    named, found = {a["name"]: a for a in siblings}, set()
    waiting = [d["activity"] for d in activity.get("dependsOn") or []]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [d["activity"] for d in named[name].get("dependsOn") or []]
    return found


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def own(activity: dict) -> dict:
    """The activity without the activities inside it."""
    return {key: value for key, value in activity.items() if key not in INNER}


def test_the_pipelines_are_these_and_the_entry_points_run_one_at_a_time(pipelines):
    assert {name: p.get("concurrency") for name, p in pipelines.items()} == {
        "ingest": 1, "reload": 1, "backfill": 1, "reconcile": 1, "load_table": None, "maintain": 1,
        "status": 1, "repair": 1, "release": 1,
    }  # fmt: skip
    whole = {
        "tables": {"type": "String", "defaultValue": "*"},
        "allow_share": {"type": "String", "defaultValue": ""},
    }
    assert {name: p.get("parameters") or {} for name, p in pipelines.items()} == {
        "ingest": whole,
        "reload": whole,
        "maintain": {"tables": {"type": "String", "defaultValue": "*"}},
        "backfill": {
            key: {"type": "String", "defaultValue": ""} for key in ("tables", "from", "to", "chunk_rows")
        },
        "status": {},
        "repair": {
            "apply": {"type": "String", "defaultValue": "no"},
            "windows": {"type": "String", "defaultValue": ""},
        },
        "release": {
            "tables": {"type": "String", "defaultValue": "*"},
            **{key: {"type": "String", "defaultValue": ""} for key in ("rules", "keys")},
        },
        "reconcile": {
            "tables": {"type": "String", "defaultValue": "*"},
            **{key: {"type": "String", "defaultValue": ""} for key in ("from", "to", "allow_share", "due")},
        },
        "load_table": {key: {"type": "String"} for key in ("run_id", "table_name", "kind")},
    }


def test_ingest_and_reload_differ_in_the_kind_of_window_alone(pipelines):
    ingest, reload = pipelines["ingest"], pipelines["reload"]
    assert str(ingest["activities"]).replace("''live''", "''reload''").replace("'live'", "'reload'") == str(
        reload["activities"]
    )


def test_the_activities_in_their_order(pipelines):
    assert [a["name"] for a, _, _ in walk(pipelines["ingest"]["activities"])] == [
        "Begin run", "Load tables", "Load table", "Make plan", "Merge windows", "Write plan", "Merge",
        "Receipts", "Settle", "Merge failed", "Finish run", "Run facts", "Send facts", "Anything failed",
        "Run failed",
    ]  # fmt: skip
    assert [a["name"] for a, _, _ in walk(pipelines["load_table"]["activities"])] == [
        "Begin table", "Bounds", "Source columns", "Open windows", "Land windows", "Copy window", "Landed",
        "Release window", "Window failed", "Record failure", "Table failed",
    ]  # fmt: skip


def test_activity_names_are_unique_over_the_whole_pipeline(pipelines):
    for name, pipeline in pipelines.items():
        names = [a["name"] for a, _, _ in walk(pipeline["activities"])]
        assert len(names) == len(set(names)), name
        assert len(names) <= 80
        assert all(re.fullmatch(r"[A-Za-z0-9_][^<>*#.%&:\\+?/]{0,139}", n) for n in names)


def test_containers_are_nested_as_the_service_allows(pipelines):
    """ForEach takes no ForEach; IfCondition takes no ForEach, IfCondition, Until or Switch."""
    for pipeline in pipelines.values():
        for activity, _, holders in walk(pipeline["activities"]):
            around = {holder["type"] for holder in holders}
            if activity["type"] in ("ForEach", "Until"):
                assert not around, activity["name"]
            if activity["type"] in ("IfCondition", "Switch"):
                assert not around & {"IfCondition", "Switch"}, activity["name"]
            if activity["type"] == "ForEach":
                assert (activity["batchCount"], activity["isSequential"]) == (4, False)


def test_every_dependency_is_a_sibling_and_every_reference_comes_before(pipelines):
    for pipeline in pipelines.values():
        for activity, siblings, holders in walk(pipeline["activities"]):
            before = upstream(activity, siblings)
            level = pipeline["activities"]
            for holder in holders:
                before |= upstream(holder, level)
                level = [a for key in INNER for a in holder.get(key) or []]
            referenced = {
                name for text in strings(own(activity)) for name in re.findall(r"activity\('([^']+)'\)", text)
            }
            assert referenced <= before, activity["name"]


def test_every_reference_to_a_parameter_pipeline_dataset_or_service_exists(pipelines, declared):
    def names(kind: str, key: str) -> set[str]:
        return {r["inputs"][key] for r in declared if r["type"] == f"{TOKEN}{kind}"}

    generic = {r["inputs"]["resourceName"] for r in declared if r["type"].endswith("resources:Resource")}
    there = {
        "PipelineReference": set(pipelines),
        "DatasetReference": names("Dataset", "datasetName"),
        "LinkedServiceReference": names("LinkedService", "linkedServiceName") | generic,
        "CredentialReference": names("CredentialOperation", "credentialName"),
    }
    assert there["DatasetReference"] == {"control_query", "source_query", "landing_parquet", "landing_json"}
    assert there["LinkedServiceReference"] == {"control", "source", "lake", "databricks"}

    def references(value: object) -> Iterator[tuple[str, str]]:
        if isinstance(value, dict):
            if "referenceName" in value:
                yield value["type"], value["referenceName"]
            for item in value.values():
                yield from references(item)
        elif isinstance(value, list):
            for item in value:
                yield from references(item)

    found = {reference for r in declared for reference in references(r["inputs"])}
    assert len(found) == 13
    assert {(kind, name) for kind, name in found if name not in there[kind]} == set()
    for pipeline in pipelines.values():
        used = {n for t in strings(pipeline["activities"]) for n in re.findall(r"parameters\.(\w+)", t)}
        assert used == set(pipeline.get("parameters", {}))


def test_only_what_may_run_twice_is_retried_and_no_time_limit_is_below_the_service_s(pipelines):
    retried = set()
    for pipeline in pipelines.values():
        for activity, _, _ in walk(pipeline["activities"]):
            policy = activity.get("policy")
            if policy is None:
                assert activity["type"] in (
                    "ForEach",
                    "IfCondition",
                    "ExecutePipeline",
                    "Fail",
                    "SetVariable",
                )
                continue
            days, hours, minutes, seconds = map(int, re.split(r"[.:]", policy["timeout"]))
            assert 10 <= days * 1440 + hours * 60 + minutes + seconds / 60 <= 7 * 1440, activity["name"]
            if policy["retry"]:
                retried.add(activity["name"])
    assert retried == {"Bounds", "Copy window", "Send facts"}


def test_the_job_gets_two_short_named_parameters(pipelines):
    (job,) = [a for a, _, _ in walk(pipelines["ingest"]["activities"]) if a["type"] == "DatabricksJob"]
    assert {key: value["value"] for key, value in job["jobParameters"].items()} == {
        "run_id": "@pipeline().RunId",
        "plan_path": "@concat('_plans/', pipeline().RunId, '/plan.parquet')",
    }
    assert re.fullmatch(r"\d{15}", job["jobId"])
    assert job["policy"]["timeout"] == "0.02:00:00"


def test_the_receipts_are_read_whether_the_job_succeeded_or_failed(pipelines):
    named = {a["name"]: a for a, _, _ in walk(pipelines["ingest"]["activities"])}
    assert named["Receipts"]["dependsOn"] == [{"activity": "Merge", "dependencyConditions": ["Completed"]}]
    assert named["Make plan"]["dependsOn"] == [
        {"activity": "Load tables", "dependencyConditions": ["Completed"]}
    ]
    assert named["Receipts"]["source"]["storeSettings"]["wildcardFileName"] == "*.json"
    assert named["Receipts"]["source"]["storeSettings"]["recursive"] is True
    assert named["Receipts"]["firstRowOnly"] is False


def test_no_activity_knows_a_table(pipelines):
    """Adding a table is adding one contract: the pipelines must not change for it."""
    import contracts

    words = {w for text in strings(list(pipelines.values())) for w in re.findall(r"\w+", text)}
    assert words & {c.table for c in contracts.load_all()} == set()


def test_a_window_s_copy_writes_one_file_under_its_final_name(pipelines):
    named = {a["name"]: a for a, _, _ in walk(pipelines["load_table"]["activities"])}
    (output,) = named["Copy window"]["outputs"]
    assert {k: v["value"] for k, v in output["parameters"].items()} == {
        "folder": "@item().path",
        "file": "@item().file",
    }
    assert named["Copy window"]["source"]["query"]["value"] == "@item().query"
    assert "maxRowsPerFile" not in named["Copy window"]["sink"]["formatSettings"]
    landed = named["Landed"]["scripts"][0]["text"]["value"]
    assert landed.startswith(
        "@concat('select control.landed(', string(item().window_id), ', ', string(item().attempt)"
    )
    assert "activity('Copy window').output.rowsCopied" in landed


def test_every_expression_is_well_formed_and_within_the_service_s_length(pipelines, declared):
    sets = [r["inputs"] for r in declared if r["type"] == f"{TOKEN}Dataset"]
    expressions = {text for text in strings([list(pipelines.values()), sets]) if text.startswith("@")}
    assert len(expressions) > 25
    for text in expressions:
        template(text)  # raises when it does not parse or names a function that there is not
        assert len(text) <= 8192
