"""Every consumer of every store has a declared path: the reach table against what each stack declares."""

from dataclasses import replace

import pytest
from network_stacks import VARIANTS, config_of, declared
from reach_estate import Estate, seen
from reach_proofs import PEOPLE, unproven

from infra import reach
from infra.reach import Path, Way
from infra.settings import PROJECT, Settings, from_config

ON_AZURE = tuple(name for name in VARIANTS if name != "local")


def settings_of(variant: str) -> Settings:
    return from_config(VARIANTS[variant][0], config_of(variant))


def gaps(variant: str, resources: list[dict]) -> list[str]:
    """All that is missing of a variant's paths when it declares these resources."""
    estate = Estate(resources)
    return [missing for way in reach.ways(settings_of(variant)) for missing in unproven(estate, way)]


@pytest.mark.parametrize("variant", ON_AZURE)
def test_every_consumer_of_every_store_is_in_the_table(variant: str):
    ways = reach.ways(settings_of(variant))
    assert seen(Estate(declared(variant))) - {(w.consumer, w.store) for w in ways} == set()


@pytest.mark.parametrize("variant", ON_AZURE)
def test_no_way_is_kept_open_that_nothing_takes(variant: str):
    ways = {(w.consumer, w.store) for w in reach.ways(settings_of(variant)) if w.consumer not in PEOPLE}
    assert ways - seen(Estate(declared(variant))) == set()


@pytest.mark.parametrize("variant", ON_AZURE)
def test_every_way_is_declared(variant: str):
    assert gaps(variant, list(declared(variant))) == []


@pytest.mark.parametrize("variant", ON_AZURE)
def test_a_way_of_another_kind_would_not_do(variant: str):
    """The proofs themselves can fail: each way that is promised by a path of the other mode is unproven."""
    estate = Estate(declared(variant))
    other = {
        Path.MANAGED: Path.FIREWALL, Path.ENDPOINT: Path.OPEN, Path.FIREWALL: Path.ENDPOINT, Path.RULE: Path.OPEN,
    }  # fmt: skip
    changed = [
        replace(w, path=other[w.path])
        for w in reach.ways(settings_of(variant))
        if w.path in other and (w.path != Path.MANAGED or w.store in ("postgres", "synapse"))
        and (w.path != Path.FIREWALL or w.consumer in PEOPLE)
    ]  # fmt: skip
    assert changed
    assert [w for w in changed if not unproven(estate, w)] == []


BREAKABLE = {
    "staging": (
        "network:PrivateEndpoint", "network:PrivateDnsZoneGroup", "privatedns:VirtualNetworkLink",
        "network:VirtualNetwork", "datafactory:ManagedPrivateEndpoint", "datafactory:IntegrationRuntime",
        "LinkApproval",
    ),
    "serverless": ("MwsNccPrivateEndpointRule", "MwsNccBinding"),
    "dev": ("dbforpostgresql:FirewallRule", "synapse:IpFirewallRule"),
}  # fmt: skip


@pytest.mark.parametrize(("variant", "token"), [(v, t) for v, tokens in BREAKABLE.items() for t in tokens])
def test_without_any_one_of_its_resources_a_path_is_broken(variant: str, token: str):
    resources = list(declared(variant))
    which = [at for at, one in enumerate(resources) if one["type"].endswith(token)]
    assert which
    for at in which:
        assert gaps(variant, resources[:at] + resources[at + 1 :]) != [], resources[at]["urn"]


def test_without_its_rule_a_resource_does_not_reach_the_lake():
    resources = []
    for one in declared("staging"):
        inputs = one["inputs"]
        if one["type"].endswith("storage:StorageAccount"):
            inputs = inputs | {"networkRuleSet": inputs["networkRuleSet"] | {"resourceAccessRules": []}}
        resources.append(one | {"inputs": inputs})
    assert gaps("staging", resources) == [
        "databricks to lake: no rule lets it in",
        "synapse to lake: no rule lets it in",
    ]


def test_a_linked_service_that_leaves_the_managed_network_is_found():
    resources = []
    for one in declared("staging"):
        inputs = one["inputs"]
        if one["urn"].endswith("::control-service"):
            properties = {k: v for k, v in inputs["properties"].items() if k != "connectVia"}
            inputs = inputs | {"properties": properties}
        resources.append(one | {"inputs": inputs})
    assert set(gaps("staging", resources)) == {
        "factory to postgres: a linked service of postgres does not use the managed network",
        "deployer to postgres: a linked service of postgres does not use the managed network",
    }


def test_a_role_for_somebody_new_has_to_be_in_the_table():
    (role,) = [o for o in declared("dev") if o["urn"].endswith("::synapse-gold")]
    stranger = role | {"inputs": role["inputs"] | {"principalId": "stranger"}}
    ways = {(w.consumer, w.store) for w in reach.ways(settings_of("dev"))}
    assert seen(Estate([*declared("dev"), stranger])) - ways == {("stranger", "lake")}


def test_the_private_endpoints_of_a_mode_are_these():
    assert reach.links(settings_of("staging"), Path.MANAGED) == (
        ("lake", "blob"), ("lake", "dfs"), ("postgres", "postgresqlServer"), ("synapse", "SqlOnDemand"),
    )  # fmt: skip
    assert reach.links(settings_of("staging"), Path.ENDPOINT) == (
        ("lake", "blob"), ("lake", "dfs"), ("postgres", "postgresqlServer"),
        ("synapse", "Dev"), ("synapse", "Sql"), ("synapse", "SqlOnDemand"), ("vault", "vault"),
    )  # fmt: skip
    assert reach.links(settings_of("own private source"), Path.MANAGED) == (
        ("lake", "blob"), ("lake", "dfs"), ("postgres", "postgresqlServer"),
        ("source", "postgresqlServer"), ("synapse", "SqlOnDemand"), ("vault", "vault"),
    )  # fmt: skip
    assert reach.links(settings_of("serverless"), Path.SERVERLESS) == (("lake", "blob"), ("lake", "dfs"))
    assert not [p for p in Path if p not in (Path.OPEN, Path.FIREWALL) and reach.links(settings_of("dev"), p)]


def test_the_laptop_keeps_to_itself():
    """Its server is a socket in a folder and its lake one too: there is nothing to let anybody into."""
    estate = Estate(declared("local"))
    assert settings_of("local").postgres.ssl_mode == 0
    assert not estate.of("FirewallRule") and not estate.of("PrivateEndpoint")


def test_ways_say_why():
    for variant in ON_AZURE:
        for way in reach.ways(settings_of(variant)):
            assert isinstance(way, Way) and len(way.why) > 8


@pytest.mark.parametrize("variant", ["dev", "staging"])
def test_the_page_on_the_network_has_the_very_table(variant: str):
    page = (PROJECT / "docs" / "azure-network.md").read_text()
    for w in reach.ways(settings_of(variant)):
        parts = ", ".join(w.parts) or "-"
        assert f"| {w.consumer} | {w.store} | {parts} | {w.path} | {w.why} |\n" in page
