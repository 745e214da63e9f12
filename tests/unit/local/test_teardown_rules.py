"""What a teardown refuses, and what it looks for afterwards."""

import pytest
from typer.testing import CliRunner

from infra.errors import InfraError
from local.cli import app
from local.declare import stack_config
from local.errors import HighwaterError
from local.teardown_azure import AzureTeardown, Traces, declared, recorded, refuse_protected

SUBSCRIPTION = "12345678-0000-0000-0000-000000000000"


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_a_protected_stack_is_asked_for_by_its_name(stack: str):
    for given in (None, "", "yes", "dev"):
        with pytest.raises(HighwaterError, match=f"--yes-destroy {stack}"):
            refuse_protected(stack, given)
    refuse_protected(stack, stack)


def test_a_stack_that_protects_its_data_is_protected_whatever_its_name():
    refuse_protected("dev", None)
    with pytest.raises(HighwaterError, match="--yes-destroy dev"):
        refuse_protected("dev", None, stack_config("dev") | {"highwater:protect": "true"})
    refuse_protected("pr-7", None)
    with pytest.raises(InfraError, match="no stack called 'other'"):
        refuse_protected("other", "other")


def test_the_command_does_not_ask_its_way_past_a_protection():
    result = CliRunner().invoke(app, ["teardown", "--stack", "prod", "--yes", "--subscription", SUBSCRIPTION])
    assert isinstance(result.exception, HighwaterError)
    assert result.exception.what == "Stack prod is not torn down"


def test_an_azure_stack_needs_its_subscription(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("ARM_SUBSCRIPTION_ID", raising=False)
    result = CliRunner().invoke(app, ["teardown", "--stack", "pr-7", "--yes"])
    assert isinstance(result.exception, HighwaterError)
    assert "--subscription ID" in result.exception.next_step


def test_what_is_declared_tells_where_to_look_when_there_is_no_stack_any_more():
    traces = declared("pr-7", SUBSCRIPTION)
    prefix = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/"
    assert traces.groups == {
        f"{prefix}rg-hw-pr-7", f"{prefix}rg-hw-pr-7-databricks", f"{prefix}rg-hw-pr-7-synapse",
    }  # fmt: skip
    assert {id_.rpartition("/")[2] for id_ in traces.triggers} >= {"every_few_minutes"}
    assert all(id_.startswith(f"/subscriptions/{SUBSCRIPTION}/") for id_ in traces.assignments)


def test_a_recorded_state_tells_what_was_really_made():
    def made(token: str, id_: str, **inputs: str) -> dict:
        return {"type": token, "id": id_, "custom": True, "inputs": inputs}

    group = "/subscriptions/s/resourceGroups/g"
    traces = recorded(
        {
            "resources": [
                {"type": "highwater:infra:Lake", "custom": False},
                made("azure-native:resources:ResourceGroup", group),
                made("azure-native:authorization:RoleAssignment", "/x/roleAssignments/1"),
                made("azure-native:datafactory:Trigger", f"{group}/triggers/t"),
                made("azure-native:databricks:Workspace", f"{group}/w", managedResourceGroupId="/a/b/c/mine"),
                made("databricks:index/catalog:Catalog", "7", name="hw_pr_7"),
            ]
        }
    )
    assert traces == Traces(
        frozenset({f"{group}/triggers/t"}),
        frozenset({group, "/subscriptions/s/resourceGroups/mine"}),
        frozenset({"/x/roleAssignments/1"}),
        frozenset({("catalog", "hw_pr_7")}),
    )
    assert recorded({}) == Traces()


def test_what_could_not_be_looked_for_is_no_proof():
    work = AzureTeardown("pr-7", SUBSCRIPTION, arm=None)
    traces = Traces(metastore=frozenset({("catalog", "hw_pr_7")}))
    (line,) = work._unproved(traces)
    assert "hw_pr_7" in line and "--metastore-host" in line
    assert list(work._unproved(Traces())) == []


class _Service:
    """A service that has these things, by path without its version; it is asked in `asked`."""

    def __init__(self, there: dict[str, dict]):
        self.there, self.asked = there, []

    def call(self, method: str, path: str) -> dict | None:
        self.asked.append((method, path))
        return self.there.get(path.partition("?")[0])

    def all(self, path: str) -> list[dict]:
        return []


def test_what_is_left_in_the_metastore_is_named():
    bindings = "/api/2.1/unity-catalog/bindings"
    # An object that is bound to no workspace is left as well: an empty list is an answer.
    metastore = _Service(
        {f"{bindings}/catalog/hw_pr_7": {}, f"{bindings}/external_location/hw_pr_7_gold": {"bindings": [{}]}}
    )
    named = {("catalog", "hw_pr_7"), ("external_location", "hw_pr_7_gold"), ("storage_credential", "hw_pr_7")}
    work = AzureTeardown("pr-7", SUBSCRIPTION, _Service({}), metastore)
    assert list(work._left(Traces(metastore=frozenset(named)))) == [
        "Unity Catalog catalog hw_pr_7",
        "Unity Catalog external_location hw_pr_7_gold",
    ]
    assert metastore.asked == [("GET", f"{bindings}/{kind}/{name}") for kind, name in sorted(named)]


def test_every_object_of_the_metastore_that_a_stack_declares_is_looked_for():
    metastore = _Service({})
    traces = declared("pr-7", SUBSCRIPTION)
    assert list(AzureTeardown("pr-7", SUBSCRIPTION, _Service({}), metastore)._left(traces)) == []
    assert {path.split("/")[-2] for _, path in metastore.asked} == {
        "catalog", "external_location", "storage_credential",
    }  # fmt: skip
    assert len(metastore.asked) == len(traces.metastore)
