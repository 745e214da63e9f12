"""What can tell how it fares does so: each diagnosable resource has a diagnostic setting."""

from collections.abc import Iterator

from .rule import Resource, Rule, kind, stack_of

# Types that emit resource logs worth keeping (Azure Monitor's list of supported resource log categories).
DIAGNOSABLE = frozenset(
    {
        "databricks:Workspace",
        "datafactory:Factory",
        "dbforpostgresql:Server",
        "keyvault:Vault",
        "storage:StorageAccount",
        "synapse:Workspace",
    }
)
_SETTING = "monitor:DiagnosticSetting"
# The laptop has nothing that takes logs in.
_UNWATCHED = frozenset({"local"})


def watched(resources: list[Resource]) -> set[str]:
    """URNs that some diagnostic setting points at. By what it was made from: ids aren't known in a preview."""
    return {
        urn
        for setting in resources
        if kind(setting) == _SETTING
        for urn in setting["options"].get("propertyDependencies", {}).get("resourceUri", ())
    }


def _check(resources: list[Resource]) -> Iterator[tuple[str, str]]:
    told = watched(resources)
    for resource in resources:
        asked = kind(resource) in DIAGNOSABLE and stack_of(resource) not in _UNWATCHED
        if asked and resource["urn"] not in told:
            yield resource["urn"], "no diagnostic setting points at it"


RULE = Rule("diagnostics", "Each diagnosable resource has a diagnostic setting.", stack=_check)
