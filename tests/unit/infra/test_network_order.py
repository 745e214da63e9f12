"""The order in which a store is changed: Azure takes one change of it at a time."""

from network_stacks import awaited_by, inputs_of


def test_endpoints_of_one_store_are_made_one_after_the_other():
    token = "network:PrivateEndpoint"
    parts = ["synapse-dev", "synapse-sql", "synapse-sqlondemand"]
    for before, name in enumerate(parts):
        awaited = awaited_by("staging", token, name)
        assert awaited & set(parts) == set(parts[:before])
        assert {"postgres-administrator", "postgres-deployer", "synapse-administrator"} <= awaited


def test_the_factory_s_endpoints_come_after_ours_are_approved():
    ours = {name for name in inputs_of("staging", "LinkApproval") if not name.startswith("factory-")}
    assert len(ours) == 4
    for name in inputs_of("staging", "datafactory:ManagedPrivateEndpoint"):
        assert ours <= awaited_by("staging", "datafactory:ManagedPrivateEndpoint", name)


def test_firewall_rules_come_after_the_administrators():
    (rule,) = inputs_of("dev", "dbforpostgresql:FirewallRule")
    assert "postgres-administrator" in awaited_by("dev", "dbforpostgresql:FirewallRule", rule)
