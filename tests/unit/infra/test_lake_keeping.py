"""How long the lake keeps things: what its lifecycle rules reach, and what they must never reach."""

import json

import pytest

from contracts import load_all
from infra.errors import InfraError
from infra.lake import lifecycle
from infra.sections import Lake
from infra.settings import from_config
from local.declare import stack_config

AZURE = "azure-native"
STACKS = ("local", "dev", "staging", "prod", "pr-7")


def rules(stack, of_type) -> dict[str, dict]:
    (policy,) = of_type(stack, f"{AZURE}:storage:ManagementPolicy").values()
    return {rule["name"]: rule["definition"] for rule in policy["policy"]["rules"]}


def reached(stack, of_type, blob: str) -> dict:
    """What the rules do to a blob, by its container and path."""
    actions: dict = {}
    for definition in rules(stack, of_type).values():
        if any(blob.startswith(prefix) for prefix in definition["filters"]["prefixMatch"]):
            actions |= definition["actions"]["baseBlob"]
    return actions


@pytest.mark.parametrize("stack", STACKS)
def test_landing_goes_and_bronze_cools(stack, of_type):
    days = 90 if stack == "prod" else 30
    gone = {"delete": {"daysAfterModificationGreaterThan": days}}
    for blob in (
        "landing/trip/7/1/trip.parquet",
        "landing/_plans/r/plan.parquet",
        "landing/_receipts/r/trip/p.json",
    ):
        assert reached(stack, of_type, blob) == gone
    cool = {"tierToCool": {"daysAfterModificationGreaterThan": 30}}
    for contract in load_all():
        assert reached(stack, of_type, f"bronze/{contract.table}/part-00000-1a2b.c000.snappy.parquet") == cool


@pytest.mark.parametrize("stack", STACKS)
def test_no_rule_reaches_a_log_of_delta_or_a_served_layer(stack, of_type):
    for contract in load_all():
        for layer in ("bronze", "silver", "gold", "restricted", "quarantine"):
            for name in (
                "00000000000000000007.json",
                "_last_checkpoint",
                "00000000000000000010.checkpoint.parquet",
            ):
                assert reached(stack, of_type, f"{layer}/{contract.table}/_delta_log/{name}") == {}
        for layer in ("silver", "gold", "restricted", "quarantine"):
            assert reached(stack, of_type, f"{layer}/{contract.table}/part-0.parquet") == {}
    # Nothing but landing is ever deleted by age.
    deleting = [d for d in rules(stack, of_type).values() if "delete" in d["actions"]["baseBlob"]]
    assert [d["filters"]["prefixMatch"] for d in deleting] == [["landing/"]]
    assert all(d["filters"]["blobTypes"] == ["blockBlob"] for d in rules(stack, of_type).values())


@pytest.mark.parametrize("stack", STACKS)
def test_what_was_deleted_can_be_had_back(stack, of_type):
    (service,) = of_type(stack, f"{AZURE}:storage:BlobServiceProperties").values()
    days = 30 if stack == "prod" else 7
    assert service["blobServicesName"] == "default"
    assert service["deleteRetentionPolicy"] == service["containerDeleteRetentionPolicy"] == {
        "enabled": True, "days": days,
    }  # fmt: skip
    # A hierarchical namespace has neither; asking for them fails the deployment.
    assert not {"isVersioningEnabled", "restorePolicy", "changeFeed"} & set(service)


def test_a_rule_holds_ten_prefixes_at_the_most():
    (one, *_) = load_all()
    many = [one.model_copy(update={"table": f"t{i:02}"}) for i in range(23)]
    found = lifecycle(Lake(), many)
    assert [rule.name for rule in found] == [
        "landing-expires", "bronze-cools-1", "bronze-cools-2", "bronze-cools-3",
    ]  # fmt: skip
    prefixes = [rule.definition.filters.prefix_match for rule in found[1:]]
    assert [len(p) for p in prefixes] == [10, 10, 3]
    assert [p for group in prefixes for p in group] == [f"bronze/t{i:02}/part-" for i in range(23)]


def test_bronze_may_stay_hot():
    assert [rule.name for rule in lifecycle(Lake(bronze_cool_days=None), load_all())] == ["landing-expires"]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (
            {"landing_days": 3},
            "highwater:lake.landing_days: Input should be greater than or equal to 14 (found: 3)",
        ),
        (
            {"bronze_cool_days": 7},
            "highwater:lake.bronze_cool_days: Input should be greater than or equal to 30",
        ),
        (
            {"soft_delete_days": 366},
            "highwater:lake.soft_delete_days: Input should be less than or equal to 365",
        ),
    ],
)
def test_too_short_a_retention_is_refused(value, told):
    with pytest.raises(InfraError) as caught:
        from_config("dev", stack_config("dev") | {"highwater:lake": json.dumps(value)})
    assert told in str(caught.value)
