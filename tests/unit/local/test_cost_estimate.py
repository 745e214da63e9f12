"""The cost estimate: worked examples by hand, and that every declared resource is on the bill."""

import json

import pytest
import stacks
from typer.testing import CliRunner

from contracts import load_all
from local import cost
from local.cli import app
from local.cost.activities import count
from local.cost.lines import ELSEWHERE, WRITERS
from local.cost.prices import DEFAULT
from local.declare import resources, stack_config
from local.errors import HighwaterError

STACKS = ("dev", "staging", "prod", "pr-7")


@pytest.fixture(scope="module")
def declared():
    return stacks.declared


@pytest.fixture
def table():
    return cost.load()


def lines(result: cost.Estimate) -> dict[str, cost.Line]:
    return {line.what: line for line in result.lines}


def one(rows: float, changed: float, chunk: int = 100, name: str = "t") -> cost.Volume:
    return cost.Volume(name, rows, changed, bytes_per_row=100, chunk_rows=chunk)


DAILY = cost.Cadence("reload", 24 * 60, reload=True)
EVERY_5 = cost.Cadence("incremental", 5, reload=False)


def test_a_cadence_and_a_volume_by_hand():
    assert (EVERY_5.runs_per_day, EVERY_5.runs) == (288, 8760)
    assert DAILY.runs == pytest.approx(30.4, abs=0.02)
    volume = one(rows=1000, changed=2880)
    assert (volume.moved(EVERY_5), volume.moved(DAILY)) == (10, 1000)
    assert (volume.windows(EVERY_5), volume.windows(DAILY)) == (1, 10)
    # A tenth of a row a run: one run in ten has a copy.
    assert one(rows=1000, changed=28.8).windows(EVERY_5) == pytest.approx(0.1)
    assert one(rows=0, changed=0).windows(DAILY) == 0


def test_activities_of_a_run_are_counted_through_loops_children_and_chances():
    def after(name: str, *outcomes: str) -> list[dict]:
        return [{"activity": name, "dependencyConditions": list(outcomes)}]

    pipelines = {
        "child": {"activities": [
            {"name": "c", "type": "Copy"},
            {"name": "recover", "type": "Script", "dependsOn": after("c", "Failed")},
            {"name": "give up", "type": "Fail", "dependsOn": after("recover", "Completed")},
            {"name": "anyway", "type": "Script", "dependsOn": after("recover", "Succeeded", "Skipped")},
        ]},
        "parent": {"activities": [
            {"name": "if", "type": "IfCondition", "dependsOn": after("loop", "Completed"),
             "ifTrueActivities": [{"name": "yes", "type": "Lookup"}],
             "ifFalseActivities": [{"name": "no", "type": "Wait"}]},
            {"name": "loop", "type": "ForEach", "activities": [
                {"name": "run", "type": "ExecutePipeline", "pipeline": {"referenceName": "child"}}]},
        ]},
    }  # fmt: skip
    assert count(pipelines, "parent", {"loop": 3}, {"if": 0.25}) == {
        "ForEach": 1, "ExecutePipeline": 3, "Copy": 3, "Script": 3, "IfCondition": 1, "Lookup": 0.25,
        "Wait": 0.75,
    }  # fmt: skip


def test_the_declared_pipelines_make_so_many_activities(declared, table):
    """One table with one window: by hand from the pipelines' own definition."""
    result = cost.estimate(declared("dev"), table, [one(1000, 2880)], [EVERY_5])
    # ingest: Begin run, Load tables, Load table, Make plan, Merge windows, Write plan, Merge, Receipts, Settle,
    # Finish run, Run facts, Send facts, Anything failed: 13; load_table: Begin table, Bounds, Open windows,
    # Land windows, Copy window, Landed: 6.
    assert lines(result)["Data Factory, activity runs"].quantities == (19 * 8760,)
    # Copy window and Write plan, a whole minute each with four units: 8 unit-minutes a run.
    assert lines(result)["Data Factory, copies"].quantities == (pytest.approx(2 * 4 / 60 * 8760),)
    assert lines(result)["Data Factory, copies"].usd == (pytest.approx(292.0),)


def test_an_idle_stack_pays_for_its_looking_and_not_for_merging(declared, table):
    result = cost.estimate(declared("dev"), table, [one(1000, 0)], [EVERY_5])
    assert lines(result)["Databricks, serverless job"].usd == (0,)
    assert lines(result)["Data Factory, copies"].usd == (0,)
    # Begin run, Load tables, Load table, Begin table, Bounds, Open windows, Land windows, Make plan, Merge windows,
    # Finish run, Run facts, Send facts, Anything failed.
    assert lines(result)["Data Factory, activity runs"].quantities == (13 * 8760,)


def test_the_job_s_time_follows_the_rows(declared, table):
    table = table.assuming({"merge_seconds": 36, "merge_rows_per_second": 10, "serverless_dbu_per_hour": 2})
    result = cost.estimate(declared("dev"), table, [one(1000, 288 * 360)], [EVERY_5])
    # 36 s and 360 rows at 10 a second: 72 s a run, at two DBU an hour.
    line = lines(result)["Databricks, serverless job"]
    assert line.quantities == (pytest.approx(72 / 3600 * 8760 * 2),)
    assert line.usd == (pytest.approx(72 / 3600 * 8760 * 2 * 0.45),)
    assert result.minutes == (pytest.approx(1.2, abs=0.01),)


def test_the_lake_keeps_every_reload_until_its_rule_deletes_it(declared, table):
    volume = cost.Volume("t", rows=1e7, changed_per_day=0, bytes_per_row=100, chunk_rows=10**6)
    line = lines(cost.estimate(declared("dev"), table, [volume], [EVERY_5, DAILY]))["Lake, Standard_LRS"]
    # A gigabyte in three layers; a reload a day adds one that stays 30 days and can be had back for 7.
    assert line.quantities == (pytest.approx(3), pytest.approx(3 + 37))


def test_servers_disks_and_endpoints_are_priced_as_declared(declared, table):
    dev = lines(cost.estimate(declared("dev"), table, [one(1, 1)], [EVERY_5]))
    assert dev["PostgreSQL Standard_B2s"].usd == (pytest.approx(730 * 0.068),)
    assert dev["PostgreSQL storage"].quantities == (32,)
    prod = lines(cost.estimate(declared("prod"), table, [one(1, 1)], [EVERY_5]))
    assert prod["PostgreSQL Standard_D4ds_v5, two of them"].usd == (pytest.approx(2 * 730 * 0.356),)
    assert prod["PostgreSQL storage"].quantities == (512,)
    endpoints = [r for r in declared("prod") if r["type"] == "azure-native:network:PrivateEndpoint"]
    assert prod["Private endpoint"].quantities == (len(endpoints) * 730,)
    rules = [line for what, line in prod.items() if what.startswith("Alert")]
    assert sum(line.usd[0] for line in rules) == pytest.approx(3 * 1.5 + 0.1)


def test_managed_compute_is_paid_while_it_is_warm(declared, table):
    prod = lines(cost.estimate(declared("prod"), table, [one(10, 1)], [EVERY_5, DAILY]))
    # Ten minutes of warmth outlast five minutes of waiting: it never cools. Once a day it does.
    warm = prod["Managed network, lookups"].quantities
    assert warm[0] == 730
    assert warm[1] == pytest.approx(DAILY.runs * (10 + 5) / 60, rel=0.01)
    assert prod["Managed network, copies"].quantities[0] == 730 * 4
    assert "Data Factory, copies" not in prod


@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_a_stack_as_it_comes_stays_within_its_budget(declared, table, stack):
    """At the volumes that `highwater cost` assumes; else the budget's alert would be a habit."""
    found, _ = cost.volumes(load_all(), table, trips_per_day=100_000, change_share=1.5, days=365)
    (total,) = cost.estimate(declared(stack), table, found, [EVERY_5]).totals
    (budget,) = [r["inputs"]["amount"] for r in declared(stack) if r["type"].endswith("consumption:Budget")]
    assert budget / 2 < total < budget


def test_an_alert_watches_each_table_for_a_price(declared, table):
    four = [one(1, 1, name=name) for name in "abcd"]
    further = lines(cost.estimate(declared("prod"), table, four, [EVERY_5]))["Alerts, further tables"]
    # Three rules that tell tables apart, of which each watches three more.
    assert further.quantities == (9,) and further.usd == (pytest.approx(9 * 0.15),)


def test_a_price_says_where_it_was_seen_and_one_that_was_not_says_what_was_found(table):
    unseen = {key for key, price in table.prices.items() if not price.checked}
    assert unseen == {
        "postgres.Standard_B2s", "storage.Standard_ZRS", "storage.Standard_GZRS", "storage.write",
    }  # fmt: skip
    assert all(table.prices[key].seen for key in unseen)


def test_machines_of_a_pool_are_paid_until_they_are_given_back(declared, table):
    table = table.assuming({"merge_seconds": 30, "warm_start_seconds": 90, "cluster_start_seconds": 240})
    result = cost.estimate(declared("prod"), table, [one(0, 2880 * 0.1)], [EVERY_5, DAILY])
    found = lines(result)
    # Two minutes of work (the pool is warm) and ten of waiting outlast five: the three machines never go.
    work, kept = found["3 nodes Standard_D4ds_v5"], found["3 nodes Standard_D4ds_v5, kept warm"]
    assert work.quantities[0] == pytest.approx(3 * 8760 * 120 / 3600, rel=0.01)
    assert work.quantities[0] + kept.quantities[0] == pytest.approx(3 * 730)
    # A source that stands still asks for none at all.
    still = lines(cost.estimate(declared("prod"), table, [one(1000, 0)], [EVERY_5]))
    assert still["3 nodes Standard_D4ds_v5, kept warm"].quantities == (0,)
    # Once a day: the machines are made anew, and wait for ten minutes in vain.
    daily = lines(cost.estimate(declared("prod"), table, [one(10, 0)], [DAILY]))
    assert daily["3 nodes Standard_D4ds_v5, kept warm"].quantities[0] == pytest.approx(3 * DAILY.runs / 6)
    assert daily["3 nodes Standard_D4ds_v5"].quantities[0] == pytest.approx(
        3 * DAILY.runs * 270 / 3600, rel=0.01
    )


def test_a_reload_that_outlasts_its_interval_is_said_to(declared, table):
    often = cost.Cadence("reload often", 5, reload=True)
    result = cost.estimate(declared("dev"), table, [one(1e9, 1e6, 10**6)], [EVERY_5, DAILY, often])
    assert [result.keeps_up(i) for i in range(3)] == [True, True, False]
    assert result.minutes[1] == result.minutes[2] > 60
    assert result.totals[2] > result.totals[1]


def test_the_sample_s_volumes_follow_from_its_trips(table):
    found, unknown = cost.volumes(load_all(), table, 1000, 1.5, 10, {"trip": 50.0})
    by = {v.table: v for v in found}
    assert unknown == []
    assert (by["trip"].rows, by["trip"].changed_per_day, by["trip"].bytes_per_row) == (10_000, 2500, 50)
    assert (by["trip_event"].rows, by["trip_event"].changed_per_day) == (40_000, 4000)
    assert (by["zone"].rows, by["zone"].changed_per_day) == (265, 1)
    few = table.model_copy(update={"tables": {"trip": table.tables["trip"]}})
    assert cost.volumes(load_all(), few, 1, 1, 1)[1] == ["driver", "trip_event", "zone"]


@pytest.mark.parametrize("stack", STACKS)
def test_every_declared_type_is_priced_free_or_paid_elsewhere(stack, declared, table):
    assert cost.estimate(declared(stack), table, [one(1, 1)], [EVERY_5]).unpriced == ()


def test_no_type_both_has_a_line_and_costs_nothing(table):
    assert [token for token in (*WRITERS, *ELSEWHERE) if table.costs_nothing(token)] == []


def test_a_type_that_nobody_priced_is_named_and_a_size_without_a_price_refused(table):
    new = [{"type": "azure-native:compute:VirtualMachine", "inputs": {}}]
    assert cost.estimate(new, table, [one(1, 1)], []).unpriced == ("azure-native:compute:VirtualMachine",)
    huge = {"sku": {"name": "Standard_E96ds_v5"}, "storage": {"storageSizeGB": 32}}
    server = [{"type": "azure-native:dbforpostgresql:Server", "inputs": huge}]
    with pytest.raises(HighwaterError, match=r"no price for postgres\.Standard_E96ds_v5"):
        cost.estimate(server, table, [one(1, 1)], [EVERY_5])


def test_each_price_says_where_it_stands(table):
    assert all(p.source.startswith("https://") and p.meter and p.unit for p in table.prices.values())
    assert (table.region, table.currency, str(table.read)) == ("eastus", "USD", "2026-11-23")
    assert all(a.why for a in table.assumptions.values())


def test_settings_change_the_bill(table):
    config = stack_config("dev") | {"highwater:monitoring": json.dumps({"enabled": False})}
    without = lines(cost.estimate(resources("dev", config), table, [one(1, 1)], [EVERY_5]))
    assert not [what for what in without if what.startswith(("Alert", "Log"))]


def test_the_command_prints_lines_that_add_up(declared, monkeypatch):
    monkeypatch.setattr("local.declare.resources", declared)
    arguments = ["cost", "--stack", "dev", "--trips-per-day", "1000", "--no-measured"]
    shown = CliRunner().invoke(app, [*arguments, "--json"])
    assert shown.exit_code == 0, shown.output
    data = json.loads(shown.output)
    assert [c["name"] for c in data["cadences"]] == [
        "incremental, every 5 min", "full reload, every 24 h", "full reload, every 5 min",
    ]  # fmt: skip
    for i, cadence in enumerate(data["cadences"]):
        assert cadence["usd"] == pytest.approx(sum(line["usd"][i] for line in data["lines"]), abs=0.2)
    assert data["prices_read"] == "2026-11-23"
    text = CliRunner().invoke(app, [*arguments, "--assume", "queries_per_day=0"])
    assert "USD a month" in text.output
    assert "trip: 365,000 rows, 2,500 new or changed a day" in text.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--assume", "luck=1"], "There is no assumption luck"),
        (["--assume", "queries_per_day"], "An assumption can't be read"),
        (["--prices", "/nowhere/prices.yaml"], "can't be read"),
    ],
)
def test_what_the_command_refuses(arguments, told):
    result = CliRunner().invoke(app, ["cost", "--stack", "dev", "--no-measured", *arguments])
    assert isinstance(result.exception, HighwaterError)
    assert told in str(result.exception.what) + str(result.exception.why)


def test_a_price_file_of_one_s_own_is_read_and_a_wrong_one_refused(tmp_path):
    own = tmp_path / "prices.yaml"
    own.write_text(DEFAULT.read_text().replace("region: eastus", "region: westeurope"))
    assert cost.load(own).region == "westeurope"
    own.write_text("region: x\n")
    with pytest.raises(HighwaterError, match="is refused"):
        cost.load(own)
