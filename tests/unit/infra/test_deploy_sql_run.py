"""A run of `deploy_sql`: what it is given, how it is watched, and what is told when it fails."""

import base64
import json
from typing import Any

import pytest

from infra import sql_script
from infra.deploy_sql_run import SqlRun, as_one_statement, parameters, version
from infra.errors import InfraError
from infra.sql_script import _Provider

FACTORY = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DataFactory/factories/f"
PIPELINE = f"{FACTORY}/pipelines/deploy_sql"
SUCCEEDED = {"status": "Succeeded", "message": ""}


class Management:
    """Stands where Azure's management interface is: answers runs in their order and notes what is asked."""

    def __init__(self, runs: list[dict[str, Any] | None], activities: list[dict] | None = None):
        self.runs, self.activities, self.asked = runs, activities or [], []

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any] | None:
        verb = path.partition("?")[0].rpartition("/")[2]
        self.asked.append((method, path, body))
        assert path.endswith("api-version=2018-06-01")
        if verb == "createRun":
            return {"runId": "r-1"}
        if verb == "queryActivityruns":
            return {"value": self.activities}
        if verb == "cancel":
            return {}
        return self.runs.pop(0) if len(self.runs) > 1 else self.runs[0]


def run_with(management: Management, patience: float = 60.0) -> SqlRun:
    return SqlRun(PIPELINE, management, patience=patience, pause=0.0, sleep=lambda _: None)


def test_a_script_is_given_as_parameters_and_waited_for():
    management = Management([None, {"status": "Queued"}, {"status": "InProgress"}, SUCCEEDED])
    assert run_with(management).apply("mssql", "highwater", "view-mart.x", "a\nGO\nb\n") == "r-1"
    method, path, given = management.asked[0]
    assert (method, path.partition("?")[0]) == ("POST", f"{PIPELINE}/createRun")
    assert given == {
        "store": "serving",
        "database": "highwater",
        "name": "view-mart.x",
        "version": version("a\nGO\nb\n"),
        "batches": ["a", "b"],
    }
    assert [p.partition("?")[0] for _, p, _ in management.asked[1:]] == [f"{FACTORY}/pipelineruns/r-1"] * 4


def test_a_script_s_version_is_its_text_s():
    assert version("select 1") == "822ae07d4783158b"
    assert version("select 2") != version("select 1")


def test_a_postgresql_script_is_one_statement():
    (whole,) = parameters("postgresql", "control", "x", "select 'it''s';\nselect 2;")["batches"]
    assert whole.startswith("do $highwater$\nbegin\n    perform pg_catalog.pg_advisory_xact_lock(")
    assert "execute 'select ''it''''s'';\nselect 2;';\nend $highwater$;\n" in whole


def test_the_quotes_around_it_are_not_in_it():
    whole = as_one_statement("do $highwater$ begin end $highwater$; -- $highwater1$")
    assert whole.startswith("do $highwater2$\n")
    assert whole.endswith("end $highwater2$;\n")


def test_a_failure_is_told_in_the_script_activity_s_own_words():
    activities = [
        {
            "activityName": "Run batches",
            "activityType": "ForEach",
            "status": "Failed",
            "error": {"message": "Activity failed because an inner activity failed"},
        },
        {
            "activityName": "Run on serving",
            "activityType": "Script",
            "status": "Failed",
            "error": {"message": "Incorrect syntax near 'FORM'."},
        },
        {"activityName": "By store", "activityType": "Switch", "status": "Succeeded", "error": {}},
    ]
    management = Management([{"status": "Failed", "message": "Operation on target failed"}], activities)
    with pytest.raises(InfraError) as caught:
        run_with(management).apply("mssql", "highwater", "view-mart.x", "SELECT * FORM x")
    assert caught.value.what == "Script view-mart.x on database highwater failed."
    assert caught.value.why == (
        "Run on serving: Incorrect syntax near 'FORM'.; "
        "Run batches: Activity failed because an inner activity failed"
    )
    assert caught.value.next_step == "The factory keeps it as run r-1 of the pipeline deploy_sql."
    assert "SELECT" not in str(caught.value)


def test_a_run_that_was_cancelled_is_no_success():
    with pytest.raises(InfraError, match="by an operator"):
        run_with(Management([{"status": "Cancelled", "message": "by an operator"}])).apply(
            "mssql", "highwater", "x", "a"
        )


def test_a_run_that_does_not_end_is_cancelled_and_named():
    management = Management([{"status": "Queued"}])
    with pytest.raises(InfraError, match=r"Run r-1 of deploy_sql is Queued after 0 seconds"):
        run_with(management, patience=0.0).apply("postgresql", "control", "x", "select 1")
    assert management.asked[-1][1].partition("?")[0] == f"{FACTORY}/pipelineruns/r-1/cancel"


def test_a_missing_pipeline_is_named():
    class Nothing(Management):
        def call(self, method: str, path: str, body: Any = None) -> None:
            return None

    with pytest.raises(InfraError, match="There is no pipeline"):
        run_with(Nothing([])).apply("mssql", "highwater", "x", "a")


def test_the_resource_takes_that_way_where_its_target_says_so(monkeypatch: pytest.MonkeyPatch):
    taken: list[tuple] = []

    class Run:
        def __init__(self, pipeline: str):
            self.pipeline = pipeline

        def apply(self, *given: str) -> str:
            taken.append((self.pipeline, *given))
            return "r-1"

    monkeypatch.setattr(sql_script, "SqlRun", Run)
    given = {
        "driver": "mssql", "server": "host", "database": "highwater", "user": "me", "name": "x",
        "script": "select 1", "undo": "select 0", "via": PIPELINE,
    }  # fmt: skip
    made = _Provider().create(given)
    _Provider().delete(made.id, made.outs)
    assert taken == [
        (PIPELINE, "mssql", "highwater", "x", "select 1"),
        (PIPELINE, "mssql", "highwater", "x", "select 0"),
    ]
    # Its driver need not be installed where the factory runs it.
    assert _Provider().check({}, given | {"driver": "elsewhere"}).failures == []


def test_another_way_to_the_same_database_is_no_other_database():
    """A replacement would run the old one's undo last, and drop what the new one has just made."""
    given = {"driver": "mssql", "server": "h", "database": "d", "user": "me", "name": "x", "script": "s"}
    found = _Provider().diff("id", given, given | {"via": PIPELINE})
    assert (found.changes, found.replaces) == (True, [])
    assert _Provider().diff("id", given, given | {"via": None}).changes is False


def in_factory(stack: str) -> dict[str, str]:
    from local.declare import stack_config

    return stack_config(stack) | {
        "highwater:sql": json.dumps({"apply": "factory"}),
        "highwater:serving": json.dumps({"readers": ["hw-readers"], "daily_terabytes": 2}),
    }


@pytest.fixture(scope="module")
def through_the_factory() -> list[dict]:
    from local.declare import resources

    return resources("dev", in_factory("dev"))


def inputs_of(found: list[dict], name: str) -> dict:
    (one,) = [r["inputs"] for r in found if r["urn"].endswith(f"::{name}") and r["inputs"]]
    return one


def test_every_script_goes_by_the_pipeline(through_the_factory):
    scripts = [r for r in through_the_factory if r["type"].endswith(":SqlScript")]
    assert len(scripts) > 25
    assert {s["inputs"]["via"].rpartition("/")[2] for s in scripts} == {"deploy_sql"}
    assert all(
        any(urn.endswith("::deploy_sql") for urn in script["options"]["dependsOn"]) for script in scripts
    )


def test_straight_scripts_name_no_pipeline(of_type):
    for stack in ("local", "dev", "pr-7"):
        scripts = of_type(stack, "pulumi-python:dynamic/highwater:SqlScript")
        assert {script.get("via") for script in scripts.values()} == {None}
        assert "deploy_sql" not in of_type(stack, "azure-native:datafactory:Pipeline")


def test_the_scripts_identity_administers_and_the_pipelines_does_not(through_the_factory):
    from local.azure.outputs import answer

    token = "azure-native:managedidentity:UserAssignedIdentity"
    own = [answer(token, "x", r["inputs"]).outputs for r in through_the_factory if r["type"] == token]
    deployer = next(outputs for outputs in own if outputs["name"].endswith("-deployer"))
    factory = next(outputs for outputs in own if outputs["name"].endswith("-factory"))
    administrators = [
        r["inputs"] for r in through_the_factory if r["type"].endswith(":AdministratorsMicrosoftEntra")
    ]
    ids = {a["objectId"] for a in administrators}
    assert deployer["principalId"] in ids
    assert factory["principalId"] not in ids
    # A service principal logs in to Synapse by its application's id.
    pool = inputs_of(through_the_factory, "synapse-administrator")
    assert (pool["sid"], pool["login"]) == (deployer["clientId"], deployer["name"])
    services = {
        "sql_postgresql": inputs_of(through_the_factory, "sql_postgresql-service")["properties"][
            "typeProperties"
        ],
        "sql_serving": inputs_of(through_the_factory, "sql_serving-service")["properties"],
    }
    assert {s["credential"]["referenceName"] for s in services.values()} == {"sql_identity"}
    assert services["sql_postgresql"]["username"] == deployer["name"]
    used = {
        inputs_of(through_the_factory, name)["properties"]["credential"]["referenceName"]
        for name in ("lake-service", "databricks-service")
    }
    assert used == {"factory_identity"}


def test_the_pipeline_cannot_outgrow_the_service(through_the_factory):
    """Object size 200 KB, parameters 50, payload of a run 896 KB: the limits of Data Factory."""
    pipeline = inputs_of(through_the_factory, "deploy_sql")
    assert len(json.dumps(pipeline)) < 10_000
    assert sorted(pipeline["parameters"]) == ["batches", "database", "name", "store", "version"]
    for script in through_the_factory:
        if script["type"].endswith(":SqlScript"):
            given = script["inputs"]
            body = parameters(given["driver"], given["database"], given["name"], given["script"])
            assert len(json.dumps(body)) < 100_000, given["name"]


def test_the_provider_s_pickled_form_still_names_its_class_alone():
    from pulumi.dynamic.dynamic import serialize_provider

    assert len(base64.b64decode(serialize_provider(_Provider()))) < 200
