"""The provider's own rules, called as the engine calls them, on types that are made of folders."""

import asyncio
from pathlib import Path

import pytest
from pulumi.provider.experimental import provider as api
from pulumi.provider.experimental.property_value import PropertyValue as Value

from local.azure.provider import LaptopProvider
from local.azure.registry import SECRET
from local.azure.values import UNKNOWN, plain_map, wire
from local.errors import HighwaterError
from local.state import State

CONTAINER = "azure-native:storage:BlobContainer"
ACCOUNT = "azure-native:storage:StorageAccount"
FACTORY = "azure-native:datafactory:Factory"
BRONZE = {"resourceGroupName": "rg", "accountName": "acct", "containerName": "bronze"}


def urn(token: str, name: str = "x", stack: str = "local") -> str:
    return f"urn:pulumi:{stack}::highwater::highwater:infra:Lake${token}::{name}"


def values(**given) -> dict[str, Value]:
    return {key: value if isinstance(value, Value) else wire(value) for key, value in given.items()}


@pytest.fixture
def provider(tmp_path: Path) -> LaptopProvider:
    return LaptopProvider(State(tmp_path / "state"))


def create(provider: LaptopProvider, token: str, preview: bool = False, name: str = "x", **given):
    return asyncio.run(provider.create(api.CreateRequest(urn(token, name), values(**given), 60, preview)))


def test_a_preview_makes_nothing_and_knows_the_name_alone(provider: LaptopProvider) -> None:
    answered = create(
        provider, ACCOUNT, preview=True, resourceGroupName=UNKNOWN, accountName="acct", kind="StorageV2"
    )
    assert answered.resource_id is None and not provider.state.root.exists()
    assert plain_map(answered.properties) == {
        "accountName": "acct", "kind": "StorageV2", "name": "acct", "resourceGroupName": UNKNOWN,
        "primaryEndpoints": UNKNOWN, "primaryLocation": UNKNOWN, "provisioningState": UNKNOWN,
        "type": UNKNOWN,
    }  # fmt: skip


def test_a_preview_leaves_an_identity_to_be_told(provider: LaptopProvider) -> None:
    given = {"resourceGroupName": "rg", "factoryName": "adf", "identity": {"type": "SystemAssigned"}}
    told = plain_map(create(provider, FACTORY, preview=True, **given).properties)["identity"]
    assert told == {"type": "SystemAssigned", "principalId": UNKNOWN, "tenantId": UNKNOWN}
    told = plain_map(create(provider, FACTORY, **given).properties)["identity"]
    assert len(told["principalId"]) == 36 and told["principalId"] != UNKNOWN


def test_a_resource_lives_from_create_to_delete(provider: LaptopProvider) -> None:
    made = create(provider, CONTAINER, **BRONZE)
    folder = provider.state.lake / "acct" / "bronze"
    assert folder.is_dir() and made.resource_id.endswith("/blobServices/default/containers/bronze")
    (folder / "f").write_bytes(b"x")

    news = values(**BRONZE, metadata={"a": "b"})
    update = api.UpdateRequest(urn(CONTAINER), made.resource_id, made.properties, news, 60, [], False)
    assert plain_map(asyncio.run(provider.update(update)).properties)["metadata"] == {"a": "b"}
    assert (folder / "f").exists()

    read = asyncio.run(provider.read(api.ReadRequest(urn(CONTAINER), made.resource_id, {}, {})))
    assert plain_map(read.inputs) == BRONZE | {"metadata": {"a": "b"}}

    for _ in range(2):
        delete = api.DeleteRequest(urn(CONTAINER), made.resource_id, made.properties, 60)
        asyncio.run(provider.delete(delete))
        assert not folder.exists() and provider.registry.all() == []
    assert (
        asyncio.run(provider.read(api.ReadRequest(urn(CONTAINER), made.resource_id, {}, {}))).resource_id
        is None
    )


def test_a_new_store_is_empty_but_one_that_was_recorded_is_kept(provider: LaptopProvider) -> None:
    stray = provider.state.lake / "acct" / "bronze" / "stray"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"x")
    create(provider, CONTAINER, **BRONZE)
    assert stray.parent.is_dir() and not stray.exists()
    stray.write_bytes(b"x")
    create(provider, CONTAINER, **BRONZE)  # recorded, but the engine was killed before it knew
    assert stray.exists()


def test_what_exists_is_not_created_by_another(provider: LaptopProvider) -> None:
    create(provider, CONTAINER, name="one", **BRONZE)
    with pytest.raises(HighwaterError, match="cannot create already existing resource") as caught:
        create(provider, CONTAINER, name="two", **BRONZE)
    assert caught.value.why.endswith("::one")


def test_a_diff_tells_update_from_replacement(provider: LaptopProvider) -> None:
    def diff(**changed):
        request = api.DiffRequest(urn(CONTAINER), "id", values(**BRONZE), values(**{**BRONZE, **changed}), [])
        return asyncio.run(provider.diff(request))

    assert (diff().changes, diff().detailed_diff) == (False, {})
    update = diff(publicAccess="None")
    assert (update.changes, update.replaces, update.diffs) == (True, [], ["publicAccess"])
    replace = diff(containerName=UNKNOWN)
    assert (replace.changes, replace.replaces, replace.delete_before_replace) == (
        True,
        ["containerName"],
        True,
    )


def test_a_secret_stays_secret_in_what_the_engine_gets_and_is_not_recorded(provider: LaptopProvider) -> None:
    secret = Value("correct horse", is_secret=True)
    made = create(provider, CONTAINER, **BRONZE, metadata=Value({"key": secret, "open": Value("o")}))
    assert made.properties["metadata"].value["key"].is_secret
    assert not made.properties["metadata"].value["open"].is_secret
    (record,) = provider.registry.all()
    assert record.inputs["metadata"] == record.outputs["metadata"] == {"key": SECRET, "open": "o"}


def test_every_operation_refuses_another_stack(provider: LaptopProvider) -> None:
    other, given = urn(CONTAINER, stack="prod"), values(**BRONZE)
    for call in (
        provider.check_config(api.CheckRequest(other, {}, {}, b"")),
        provider.check(api.CheckRequest(other, {}, given, b"")),
        provider.diff(api.DiffRequest(other, "id", {}, given, [])),
        provider.create(api.CreateRequest(other, given, 60, False)),
        provider.read(api.ReadRequest(other, "id", {}, {})),
        provider.update(api.UpdateRequest(other, "id", {}, given, 60, [], False)),
        provider.delete(api.DeleteRequest(other, "id", given, 60)),
    ):
        with pytest.raises(HighwaterError, match="stack `local` only, and this is the stack `prod`"):
            asyncio.run(call)
    assert not provider.state.root.exists()
