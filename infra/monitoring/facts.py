"""Where each run sends its facts, one row a table: a custom table, and what takes rows in for it.

The facts behind the alerts live in PostgreSQL, where Log Analytics can't see them.
"""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import monitor, operationalinsights

from infra.monitoring.logs import Logs
from infra.place import Place

TABLE = "HighwaterRun_CL"
STREAM = "Custom-HighwaterRun"
# The audience of the token that the endpoint asks for.
AUDIENCE = "https://monitor.azure.com"
API_VERSION = "2023-01-01"
_DESTINATION = "logs"


@dataclass(frozen=True)
class Column:
    """One column: its name, its type as a stream declares it, and what it says."""

    name: str
    type: str
    description: str


# What `control.facts` writes, key by key.
COLUMNS = (
    Column("TimeGenerated", "datetime", "When the run ended"),
    Column("RunId", "string", "The pipeline run"),
    Column("BatchId", "long", "The run's number; later runs have higher ones"),
    Column("Pipeline", "string", "The pipeline"),
    Column("Kind", "string", "live or reload"),
    Column("TableName", "string", "The table"),
    Column("Status", "string", "succeeded or failed, of this table in this run"),
    Column("Error", "string", "Why it failed, shortened"),
    Column("Watermark", "string", "Up to where everything is merged, in the source's own values"),
    Column("LagSeconds", "real", "How old what is served was when the run ended; empty if nothing ever was"),
    Column("FreshnessTargetSeconds", "real", "How old it may be by its contract"),
    Column("HeldSeconds", "real", "For how long an open transaction has held the watermark back"),
    Column("HeldBy", "string", "Whose transaction that is"),
    Column("Windows", "long", "Windows copied"),
    Column("UnmergedWindows", "long", "Windows left open or landed when the run ended"),
    Column("RowsRead", "long", "Rows copied from the source"),
    Column("Quarantined", "long", "Rows that a rule kept out"),
    Column("Inserted", "long", "Rows new in silver"),
    Column("Updated", "long", "Rows changed in silver"),
    Column("Deleted", "long", "Rows marked as removed in silver"),
    Column("LoadSeconds", "real", "From the table's begin to its last copy"),
    Column("MergeSeconds", "real", "Of the job, for this table"),
)


class RunFacts(pulumi.ComponentResource):
    """The table, an endpoint that takes rows from whoever Entra says may send, and the rule between them.

    Attributes:
        table: the table, which every query that reads it waits for.
        rule_id: ARM id of the rule; sending needs the role Monitoring Metrics Publisher on it.
        url: where a JSON array of rows is posted to.
    """

    table: operationalinsights.Table
    rule_id: pulumi.Output[str]
    url: pulumi.Output[str]

    def __init__(self, place: Place, logs: Logs, opts: pulumi.ResourceOptions | None = None):
        super().__init__("highwater:infra:RunFacts", "run-facts", None, opts)
        settings, child = place.settings, pulumi.ResourceOptions(parent=self)
        everywhere = {
            "resource_group_name": place.group,
            "location": settings.location,
            "tags": settings.tags,
        }
        self.table = operationalinsights.Table(
            "run-facts",
            table_name=TABLE,
            workspace_name=logs.workspace,
            resource_group_name=place.group,
            plan=operationalinsights.TablePlanEnum.ANALYTICS,
            retention_in_days=settings.monitoring.retention_days,
            total_retention_in_days=settings.monitoring.retention_days,
            schema=operationalinsights.SchemaArgs(
                name=TABLE,
                columns=[
                    operationalinsights.ColumnArgs(
                        name=column.name,
                        type="dateTime" if column.type == "datetime" else column.type,
                        description=column.description,
                    )
                    for column in COLUMNS
                ],
            ),
            opts=child,
        )
        endpoint = monitor.DataCollectionEndpoint(
            "run-facts-endpoint",
            data_collection_endpoint_name=place.names.of("collection_endpoint"),
            network_acls=monitor.DataCollectionEndpointNetworkAclsArgs(
                # Open to the network, shut to all but the factory's identity: a Web activity runs on
                # Azure's own integration runtime, outside every virtual network.
                public_network_access=monitor.KnownPublicNetworkAccessOptions.ENABLED
            ),
            **everywhere,
            opts=child,
        )
        rule = self._rule(place, logs, endpoint, everywhere)
        self.rule_id = rule.id
        self.url = pulumi.Output.concat(
            endpoint.logs_ingestion.apply(lambda found: found.endpoint),
            "/dataCollectionRules/",
            rule.immutable_id,
            f"/streams/{STREAM}?api-version={API_VERSION}",
        )
        self.register_outputs({"url": self.url})

    def _rule(
        self, place: Place, logs: Logs, endpoint: monitor.DataCollectionEndpoint, everywhere: dict
    ) -> monitor.DataCollectionRule:
        return monitor.DataCollectionRule(
            "run-facts-rule",
            data_collection_rule_name=place.names.of("collection_rule"),
            data_collection_endpoint_id=endpoint.id,
            description="Takes the facts of runs, one row a table.",
            stream_declarations={
                STREAM: monitor.StreamDeclarationArgs(
                    columns=[
                        monitor.ColumnDefinitionArgs(name=column.name, type=column.type) for column in COLUMNS
                    ]
                )
            },
            destinations=monitor.DataCollectionRuleDestinationsArgs(
                log_analytics=[
                    monitor.LogAnalyticsDestinationArgs(
                        name=_DESTINATION, workspace_resource_id=logs.workspace_id
                    )
                ]
            ),
            data_flows=[
                monitor.DataFlowArgs(
                    streams=[STREAM],
                    destinations=[_DESTINATION],
                    transform_kql="source",
                    output_stream=f"Custom-{TABLE}",
                )
            ],
            **everywhere,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.table]),
        )
