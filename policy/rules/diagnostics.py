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
_PARENT = "a part of another resource, whose setting covers it"
_NO_LOGS = "Azure has no resource logs of it; who changed it stands in the subscription's activity log"
# Every other type that a stack declares, and why it carries no setting.
UNLOGGED = {
    **dict.fromkeys(
        (
            "datafactory:CredentialOperation",
            "datafactory:Dataset",
            "datafactory:IntegrationRuntime",
            "datafactory:LinkedService",
            "datafactory:ManagedPrivateEndpoint",
            "datafactory:Pipeline",
            "datafactory:Trigger",
            "dbforpostgresql:AdministratorsMicrosoftEntra",
            "dbforpostgresql:Database",
            "dbforpostgresql:FirewallRule",
            "network:PrivateDnsZoneGroup",
            "operationalinsights:Table",
            "privatedns:VirtualNetworkLink",
            "resources:Resource",  # generic: what of a factory the typed resources can't express
            "storage:BlobContainer",
            "storage:BlobServiceProperties",
            "storage:ManagementPolicy",
            "synapse:IpFirewallRule",
            "synapse:WorkspaceSqlAadAdmin",
        ),
        _PARENT,
    ),
    **dict.fromkeys(
        (
            "applicationinsights:Workbook",
            "authorization:RoleAssignment",
            "consumption:Budget",
            "databricks:AccessConnector",
            "managedidentity:UserAssignedIdentity",
            "monitor:ActionGroup",
            "monitor:DataCollectionEndpoint",
            "monitor:DiagnosticSetting",
            "monitor:MetricAlert",
            "monitor:ScheduledQueryRule",
            "network:NatGateway",
            "network:PrivateEndpoint",
            "privatedns:PrivateZone",
            "resources:ResourceGroup",
        ),
        _NO_LOGS,
    ),
    "monitor:DataCollectionRule": "a row that it drops is missed by the freshness alert",
    "network:NetworkSecurityGroup": "it counts how often Databricks' own rules matched",
    "network:PublicIPAddress": "it tells of attacks alone, and nothing listens on the gateway's address",
    "network:VirtualNetwork": "it tells of attacks on public addresses alone, and has none inside",
    "operationalinsights:Workspace": "who queried what would go into the workspace that is queried",
}
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
