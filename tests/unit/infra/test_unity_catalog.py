"""Unity Catalog: names of the stack's own, locations of the lake's containers, and grants."""

import importlib.util
import json
from pathlib import Path

import pytest

from infra import databricks_sdk
from infra.settings import from_config, stack_file
from infra.unity_catalog import grants
from local.azure.shapes import shape_of
from local.declare import resources, stack_config

INDEX = "databricks:index/"
LOCATION, SCHEMA = f"{INDEX}externalLocation:ExternalLocation", f"{INDEX}schema:Schema"
CREDENTIAL, CATALOG = f"{INDEX}storageCredential:StorageCredential", f"{INDEX}catalog:Catalog"
GRANT = f"{INDEX}grant:Grant"
CONTAINERS = ["bronze", "gold", "landing", "quarantine", "restricted", "silver"]
RUN_AS = "22222222-2222-2222-2222-222222222222"
AZURE = ("dev", "staging", "prod", "pr-7")


def with_people() -> dict[str, str]:
    given = {"run_as": RUN_AS, "readers": ["analysts", "all"], "restricted_readers": ["people-team", "all"]}
    return stack_config("dev") | {"highwater:databricks": json.dumps(given)}


@pytest.fixture(scope="module")
def peopled() -> list[dict]:
    return resources("dev", with_people())


@pytest.mark.parametrize("stack", AZURE)
def test_each_container_has_a_location_through_the_access_connector(stack, of_type):
    account = of_type(stack, "azure-native:storage:StorageAccount")["lake"]["accountName"]
    (credential,) = of_type(stack, CREDENTIAL).values()
    connector = of_type(stack, "azure-native:databricks:AccessConnector")["databricks-connector"]
    assert list(credential["azureManagedIdentity"]) == ["accessConnectorId"]
    assert credential["azureManagedIdentity"]["accessConnectorId"].endswith(
        f"/Microsoft.Databricks/accessConnectors/{connector['connectorName']}"
    )
    found = of_type(stack, LOCATION)
    assert sorted(location["url"] for location in found.values()) == [
        f"abfss://{container}@{account}.dfs.core.windows.net/" for container in CONTAINERS
    ]
    assert {location["credentialName"] for location in found.values()} == {credential["name"]}


@pytest.mark.parametrize("stack", AZURE)
def test_what_a_role_assignment_s_delay_would_break_is_not_asked_at_once(stack, of_type, declared):
    """The assignment comes first, and nobody tries the lake in the minutes before it counts."""
    made = [*of_type(stack, CREDENTIAL).values(), *of_type(stack, LOCATION).values()]
    assert [one["skipValidation"] for one in made] == [True] * 7
    (credential,) = [r for r in declared(stack).values() if r["type"] == CREDENTIAL]
    awaited = {urn.rpartition("::")[2] for urn in credential["options"]["dependsOn"]}
    assert "databricks-lake" in awaited


def test_names_in_the_shared_metastore_are_the_stack_s_own(of_type):
    kinds = (CREDENTIAL, LOCATION, CATALOG)
    names = {
        stack: {one["name"] for kind in kinds for one in of_type(stack, kind).values()} for stack in AZURE
    }
    assert names["pr-7"] == {
        "hw_pr_7", "hw_pr_7_lake", *(f"hw_pr_7_{container}" for container in CONTAINERS)
    }  # fmt: skip
    for stack, own in names.items():
        assert len(own) == 8
        for other in names.keys() - {stack}:
            assert own.isdisjoint(names[other]), (stack, other)


@pytest.mark.parametrize("stack", AZURE)
def test_everything_is_bound_to_the_stack_s_workspace(stack, of_type, declared):
    assert {c["isolationMode"] for c in of_type(stack, CATALOG).values()} == {"ISOLATED"}
    for kind in (CREDENTIAL, LOCATION):
        assert {o["isolationMode"] for o in of_type(stack, kind).values()} == {"ISOLATION_MODE_ISOLATED"}
    ours = [r for r in declared(stack).values() if r["type"].startswith(INDEX)]
    # Wheel, job, its starter and the right to start it; credential, locations, catalog, schemas. A private
    # stack's machines wait in a pool, and whoever its job runs as has the right to draw on that.
    private = 3 if stack in ("staging", "prod") else 0
    assert len([r for r in ours if r["type"] != GRANT]) == 4 + 1 + 6 + 1 + 5 + private
    assert {r["options"]["provider"].partition("::")[2].split("::")[2] for r in ours} == {"databricks"}


@pytest.mark.parametrize("stack", AZURE)
def test_only_a_pull_request_s_objects_may_be_destroyed_with_what_is_in_them(stack, of_type):
    forced = {
        one["forceDestroy"]
        for kind in (CREDENTIAL, LOCATION, CATALOG, SCHEMA)
        for one in of_type(stack, kind).values()
    }
    assert forced == {stack == "pr-7"}


@pytest.mark.parametrize("stack", AZURE)
def test_managed_storage_overlaps_no_table_of_the_job(stack, of_type):
    """Unity Catalog refuses an external table in managed storage, and path access to what is managed."""
    locations = {o["url"] for o in of_type(stack, LOCATION).values()}
    schemas = of_type(stack, SCHEMA).values()
    assert sorted(s["name"] for s in schemas) == ["bronze", "gold", "quarantine", "restricted", "silver"]
    roots = [s["storageRoot"] for s in schemas] + [c["storageRoot"] for c in of_type(stack, CATALOG).values()]
    for root in roots:
        base, _, folder = root.rpartition("/")
        assert f"{base}/" in locations
        assert folder == "_managed"
    from contracts import load_all

    tables = {table for c in load_all() for table in c.gold.tables}
    assert not any(table.startswith("_") for table in tables | {c.table for c in load_all()})


def test_the_laptop_has_none_of_it(of_type):
    for kind in (CREDENTIAL, LOCATION, CATALOG, SCHEMA, GRANT):
        assert of_type("local", kind) == {}
    named = of_type("local", f"{INDEX}job:Job")["merge"]["tasks"][0]["pythonWheelTask"]["namedParameters"]
    assert list(named) == ["lake"]


def test_nobody_is_granted_anything_unasked(of_type):
    assert of_type("dev", GRANT) == {}
    assert list(grants(from_config("dev", stack_file("dev")))) == []


def test_every_grant(peopled):
    """Who may do what: read off the declaration, apart from the function in the code."""
    found = {}
    for one in (r["inputs"] for r in peopled if r["type"] == GRANT):
        (kind,) = set(one) - {"principal", "privileges"}
        found[one["principal"], kind, one[kind]] = one["privileges"]
    job = {
        (RUN_AS, "externalLocation", f"hw_dev_{c}"): ["READ_FILES", "WRITE_FILES"] for c in CONTAINERS
    } | {
        (RUN_AS, "externalLocation", f"hw_dev_{c}"): ["CREATE_EXTERNAL_TABLE", "READ_FILES", "WRITE_FILES"]
        for c in ("gold", "restricted")
    } | {
        (RUN_AS, "catalog", "hw_dev"): ["USE_CATALOG"],
        (RUN_AS, "schema", "hw_dev.gold"): ["CREATE_TABLE", "USE_SCHEMA"],
        (RUN_AS, "schema", "hw_dev.restricted"): ["CREATE_TABLE", "USE_SCHEMA"],
    }  # fmt: skip
    people = {
        (who, "catalog", "hw_dev"): ["USE_CATALOG"] for who in ("analysts", "all", "people-team")
    } | {
        ("analysts", "schema", "hw_dev.gold"): ["SELECT", "USE_SCHEMA"],
        ("all", "schema", "hw_dev.gold"): ["SELECT", "USE_SCHEMA"],
        ("all", "schema", "hw_dev.restricted"): ["SELECT", "USE_SCHEMA"],
        ("people-team", "schema", "hw_dev.restricted"): ["SELECT", "USE_SCHEMA"],
    }  # fmt: skip
    assert found == job | people


def test_readers_of_gold_reach_no_file(peopled):
    for one in (r["inputs"] for r in peopled if r["type"] == GRANT):
        if one["principal"] != RUN_AS:
            assert "externalLocation" not in one
            assert not {"READ_FILES", "WRITE_FILES", "MODIFY"} & set(one["privileges"])


def test_the_first_run_waits_for_the_locations_and_the_grants(peopled):
    (trigger,) = [r for r in peopled if r["urn"].endswith("datafactory:Trigger::every_few_minutes")]
    awaited = {urn.rpartition("::")[2] for urn in trigger["options"]["dependsOn"]}
    assert {f"{container}-location" for container in CONTAINERS} <= awaited
    assert {"gold-schema", "merge-starters", f"grant-catalog-{RUN_AS}"} <= awaited


def test_every_property_is_one_of_the_typed_package(peopled):
    """The provider takes what it does not know for a mistake at deployment; the typed package knows all."""
    declared = [r for r in peopled if r["type"].startswith(INDEX)]
    classes = {
        one.token
        for one in vars(databricks_sdk).values()
        if isinstance(one, type) and isinstance(getattr(one, "token", None), str)
    }
    assert {r["type"] for r in declared} <= classes
    for one in declared:
        shape = shape_of(one["type"])
        assert shape.known, one["type"]
        assert set(one["inputs"]) <= shape.properties, one["type"]
        assert shape.required <= set(one["inputs"]), one["type"]
    (credential,) = [r["inputs"] for r in declared if r["type"] == CREDENTIAL]
    source = (Path(importlib.util.find_spec("pulumi_databricks").origin).parent / "_inputs.py").read_text()
    wanted = source[source.index("class StorageCredentialAzureManagedIdentityArgs:") :][:1500]
    assert set(credential["azureManagedIdentity"]) == {"accessConnectorId"}
    assert "access_connector_id" in wanted
