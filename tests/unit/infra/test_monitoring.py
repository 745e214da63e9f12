"""What is declared to watch a stack, and that a stack may go without."""

import json

import pytest

from infra.errors import InfraError
from infra.monitoring.facts import COLUMNS
from infra.panels import PANELS
from infra.settings import from_config
from local.azure.outputs import answer
from local.declare import resources, stack_config

AZURE = "azure-native"
STACKS = ("dev", "staging", "prod", "pr-7")
PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb"


def only(found: dict[str, dict]) -> dict:
    (one,) = found.values()
    return one


def urn_of(declared, stack: str, name: str) -> str:
    (urn,) = [u for u in declared(stack) if u.endswith(name)]
    return urn


@pytest.mark.parametrize("stack", STACKS)
def test_the_workspace_keeps_no_key_and_caps_a_day(stack, of_type):
    workspace = only(of_type(stack, f"{AZURE}:operationalinsights:Workspace"))
    assert workspace["features"] == {"disableLocalAuth": True}
    assert workspace["sku"] == {"name": "PerGB2018"}
    expected = (90, 5) if stack == "prod" else (30, 1)
    assert (workspace["retentionInDays"], workspace["workspaceCapping"]["dailyQuotaGb"]) == expected


@pytest.mark.parametrize("stack", STACKS)
def test_whatever_has_logs_sends_them_and_where(stack, of_type):
    settings = of_type(stack, f"{AZURE}:monitor:DiagnosticSetting").values()
    workspace = only(of_type(stack, f"{AZURE}:operationalinsights:Workspace"))["workspaceName"]
    assert all(s["workspaceId"].endswith(f"/workspaces/{workspace}") for s in settings)
    logged = {s["resourceUri"].partition("/providers/")[2].rsplit("/", 1)[0] for s in settings}
    assert {
        "Microsoft.DataFactory/factories", "Microsoft.DBforPostgreSQL/flexibleServers",
        "Microsoft.Databricks/workspaces", "Microsoft.Synapse/workspaces",
    } <= logged  # fmt: skip
    (blobs,) = [s for s in settings if s["resourceUri"].endswith("/blobServices/default")]
    assert [log["category"] for log in blobs["logs"]] == ["StorageWrite", "StorageDelete"]
    has_vault = bool(of_type(stack, f"{AZURE}:keyvault:Vault"))
    assert any("Microsoft.KeyVault" in s["resourceUri"] for s in settings) == has_vault
    assert all(log["enabled"] for s in settings for log in s["logs"])


@pytest.mark.parametrize("stack", STACKS)
def test_the_facts_columns_are_the_same_in_the_stream_and_in_the_table(stack, of_type):
    rule = only(of_type(stack, f"{AZURE}:monitor:DataCollectionRule"))
    table = only(of_type(stack, f"{AZURE}:operationalinsights:Table"))
    stream = rule["streamDeclarations"]["Custom-HighwaterRun"]["columns"]
    declared = {c["name"]: c["type"].lower() for c in table["schema"]["columns"]}
    assert {c["name"]: c["type"] for c in stream} == declared == {c.name: c.type for c in COLUMNS}
    assert "TimeGenerated" in declared
    assert table["schema"]["name"] == table["tableName"] == "HighwaterRun_CL"
    (flow,) = rule["dataFlows"]
    (destination,) = rule["destinations"]["logAnalytics"]
    assert flow == {
        "streams": ["Custom-HighwaterRun"], "destinations": [destination["name"]],
        "transformKql": "source", "outputStream": "Custom-HighwaterRun_CL",
    }  # fmt: skip
    # Reserved by the service: learn.microsoft.com, azure-monitor/logs/logs-ingestion-api-overview.
    reserved = {
        "type",
        "tenantid",
        "resource",
        "resourceid",
        "resourcename",
        "resourcetype",
        "subscriptionid",
    }
    assert not reserved & {name.lower() for name in declared}


@pytest.mark.parametrize("stack", STACKS)
def test_each_run_posts_its_facts_to_the_rule_as_the_factory_s_identity(stack, of_type):
    rule = only(of_type(stack, f"{AZURE}:monitor:DataCollectionRule"))
    endpoint = only(of_type(stack, f"{AZURE}:monitor:DataCollectionEndpoint"))
    immutable = answer(f"{AZURE}:monitor:DataCollectionRule", "x", rule).outputs["immutableId"]
    made = answer(f"{AZURE}:monitor:DataCollectionEndpoint", "x", endpoint).outputs
    host = made["logsIngestion"]["endpoint"]
    pipelines = of_type(stack, f"{AZURE}:datafactory:Pipeline")
    for name in ("ingest", "reload"):
        activities = {a["name"]: a for a in pipelines[name]["activities"]}
        sent = activities["Send facts"]
        assert (sent["type"], sent["method"]) == ("WebActivity", "POST")
        assert sent["url"] == (
            f"{host}/dataCollectionRules/{immutable}/streams/Custom-HighwaterRun?api-version=2023-01-01"
        )
        assert sent["authentication"] == {
            "type": "UserAssignedManagedIdentity", "resource": "https://monitor.azure.com",
            "credential": {"type": "CredentialReference", "referenceName": "factory_identity"},
        }  # fmt: skip
        assert sent["body"]["value"] == "@activity('Run facts').output.firstRow.facts"
        # Whatever becomes of the post, the run's own verdict follows, and it alone is a leaf.
        after = {d["activity"]: d["dependencyConditions"] for d in activities["Anything failed"]["dependsOn"]}
        assert after == {
            "Send facts": ["Succeeded", "Failed", "Skipped"], "Finish run": ["Succeeded"],
        }  # fmt: skip
        waited = {d["activity"] for a in activities.values() for d in a.get("dependsOn", [])}
        assert set(activities) - waited == {"Anything failed"}


@pytest.mark.parametrize("stack", STACKS)
def test_the_factory_may_publish_to_the_rule_before_its_trigger_runs(stack, of_type, declared):
    rule = only(of_type(stack, f"{AZURE}:monitor:DataCollectionRule"))
    (grant,) = [
        (urn, r["inputs"]) for urn, r in declared(stack).items()
        if r["inputs"].get("roleDefinitionId", "").endswith(PUBLISHER)
    ]  # fmt: skip
    assert grant[1]["scope"].endswith(f"/dataCollectionRules/{rule['dataCollectionRuleName']}")
    identity = of_type(stack, f"{AZURE}:managedidentity:UserAssignedIdentity")["factory"]
    principal = answer(f"{AZURE}:managedidentity:UserAssignedIdentity", "x", identity).outputs["principalId"]
    assert grant[1]["principalId"] == principal
    trigger = declared(stack)[urn_of(declared, stack, "datafactory:Trigger::every_few_minutes")]
    assert grant[0] in trigger["options"]["dependsOn"]


@pytest.mark.parametrize("stack", STACKS)
def test_the_alerts_wait_for_their_table_and_know_every_contract(stack, of_type, declared):
    rules = of_type(stack, f"{AZURE}:monitor:ScheduledQueryRule")
    assert sorted(rules) == ["freshness", "held-back", "quarantine"]
    table = urn_of(declared, stack, "Table::run-facts")
    for urn, resource in declared(stack).items():
        if resource["type"] == f"{AZURE}:monitor:ScheduledQueryRule":
            assert table in resource["options"]["dependsOn"], urn
    query = rules["freshness"]["criteria"]["allOf"][0]["query"]
    assert "['driver', 3600, 'trip', 900, 'trip_event', 900, 'zone', 86400]" in query
    every = "PT5M" if stack == "prod" else "PT15M"
    assert {(r["evaluationFrequency"], r["enabled"]) for r in rules.values()} == {(every, stack != "pr-7")}
    condition = rules["held-back"]["criteria"]["allOf"][0]
    assert "HeldSeconds > 900" in condition["query"]
    assert (condition["operator"], condition["threshold"], condition["timeAggregation"]) == (
        "GreaterThan", 0, "Count",
    )  # fmt: skip


@pytest.mark.parametrize("stack", STACKS)
def test_a_failed_pipeline_is_told_by_the_factory_s_own_metric(stack, of_type):
    alert = only(of_type(stack, f"{AZURE}:monitor:MetricAlert"))
    (criterion,) = alert["criteria"]["allOf"]
    assert (criterion["metricName"], criterion["operator"], criterion["threshold"]) == (
        "PipelineFailedRuns", "GreaterThan", 0,
    )  # fmt: skip
    (scope,) = alert["scopes"]
    assert "/providers/Microsoft.DataFactory/factories/" in scope
    group = only(of_type(stack, f"{AZURE}:monitor:ActionGroup"))["actionGroupName"]
    assert alert["actions"][0]["actionGroupId"].endswith(f"/actionGroups/{group}")


def test_every_rule_tells_the_same_people(of_type):
    group = only(of_type("prod", f"{AZURE}:monitor:ActionGroup"))
    assert [r["emailAddress"] for r in group["emailReceivers"]] == ["data-platform@contoso.example"]
    assert len(group["groupShortName"]) <= 12
    for rule in of_type("prod", f"{AZURE}:monitor:ScheduledQueryRule").values():
        (told,) = rule["actions"]["actionGroups"]
        assert told.endswith(f"/actionGroups/{group['actionGroupName']}")


def test_the_budget_counts_every_group_that_the_stack_pays_for(of_type):
    token = f"{AZURE}:consumption:Budget"
    amounts = {s: [b["amount"] for b in of_type(s, token).values()] for s in STACKS}
    assert amounts == {"dev": [1500], "staging": [4500], "prod": [5000], "pr-7": []}
    budget = only(of_type("prod", token))
    assert budget["filter"]["dimensions"] == {
        "name": "ResourceGroupName", "operator": "In",
        "values": ["rg-hw-prod", "rg-hw-prod-databricks", "rg-hw-prod-synapse"],
    }  # fmt: skip
    assert only(of_type("prod", f"{AZURE}:databricks:Workspace"))["managedResourceGroupId"].endswith(
        "/rg-hw-prod-databricks"
    )
    assert only(of_type("prod", f"{AZURE}:synapse:Workspace"))["managedResourceGroupName"] == (
        "rg-hw-prod-synapse"
    )
    assert budget["timePeriod"]["startDate"] == "2026-11-01T00:00:00Z"
    told = {
        name: (n["threshold"], n["thresholdType"], n["contactEmails"], len(n["contactGroups"]))
        for name, n in budget["notifications"].items()
    }
    people = ["data-platform@contoso.example"]
    assert told == {
        "spent80": (80, "Actual", people, 1), "spent100": (100, "Actual", people, 1),
        "forecast110": (110, "Forecasted", people, 1),
    }  # fmt: skip


def test_the_workbook_asks_the_stack_s_own_workspace(of_type):
    book = only(of_type("dev", f"{AZURE}:applicationinsights:Workbook"))
    content = json.loads(book["serializedData"])
    assert content["version"] == "Notebook/1.0"
    assert content["fallbackResourceIds"] == [book["sourceId"]]
    items = [item for item in content["items"] if item["type"] == 3]
    (parameter,) = [
        p["name"] for item in content["items"] if item["type"] == 9 for p in item["content"]["parameters"]
    ]
    assert {item["content"]["timeContextFromParameter"] for item in items} == {parameter}
    assert [(i["name"], i["content"]["title"], i["content"]["visualization"]) for i in items] == [
        (p.key, p.title, p.chart) for p in PANELS
    ]
    names = {only(of_type(s, f"{AZURE}:applicationinsights:Workbook"))["resourceName"] for s in STACKS}
    assert len(names) == len(STACKS)


def test_without_monitoring_nothing_of_it_is_declared_and_no_run_posts_anything(of_type):
    """The laptop's stack, and dev when its setting says so."""
    config = stack_config("dev") | {"highwater:monitoring": json.dumps({"enabled": False})}
    dev = resources("dev", config)
    for kinds in ({r["type"] for r in dev}, {r["type"] for r in resources("local")}):
        assert not [k for k in kinds if k.split(":")[1] in ("monitor", "operationalinsights", "consumption")]
    pipelines = [r["inputs"] for r in dev if r["type"] == f"{AZURE}:datafactory:Pipeline"]
    pipelines += of_type("local", f"{AZURE}:datafactory:Pipeline").values()
    assert not [a for p in pipelines for a in p["activities"] if a["type"] == "WebActivity"]
    assert not [r for r in dev if r["inputs"].get("roleDefinitionId", "").endswith(PUBLISHER)]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"alert_emails": ["nobody"]}, "highwater:monitoring.alert_emails.0: String should match pattern"),
        (
            {"quarantine_rate": 1},
            "highwater:monitoring.quarantine_rate: Input should be less than 1 (found: 1)",
        ),
        ({"budget": {"amount": 5, "start": "2026-11-02"}}, "(found: '2026-11-02')"),
        (
            {"retention_days": 7},
            "highwater:monitoring.retention_days: Input should be greater than or equal to 30",
        ),
        ({"evaluate_minutes": 1}, "highwater:monitoring.evaluate_minutes: Input should be 5, 10 or 15"),
    ],
)
def test_a_wrong_value_is_refused_by_its_key(value, told):
    with pytest.raises(InfraError) as caught:
        from_config("dev", stack_config("dev") | {"highwater:monitoring": json.dumps(value)})
    assert told in str(caught.value)
