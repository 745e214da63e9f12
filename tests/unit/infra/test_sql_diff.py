"""When a SQL script is applied again, and which drivers there are."""

import base64

import pytest
from pulumi.dynamic.dynamic import serialize_provider

from infra.errors import InfraError
from infra.sql_drivers import find, installed, postgresql
from infra.sql_script import _Provider

GIVEN = {
    "driver": "postgresql", "server": "host", "database": "control", "user": "me",
    "name": "x", "script": "select 1",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "changes", "replaces"),
    [
        ({}, False, []),
        ({"__provider": "other code"}, False, []),
        ({"script": "select 2"}, True, []),
        ({"undo": "select 3"}, True, []),
        ({"user": "you"}, True, []),
        ({"driver": "duckdb"}, True, []),
        ({"server": "other"}, True, ["server"]),
        ({"database": "other"}, True, ["database"]),
    ],
)
def test_what_a_change_does(changed: dict, changes: bool, replaces: list[str]):
    found = _Provider().diff("id", GIVEN, GIVEN | changed)
    assert (found.changes, found.replaces) == (changes, replaces)


def test_a_driver_that_is_not_installed_is_refused_before_anything_is_deployed():
    (failure,) = _Provider().check({}, GIVEN | {"driver": "oracle"}).failures
    assert failure.property == "driver"
    assert failure.reason.startswith("no SQL driver 'oracle' is installed here; installed are duckdb")
    assert _Provider().check({}, GIVEN).failures == []
    with pytest.raises(InfraError, match="There is no SQL driver called 'oracle'"):
        find("oracle")


def test_the_drivers_are_found_by_their_entry_points():
    assert {"duckdb", "postgresql"} <= set(installed())
    assert find("postgresql") is postgresql


def test_the_provider_s_pickled_form_names_its_class_and_nothing_of_this_machine():
    """The engine keeps it with every script: if it changed with the machine, every script would."""
    first, second = serialize_provider(_Provider()), serialize_provider(_Provider())
    assert first == second
    code = base64.b64decode(first)
    assert len(code) < 200
    assert b"infra.sql_script" in code
    assert b"/" not in code


def test_azure_without_an_entra_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    import sys

    monkeypatch.setitem(sys.modules, "azure.identity", None)
    with pytest.raises(InfraError, match="azure-identity is not installed"), postgresql("host", "db", "me"):
        pass
