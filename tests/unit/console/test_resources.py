"""What the page on resources finds."""

from local.azure.registry import Record
from local.console.pages import resources


def test_a_resource_is_found_by_its_name_or_its_type():
    tick = Record("/id", "urn:tick", "azure-native:datafactory:Trigger", "every_few_minutes", {}, {})
    assert [resources.found(tick, words) for words in ("", "FEW", "trigger", "pipeline")] == [
        True,
        True,
        True,
        False,
    ]
    assert (
        resources.address(kind=tick.type, find="") == "/resources?kind=azure-native%3Adatafactory%3ATrigger"
    )
