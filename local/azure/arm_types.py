"""Every declared Azure resource's type at Azure, and the inputs that fill its id."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Arm:
    """An ARM type and the inputs that fill its id: one for each segment, the resource's own name last."""

    type: str
    names: tuple[str, ...]


# Pulumi's token -> ARM's type and the inputs that name it. A literal name starts with "=".
ARM = {
    "authorization:RoleAssignment": Arm("Microsoft.Authorization/roleAssignments", ("roleAssignmentName",)),
    "databricks:AccessConnector": Arm("Microsoft.Databricks/accessConnectors", ("connectorName",)),
    "databricks:Workspace": Arm("Microsoft.Databricks/workspaces", ("workspaceName",)),
    "datafactory:CredentialOperation": Arm(
        "Microsoft.DataFactory/factories/credentials", ("factoryName", "credentialName")
    ),
    "datafactory:Dataset": Arm("Microsoft.DataFactory/factories/datasets", ("factoryName", "datasetName")),
    "datafactory:Factory": Arm("Microsoft.DataFactory/factories", ("factoryName",)),
    "datafactory:LinkedService": Arm(
        "Microsoft.DataFactory/factories/linkedservices", ("factoryName", "linkedServiceName")
    ),
    "datafactory:Pipeline": Arm("Microsoft.DataFactory/factories/pipelines", ("factoryName", "pipelineName")),
    "datafactory:Trigger": Arm("Microsoft.DataFactory/factories/triggers", ("factoryName", "triggerName")),
    "dbforpostgresql:AdministratorsMicrosoftEntra": Arm(
        "Microsoft.DBforPostgreSQL/flexibleServers/administrators", ("serverName", "objectId")
    ),
    "dbforpostgresql:Configuration": Arm(
        "Microsoft.DBforPostgreSQL/flexibleServers/configurations", ("serverName", "configurationName")
    ),
    "dbforpostgresql:Database": Arm(
        "Microsoft.DBforPostgreSQL/flexibleServers/databases", ("serverName", "databaseName")
    ),
    "dbforpostgresql:FirewallRule": Arm(
        "Microsoft.DBforPostgreSQL/flexibleServers/firewallRules", ("serverName", "firewallRuleName")
    ),
    "dbforpostgresql:Server": Arm("Microsoft.DBforPostgreSQL/flexibleServers", ("serverName",)),
    "datafactory:IntegrationRuntime": Arm(
        "Microsoft.DataFactory/factories/integrationRuntimes", ("factoryName", "integrationRuntimeName")
    ),
    "datafactory:ManagedPrivateEndpoint": Arm(
        "Microsoft.DataFactory/factories/managedVirtualNetworks/managedPrivateEndpoints",
        ("factoryName", "managedVirtualNetworkName", "managedPrivateEndpointName"),
    ),
    "keyvault:Vault": Arm("Microsoft.KeyVault/vaults", ("vaultName",)),
    "network:NatGateway": Arm("Microsoft.Network/natGateways", ("natGatewayName",)),
    "network:NetworkSecurityGroup": Arm(
        "Microsoft.Network/networkSecurityGroups", ("networkSecurityGroupName",)
    ),
    "network:PrivateDnsZoneGroup": Arm(
        "Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
        ("privateEndpointName", "privateDnsZoneGroupName"),
    ),
    "network:PrivateEndpoint": Arm("Microsoft.Network/privateEndpoints", ("privateEndpointName",)),
    "network:PublicIPAddress": Arm("Microsoft.Network/publicIPAddresses", ("publicIpAddressName",)),
    "network:VirtualNetwork": Arm("Microsoft.Network/virtualNetworks", ("virtualNetworkName",)),
    "privatedns:PrivateZone": Arm("Microsoft.Network/privateDnsZones", ("privateZoneName",)),
    "privatedns:VirtualNetworkLink": Arm(
        "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
        ("privateZoneName", "virtualNetworkLinkName"),
    ),
    "managedidentity:UserAssignedIdentity": Arm(
        "Microsoft.ManagedIdentity/userAssignedIdentities", ("resourceName",)
    ),
    "applicationinsights:Workbook": Arm("Microsoft.Insights/workbooks", ("resourceName",)),
    "consumption:Budget": Arm("Microsoft.Consumption/budgets", ("budgetName",)),
    "monitor:ActionGroup": Arm("Microsoft.Insights/actionGroups", ("actionGroupName",)),
    "monitor:DataCollectionEndpoint": Arm(
        "Microsoft.Insights/dataCollectionEndpoints", ("dataCollectionEndpointName",)
    ),
    "monitor:DataCollectionRule": Arm("Microsoft.Insights/dataCollectionRules", ("dataCollectionRuleName",)),
    "monitor:DiagnosticSetting": Arm("Microsoft.Insights/diagnosticSettings", ("name",)),
    "monitor:MetricAlert": Arm("Microsoft.Insights/metricAlerts", ("ruleName",)),
    "monitor:ScheduledQueryRule": Arm("Microsoft.Insights/scheduledQueryRules", ("ruleName",)),
    "operationalinsights:Table": Arm(
        "Microsoft.OperationalInsights/workspaces/tables", ("workspaceName", "tableName")
    ),
    "operationalinsights:Workspace": Arm("Microsoft.OperationalInsights/workspaces", ("workspaceName",)),
    "storage:BlobServiceProperties": Arm(
        "Microsoft.Storage/storageAccounts/blobServices", ("accountName", "blobServicesName")
    ),
    "storage:ManagementPolicy": Arm(
        "Microsoft.Storage/storageAccounts/managementPolicies", ("accountName", "managementPolicyName")
    ),
    "storage:BlobContainer": Arm(
        "Microsoft.Storage/storageAccounts/blobServices/containers",
        ("accountName", "=default", "containerName"),
    ),
    "storage:StorageAccount": Arm("Microsoft.Storage/storageAccounts", ("accountName",)),
    "synapse:IpFirewallRule": Arm(
        "Microsoft.Synapse/workspaces/firewallRules", ("workspaceName", "ruleName")
    ),
    "synapse:Workspace": Arm("Microsoft.Synapse/workspaces", ("workspaceName",)),
    "synapse:WorkspaceSqlAadAdmin": Arm(
        "Microsoft.Synapse/workspaces/sqlAdministrators", ("workspaceName", "=activeDirectory")
    ),
}
